/// `keelson customize`: an image that exists, changed as a recipe says, written as a new image.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/reporter.h"

namespace keelson::factory {

struct CustomizeRequest {
  std::filesystem::path image_file;  ///< the base; "": the recipe's input.image.path
  std::filesystem::path recipe_file;
  std::filesystem::path output_file;  ///< "": the recipe's output.image.path
  std::string format;                 ///< "": the recipe's output.image.format, or the base's own
  std::filesystem::path cache_folder;
  std::filesystem::path build_folder;  ///< where to lay out the tree; "": memory when it fits, else the cache
  bool offline = false;
  std::int64_t now = 0;            ///< seconds since the epoch, for date checks only
  std::string snapshot_time = {};  ///< packages as they were then; overrides the recipe's os.packages.snapshotTime
  std::vector<std::filesystem::path> package_folders = {};  ///< further sources (local_packages.h)
  bool no_base_repositories = false;                        ///< packages come from the recipe's `distribution` only
  bool bills = false;  ///< bills of materials beside the output: base and output are hashed for them
  std::chrono::seconds script_timeout = std::chrono::minutes(30);  ///< of a script of the recipe, of a run of dpkg
};

struct CustomizeResult {
  std::filesystem::path file;
  std::string format;
  std::filesystem::path artifacts;  ///< the document that names what was handed out; "": nothing was asked for
};

/// Reads the base without mounting it, applies the recipe in Image Customizer's order, and writes the result; the base
/// is never changed. Same base, recipe and packages: same bytes. Enters private namespaces: call it once per process.
/// @throws Error with the context of the step; nothing is left under the output's name then.
CustomizeResult customize(const CustomizeRequest& request, Reporter& reporter);

/// Removes what a killed run left under temporary names, in the cache and where the output goes.
void remove_leftovers(const CustomizeRequest& request);

}  // namespace keelson::factory
