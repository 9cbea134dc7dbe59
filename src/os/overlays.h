/// The `os.overlays` of a recipe: overlay file systems that systemd mounts at boot, by fstab.
/// Source: Documentation/filesystems/overlayfs.rst of Linux 6.12, systemd.mount(5) ("fstab"), fstab(5).
#pragma once

#include <span>

#include "recipe/recipe.h"
#include "sys/root_dir.h"

namespace keelson::os {

/// Makes each overlay's mount point, upper and work folder where they are missing, and one line in /etc/fstab; a line
/// that an earlier customization wrote for the same mount point is replaced. A new upper folder gets the owner and mode
/// of the first lower one, because the merged folder shows the upper one's. The line waits for the mounts that
/// `mountDependencies` names and for whatever holds the upper folder.
/// Comes after the fstab of the image's own file systems.
/// @throws Error(BadInput) for an overlay that is to be mounted by the initrd: this version can't.
void apply_overlays(std::span<const recipe::Overlay> overlays, const RootDir& root);

}  // namespace keelson::os
