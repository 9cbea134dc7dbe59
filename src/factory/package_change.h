/// The packages of a base image: what the recipe asks of them, resolved against what is installed, fetched, applied.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>

#include "base/reporter.h"
#include "factory/base_os.h"
#include "packages/deb/change/boot_programs.h"
#include "packages/deb/change/package_change.h"
#include "packages/deb/lock.h"
#include "recipe/recipe.h"
#include "sys/root_dir.h"

namespace keelson::factory {

struct PackageRequest {
  const recipe::Recipe& recipe;
  const BaseOs& base;
  std::filesystem::path cache_folder;
  bool offline = false;
  std::int64_t now = 0;  ///< seconds since the epoch, for the archive's date checks only
  std::vector<std::filesystem::path> package_folders{};  ///< further sources (local_packages.h)
  bool no_base_repositories = false;  ///< without a `distribution` in the recipe, these folders are all there is
  std::string snapshot_time{};        ///< overrides the recipe's os.packages.snapshotTime
  std::chrono::seconds script_timeout = std::chrono::minutes(30);  ///< for each run of dpkg
};

struct PackagePlan {
  deb::PackageChange change;
  deb::Lock lock;  ///< of what is installed; says which suites were asked

  /// The newest time that the change brings: the suites' date; 0 when none was asked.
  std::int64_t epoch() const { return lock.suites.empty() ? 0 : lock.epoch(); }
};

/// Resolves, and puts every package into the cache, verified. Reads only dpkg's database of the tree. Nothing is asked
/// for: an empty plan. @throws Error as resolving and fetching do.
PackagePlan plan_packages(const PackageRequest& request, const RootDir& root, Reporter& reporter);

/// Carries the plan out with the image's own dpkg; every file of the tree must have its content.
void change_packages(const PackagePlan& plan, const PackageRequest& request, const deb::BootDevices& devices,
                     std::int64_t epoch, const RootDir& root, Reporter& reporter);

}  // namespace keelson::factory
