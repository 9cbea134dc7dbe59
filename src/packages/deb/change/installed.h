/// What is installed in a Debian system: dpkg's status file and apt's marks, as values.
/// Sources: dpkg(1), "INFORMATION ABOUT PACKAGES", for the states; deb-control(5) for the fields; apt-mark(8) for
/// var/lib/apt/extended_states.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "packages/deb/resolve/index.h"
#include "sys/root_dir.h"

namespace keelson::deb {

/// One package whose files are in the system.
struct InstalledPackage {
  PackageRecord record;    ///< `installed` is set; `essential` also for "Protected: yes", which dpkg guards as well
  std::string_view state;  ///< "installed", "unpacked", "half-configured", "half-installed", "triggers-pending" …
  bool needs_reinstall = false;  ///< dpkg's flag "reinstreq": its files may be incomplete
  bool held = false;             ///< "hold": an update of everything leaves it alone
  bool automatic = false;        ///< apt installed it for another package, nobody asked for it
  bool foreign = false;          ///< of another architecture than the system's own
};

/// The whole database. Its packages point into texts that it owns; it can be moved, and they stay valid.
class InstalledSystem {
 public:
  /// @param status dpkg's status file; @param extended_states apt's file, "" when there is none. Both untrusted.
  /// @throws Error(BadInput) for broken syntax, a package listed twice, or more than 200,000 packages.
  InstalledSystem(std::string status, std::string_view extended_states);

  /// Sorted by name; packages that are only configuration files are not among them.
  const std::vector<InstalledPackage>& packages() const { return packages_; }
  /// The package of that name for the system's own architecture (or "all"), or nullptr.
  const InstalledPackage* find(std::string_view name) const;
  /// Whether a package of that name is installed for another architecture.
  bool has_foreign(std::string_view name) const;
  /// The system's own architecture: that of its dpkg. "" when dpkg itself is not installed.
  const std::string& architecture() const { return architecture_; }

 private:
  void read_packages();
  void read_marks(std::string_view extended_states);

  std::unique_ptr<const std::string> status_;
  std::vector<InstalledPackage> packages_;
  std::string architecture_;
};

/// Reads the database of a system. @throws Error(BadInput) also when the system has none, or when its dpkg was
/// interrupted, so that the status file is not the whole truth.
InstalledSystem read_installed(const RootDir& root);

}  // namespace keelson::deb
