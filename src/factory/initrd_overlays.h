/// Overlays that the initrd mounts (`isInitrdOverlay`), beyond their lines in fstab: what else must be so for them to
/// be there when the system starts. Otherwise it would not start at all.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/reporter.h"
#include "recipe/recipe.h"
#include "sys/root_dir.h"

namespace keelson::factory {

bool has_initrd_overlays(const recipe::Recipe& recipe);

/// The initrd mounts the root as the kernel's arguments say, and an overlay's upper folder must be writable.
/// To be asked when fstab is complete. @throws Error(BadInput) naming the overlay that such a root would break.
void check_upper_folders(const recipe::Recipe& recipe, std::string_view kernel_arguments, const RootDir& root);

/// For an image that exists: checks each kernel's arguments, and lets the image's own tools make its initrds anew, so
/// that they mount what fstab wants them to, in /boot and where systemd-boot's entries have copies. Does nothing for a
/// recipe without such overlays. Every file must have its content.
/// @throws Error(BadInput) for an image that has no tool for initrds, or none in /boot.
void renew_initrds(const recipe::Recipe& recipe, std::int64_t epoch, const RootDir& root, Reporter& reporter);

}  // namespace keelson::factory
