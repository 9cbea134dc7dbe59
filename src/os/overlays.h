/// The `os.overlays` of a recipe: overlay file systems that systemd mounts at boot, by fstab.
/// Source: Documentation/filesystems/overlayfs.rst of Linux 6.12, systemd.mount(5) ("fstab"), fstab(5).
#pragma once

#include <span>
#include <string>
#include <vector>

#include "recipe/recipe.h"
#include "sys/root_dir.h"

namespace keelson::os {

/// Makes each overlay's mount point, upper and work folder where they are missing, and one line in /etc/fstab; a line
/// that an earlier customization wrote for the same mount point is replaced. A new upper folder gets the owner and mode
/// of the first lower one, because the merged folder shows the upper one's. The line waits for the mounts that
/// `mountDependencies` names and for whatever holds the upper folder.
/// One of the initrd gets Image Customizer's line: its folders as they are called there, below /sysroot, and
/// x-initrd.mount, by which an initrd with systemd mounts it.
/// Comes after the fstab of the image's own file systems.
/// @throws Error(BadInput) for an overlay of the initrd that needs a mount which is not there yet then.
void apply_overlays(std::span<const recipe::Overlay> overlays, const RootDir& root);

/// Whether the root's own file system holds the upper folder, by /etc/fstab.
bool holds_upper_on_root(const recipe::Overlay& overlay, const RootDir& root);

/// The types of the file systems that /etc/fstab wants mounted by the initrd, besides the root: "ext4", "overlay".
/// Sorted; each once.
std::vector<std::string> types_in_initrd(const RootDir& root);

}  // namespace keelson::os
