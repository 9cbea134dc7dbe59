/// SELinux in a base image that is changed: its mode, the recipe's modules, and what the kernel is told.
#pragma once

#include <cstdint>

#include "base/reporter.h"
#include "factory/package_change.h"
#include "recipe/recipe.h"
#include "sys/root_dir.h"

namespace keelson::factory {

/// The recipe with what the kernel is to be told of the mode among its arguments: a base keeps those that it has.
recipe::Recipe with_selinux_arguments(recipe::Recipe recipe);

/// Fails before anything is changed when the recipe turns SELinux on, and neither has the base a policy nor do the
/// packages bring one. @throws Error(BadInput) with a hint.
void check_selinux(const recipe::Recipe& recipe, const PackagePlan& plan, const RootDir& base);

/// Whether the image's semodule must run: for modules and booleans of the recipe.
bool runs_selinux_programs(const recipe::Recipe& recipe);

/// Compiles these into the image's policy; its other modules stay.
void change_selinux_policy(const recipe::Recipe& recipe, std::int64_t epoch, const RootDir& root, Reporter& reporter);

}  // namespace keelson::factory
