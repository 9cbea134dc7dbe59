/// The `os.modules` of a recipe: which kernel modules load, which may not, and their options.
/// Source: Image Customizer's module type; modules-load.d(5), modprobe.d(5).
#pragma once

#include <span>

#include "recipe/recipe.h"
#include "sys/root_dir.h"

namespace keelson::os {

inline constexpr std::string_view kModulesLoadFile = "/etc/modules-load.d/modules-load.conf";
inline constexpr std::string_view kModulesDisabledFile = "/etc/modprobe.d/modules-disabled.conf";
inline constexpr std::string_view kModuleOptionsFile = "/etc/modprobe.d/module-options.conf";

/// always: loads at boot; auto: is no longer disabled; disable: "blacklist"; inherit: stays as it is. Options replace
/// those of the same name and leave the others. Files are written only when something in them changes.
/// @throws Error(BadInput) for a name with white space, a module given twice, or options on a disabled module.
void apply_modules(std::span<const recipe::Module> modules, const RootDir& root);

}  // namespace keelson::os
