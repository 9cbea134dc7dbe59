/// dpkg's database of an image whose packages Keelson unpacked itself: what `dpkg --unpack` would have left, so that
/// dpkg goes on from there. Sources: dpkg(1), deb-triggers(5), deb-conffiles(5); dpkg 1.22's lib/dpkg (infodb format
/// 1).
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "packages/deb/install/extract.h"
#include "sys/root_dir.h"

namespace keelson::deb {

/// One package as unpacked.
struct UnpackedPackage {
  std::string name;
  std::string architecture;
  bool multi_arch_same = false;                ///< decides the name of its info files
  std::map<std::string, std::string> control;  ///< control archive: file name → content
  FileList files;
};

/// A package that exists in the database only: it says that Keelson itself provides something.
struct SyntheticPackage {
  std::string name;
  std::string version;
  std::vector<std::string> provides;
  std::string description;
};

/// One field of a control file ("" when absent), continuation lines included.
std::string control_field(const std::string& control_text, std::string_view field);

/// The absolute paths in a "conffiles" file; flags such as "remove-on-upgrade" are dropped with their path.
std::set<std::string> parse_conffiles(std::string_view text);

/// The empty database that dpkg expects before the first package.
void create_dpkg_database(const RootDir& root);

/// Writes info/, status, triggers/ for packages in state "install ok unpacked", and the synthetic ones as installed.
void write_dpkg_database(const RootDir& root, const std::vector<UnpackedPackage>& packages,
                         const std::vector<SyntheticPackage>& synthetic);

}  // namespace keelson::deb
