/// What a step's result depends on, as a digest: the name under which it is kept.
#pragma once

#include <string>

#include "base/sha256.h"
#include "packages/deb/lock.h"
#include "recipe/recipe.h"

namespace keelson::factory {

/// Everything that the configured package tree depends on: the packages, their number and digests, and the epoch.
/// The mirror that they came from does not matter.
Sha256 packages_key(const deb::Lock& lock);

/// Everything that the disk's bytes depend on: the packages, the recipe's text, and every file that it names.
Sha256 image_key(const deb::Lock& lock, const recipe::Recipe& recipe);

}  // namespace keelson::factory
