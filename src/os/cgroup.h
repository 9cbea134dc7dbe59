/// os.cgroup: whether the image can mount the control group hierarchy that the recipe asks for.
#pragma once

#include "recipe/recipe.h"
#include "sys/root_dir.h"

namespace keelson::os {

/// Version 2 is what systemd mounts. Version 1 needs a systemd that still has it, and a kernel whose memory and cpuset
/// controllers know it: since 6.11 and 6.12 these are options of their own (CONFIG_MEMCG_V1, CONFIG_CPUSETS_V1).
/// @throws Error(BadInput) with the reason when the image can't.
void check_cgroup(const recipe::Os& os, const RootDir& root);

}  // namespace keelson::os
