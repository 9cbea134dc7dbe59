/// From a lock to a configured system: unpack in parallel, hand over to dpkg, keep what it changed.
#pragma once

#include "base/reporter.h"
#include "packages/deb/install/configure.h"
#include "packages/deb/install/package_store.h"
#include "packages/deb/lock.h"

namespace keelson::deb {

struct InstallOptions {
  std::filesystem::path cache_root;                              ///< for the store of opened packages
  std::function<std::filesystem::path(const Sha256&)> deb_path;  ///< where a package's .deb lies
  std::vector<SyntheticPackage> synthetic;
  ConfigureOptions configure;
  std::size_t threads = 2;
};

/// Makes sure that every package of the lock is in the store, opening (and verifying) .debs in parallel, largest first.
void open_packages(const Lock& lock, const InstallOptions& options, Reporter& reporter);

/// Unpacks every package of the lock into the empty folder `root` and writes dpkg's database: nothing is configured
/// yet, no script has run. Same lock, same tree. Returns what configure_packages() wants.
struct UnpackedSystem {
  std::vector<UnpackedPackage> packages;
  std::vector<std::filesystem::path> by_dpkg;  ///< left to dpkg: their preinst diverts files
};
UnpackedSystem unpack_system(const Lock& lock, const RootDir& root, const InstallOptions& options, Reporter& reporter);

}  // namespace keelson::deb
