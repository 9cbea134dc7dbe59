/// Policy modules that a recipe adds to the image's SELinux policy.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "sys/root_dir.h"

namespace keelson::os {

/// Has the image's own semodule(8) compile the policy anew with these modules, in the sandbox. A module of the same
/// name that was there is replaced. @param modules files of the host; the part before the ending is the module's name.
/// @throws Error(BadInput) with semodule's words if one doesn't compile, or there is no policy.
void install_selinux_modules(const std::vector<std::filesystem::path>& modules, std::int64_t epoch,
                             const RootDir& root);

}  // namespace keelson::os
