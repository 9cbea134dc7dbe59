/// The recipe's scripts, run inside the image: in the sandbox, without network unless they ask for it.
#pragma once

#include <chrono>
#include <span>

#include "base/reporter.h"
#include "recipe/recipe.h"
#include "sys/root_dir.h"

namespace keelson::factory {

bool runs_scripts(const recipe::Recipe& recipe);

/// Whether the recipe may run programs of the image, scripts or those of packages, which then need all its files.
bool runs_programs(const recipe::Recipe& recipe);

/// Runs each script in order. What lies in the recipe's folder can be read below /_imageconfigs while they run.
/// @param timeout for each; then it is ended, with all that it started.
/// @throws Error(BadInput) with the script's name and last words if one fails or does not end in time.
void run_scripts(std::span<const recipe::Script> scripts, const RootDir& root, std::chrono::seconds timeout,
                 Reporter& reporter);

}  // namespace keelson::factory
