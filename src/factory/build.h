/// `keelson build`: from a recipe to bootable images, with everything that says what they are beside them.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/reporter.h"
#include "packages/deb/lock.h"
#include "recipe/recipe.h"

namespace keelson::factory {

struct BuildRequest {
  std::filesystem::path recipe_file;
  std::filesystem::path cache_folder;
  std::filesystem::path output_folder;  ///< made when missing
  std::string name;                     ///< of the outputs; "": the recipe's
  std::vector<std::string> formats;     ///< "raw", "qcow2", "vhd-fixed"; empty: the recipe's, or raw
  std::filesystem::path output_file;    ///< exactly this file for the one format; "": <output_folder>/<name>.<suffix>
  std::optional<std::filesystem::path> lock_file;  ///< build what this lock says and nothing else
  std::filesystem::path build_folder;  ///< where to lay out the tree; "": memory when it fits, else the cache
  std::string version;                 ///< IMAGE_VERSION; "": from the lock's date
  bool offline = false;
  bool fresh = false;                                       ///< do not use the results of earlier steps
  bool shortcuts = true;                                    ///< packages/deb/install/shortcuts.h
  std::int64_t now = 0;                                     ///< seconds since the epoch, for date checks only
  std::vector<std::filesystem::path> package_folders = {};  ///< further sources (local_packages.h)
  std::string snapshot_time = {};  ///< packages as they were then; overrides the recipe's os.packages.snapshotTime
  std::chrono::seconds script_timeout = std::chrono::minutes(30);  ///< of a script of the recipe, of a run of dpkg
};

struct BuildResult {
  bool up_to_date = false;                   ///< nothing had changed and nothing was written
  std::vector<std::filesystem::path> files;  ///< what was written (or found), images first
};

/// Composes the images. Same lock and recipe, same bytes: whoever builds, wherever, whenever.
/// Nothing appears under its final name before it is whole. Enters private namespaces: call it once per process.
/// @throws Error with the context of the step.
BuildResult build(const BuildRequest& request, Reporter& reporter);

/// Removes what killed builds left under temporary names, in the cache and where this request's outputs go.
void remove_leftovers(const BuildRequest& request);

/// What `keelson lock` does: resolves a recipe to a lock, consulting the archive (or the cache when offline).
deb::Lock lock_recipe(const recipe::Recipe& recipe, const BuildRequest& request, Reporter& reporter);

}  // namespace keelson::factory
