/// The recipe's scripts, run inside the image: in the sandbox, without network unless they ask for it.
#pragma once

#include <span>

#include "base/reporter.h"
#include "recipe/recipe.h"
#include "sys/root_dir.h"

namespace keelson::factory {

bool runs_scripts(const recipe::Recipe& recipe);

/// Whether the recipe may run programs of the image, scripts or those of packages, which then need all its files.
bool runs_programs(const recipe::Recipe& recipe);

/// Runs each script in order. What lies in the recipe's folder can be read below /_imageconfigs while they run.
/// @throws Error(BadInput) with the script's last words if one fails or does not end.
void run_scripts(std::span<const recipe::Script> scripts, const RootDir& root, Reporter& reporter);

}  // namespace keelson::factory
