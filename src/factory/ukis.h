/// The unified kernel images of an image that exists: made for all its kernels (`os.uki.mode: create`), or given
/// another command line (`modify`). Spec: UAPI group, "Unified Kernel Image (UKI)" 1 and "Boot Loader Specification" 1;
/// systemd-stub(7); Image Customizer 1.7, "uki type".
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/reporter.h"
#include "factory/esp_tree.h"
#include "factory/uki_maker.h"
#include "recipe/recipe.h"
#include "sys/root_dir.h"

namespace keelson::factory {

/// Whether the recipe changes unified kernel images, so that kernel arguments go into these.
bool changes_ukis(const recipe::Recipe& recipe);

/// The rules that need a look into the base. @param esp nothing when it has no EFI system partition.
/// @throws Error(BadInput) naming os.uki: the base has unified kernel images and the recipe does not say what becomes
/// of them; it has none to modify; it has no place for them.
/// @param gets_esp a new layout brings an EFI system partition.
void check_uki_mode(const recipe::Recipe& recipe, const EspTree* esp, bool gets_esp);

/// Does what the recipe says; nothing for `passthrough` or no os.uki.
///
/// create: what uki_maker.h says, at once: for an image that has no dm-verity devices.
/// modify: each image, or its last addon when it has any, gets the recipe's arguments; its signature does not survive.
/// With UkiChange::pcr_key each image gets policies.
/// @throws Error(BadInput) when the image lacks systemd's stub or boot loader, or has no kernel.
void change_ukis(const UkiChange& change, const RootDir& root, const EspTree* esp, Reporter& reporter);

}  // namespace keelson::factory
