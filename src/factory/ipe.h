/// Integrity policy enforcement: what `os.ipe` asks for, put into the system.
#pragma once

#include <optional>

#include "base/reporter.h"
#include "factory/secure_boot.h"
#include "recipe/recipe.h"
#include "sys/root_dir.h"

namespace keelson::factory {

/// Fails before a package is fetched when nothing would run: no volume of the recipe is under dm-verity.
/// @throws Error(BadInput), also for a policy that has no name.
/// @param has_verity a volume of the image that exists is, and stays so.
void check_ipe(const recipe::Recipe& recipe, bool has_verity);

/// Signs the policy with the key of `os.secureBoot` and puts it where PID 1 loads it from. Does nothing if the recipe
/// asks for none.
void apply_ipe(const recipe::Recipe& recipe, const std::optional<SecureBoot>& secure_boot, const RootDir& root,
               Reporter& reporter);

}  // namespace keelson::factory
