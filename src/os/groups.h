/// The `os.groups` of a recipe: groups that must exist.
#pragma once

#include <span>

#include "os/accounts.h"
#include "recipe/recipe.h"

namespace keelson::os {

/// Adds each group that is not there yet. A gid for a group that exists is an error, as in Image Customizer: its
/// files already carry the old number.
/// @throws Error(BadInput) with a frame that names the entry.
void apply_groups(std::span<const recipe::Group> groups, Accounts& accounts);

}  // namespace keelson::os
