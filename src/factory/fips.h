/// os.fips in a build and in customize: what must be there before anything is downloaded, and when it is done.
#pragma once

#include "factory/package_change.h"
#include "packages/deb/lock.h"
#include "recipe/recipe.h"
#include "sys/root_dir.h"

namespace keelson::factory {

/// @throws Error(BadInput) with a hint when the recipe enables FIPS mode and the lock lacks a package that it takes.
void check_fips(const recipe::Recipe& recipe, const deb::Lock& lock);

/// The same for a base, whose recipe may install what it lacks.
void check_fips(const recipe::Recipe& recipe, const RootDir& base);

/// Whether programs of the base will be run for it.
bool runs_fips_programs(const recipe::Recipe& recipe, const PackagePlan& plan, const RootDir& base);

/// Around the change of a base's packages: `was_enabled` as os::is_fips_enabled() said before it. A base in FIPS mode
/// stays in it when the recipe says nothing.
void change_fips(const recipe::Recipe& recipe, const PackagePlan& plan, bool was_enabled, std::int64_t epoch,
                 const RootDir& root);

}  // namespace keelson::factory
