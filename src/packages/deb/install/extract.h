/// Unpacking packages into an image root, as `dpkg --unpack` leaves it, but in parallel.
#pragma once

#include <mutex>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "packages/deb/install/package_store.h"
#include "sys/root_dir.h"

namespace keelson::deb {

/// Who owns which path. Two packages may share folders, but a file only when one of them replaces the other.
/// Thread-safe.
class PathOwners {
 public:
  /// `replaces(a, b)`: package number a may overwrite files of package number b.
  using Replaces = std::function<bool(std::size_t, std::size_t)>;
  PathOwners(std::vector<std::string> names, Replaces replaces);

  enum class Verdict { Write, Skip };
  /// Package `package` is about to write the file `path`. @throws Error(BadInput) when another one owns it.
  Verdict claim(const std::string& path, std::size_t package);
  /// Package `package` ships the folder `path`: true when its owner and mode count, which are those of the package
  /// with the lowest number, whichever thread comes first.
  bool claim_folder(const std::string& path, std::size_t package);

 private:
  std::vector<std::string> names_;
  Replaces replaces_;
  std::mutex mutex_;
  std::unordered_map<std::string, std::size_t> owner_;
  std::unordered_map<std::string, std::size_t> folder_owner_;
};

/// The paths of one package in the order of its archive, as dpkg's .list holds them ("/.", "/usr", "/usr/bin/x").
using FileList = std::vector<std::string>;

/// Unpacks the data of package number `number`. Configuration files (`conffiles`, absolute paths) get the suffix
/// ".dpkg-new", as dpkg's configure step expects them. Existing folders and symlinks to folders stay as they are.
/// No path, however hostile, leaves the root. @throws Error naming the package.
FileList extract_package(const OpenedPackage& package, std::string_view name, std::size_t number,
                         const std::set<std::string>& conffiles, const RootDir& root, PathOwners& owners);

/// The content of one regular file of a package, by its path without leading slash. @throws Error(NotFound)
std::string read_packaged_file(const OpenedPackage& package, std::string_view path);

}  // namespace keelson::deb
