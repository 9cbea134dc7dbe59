/// SELinux in an OS tree: which policy it has, which mode it starts in, and which label each file gets.
/// Sources: selinux_config(5), semodule(8), selabel_file(5).
#pragma once

#include <string>
#include <vector>

#include "formats/file_contexts/file_contexts.h"
#include "recipe/recipe.h"
#include "sys/root_dir.h"

namespace keelson::os {

/// The policy that the image's /etc/selinux/config names: "default".
/// @throws Error(BadInput) with a hint when there is none, or its files are not there: they are what a mode needs.
std::string require_selinux_policy(const RootDir& root);

/// Whether there is one: not in a system whose policy package was removed.
bool has_selinux_policy(const RootDir& root);

/// Writes the mode into /etc/selinux/config. @throws as require_selinux_policy(), unless the mode is Disabled.
void apply_selinux_mode(recipe::SelinuxMode mode, const RootDir& root);

/// What the kernel is to be told. The mode itself only by ForceEnforcing: otherwise /etc/selinux/config decides.
std::vector<std::string> selinux_arguments(recipe::SelinuxMode mode);

/// The policy's labels, from its text files; the compiled ones are never read.
/// @throws Error(BadInput) naming file and line.
file_contexts::FileContexts read_file_contexts(const RootDir& root);

}  // namespace keelson::os
