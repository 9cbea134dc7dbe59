/// What of a customized image boots before and after: the devices, the firmware, where the EFI system partition is.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/sha256.h"
#include "base/uuid.h"
#include "factory/boot_reset.h"
#include "factory/new_identities.h"
#include "image/base_disk.h"
#include "recipe/recipe.h"

namespace keelson::factory {

struct BootPlanInputs {
  const image::BaseDisk& disk;
  const image::BaseSystem& system;
  const recipe::Recipe& recipe;
  const NewIdentities* identities = nullptr;
  Sha256 seed;
  std::string architecture;  ///< Debian's name
  std::int64_t epoch = 0;
};

/// Without a new layout and new identifiers both are the same. @throws Error(BadInput) for a base whose EFI system
/// partition a new layout would leave behind.
BootResetRequest plan_boot(const BootPlanInputs& inputs);

/// Where the EFI system partition will be mounted, "/boot/efi", and its partition's UUID; nothing: there is none.
struct EspPlace {
  std::string mount_point;
  Uuid partition;
};
std::optional<EspPlace> plan_esp(const BootPlanInputs& inputs);

}  // namespace keelson::factory
