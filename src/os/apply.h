/// A recipe's `os` section, applied to a tree: the one place that knows the order of the kinds of change.
#pragma once

#include <cstdint>

#include "base/reporter.h"
#include "base/sha256.h"
#include "recipe/recipe.h"
#include "sys/root_dir.h"

namespace keelson::os {

struct ApplyOptions {
  std::int64_t epoch = 0;  ///< seconds since 1970: the only time that enters the image
  Sha256 seed;             ///< what is random elsewhere (salts) follows from it
};

/// Applies hostname, groups, users, additionalDirs, additionalFiles, services and modules, in Image Customizer's order
/// (its documentation, "Operation ordering"), so that a unit that a recipe copies can be enabled by it. Packages must
/// be installed and configured before. The caller runs it where ids can be set: as root or in a user namespace.
/// Two calls on equal trees with equal arguments leave equal trees.
/// @throws Error whose context names the recipe's entry.
void apply_os(const recipe::Os& os, const RootDir& root, const ApplyOptions& options, Reporter& reporter);

}  // namespace keelson::os
