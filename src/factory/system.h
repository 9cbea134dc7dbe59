/// The OS tree: packages unpacked and configured, the recipe applied, traces removed.
#pragma once

#include <chrono>

#include "base/reporter.h"
#include "packages/deb/lock.h"
#include "recipe/recipe.h"
#include "sys/root_dir.h"

namespace keelson::factory {

struct SystemRequest {
  const recipe::Recipe& recipe;
  const deb::Lock& lock;
  std::filesystem::path cache_folder;
  std::string image_version;
  bool shortcuts = true;
  bool fresh = false;  ///< configure even if an earlier build kept the result
  std::chrono::seconds script_timeout = std::chrono::minutes(30);  ///< for the scripts of all packages together
};

/// The packages that Keelson itself stands for in every image that it makes bootable.
struct Provided {
  std::string name;
  std::string version;
  std::vector<std::string> provides;
  std::string description;
};
const std::vector<Provided>& provided_packages();

/// Fills the empty folder `root`. What configuring changed is kept in the cache and replayed next time.
void compose_system(const SystemRequest& request, const RootDir& root, Reporter& reporter);

}  // namespace keelson::factory
