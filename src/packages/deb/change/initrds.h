/// The initrds of an image, made anew by the image's own tools, and what they mount besides the root.
/// Source: initramfs-tools(7) of initramfs-tools 0.148 ("Hook scripts", "Boot scripts"), dracut.conf(5), dracut(8);
/// systemd.mount(5) for what x-initrd.mount means in fstab.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "sys/root_dir.h"

namespace keelson::deb {

/// What makes an image's initrds.
enum class InitrdMaker { None, InitramfsTools, Dracut };

InitrdMaker find_initrd_maker(const RootDir& root);

/// Lets the initrds that are made from now on mount what /etc/fstab marks with x-initrd.mount, and hold the drivers for
/// that. dracut's have systemd, which does it; for those of initramfs-tools, a hook and a boot script are put into
/// /etc/initramfs-tools. @param types of these file systems.
void teach_initrd_mounts(const RootDir& root, InitrdMaker maker, std::span<const std::string> types);

/// Makes the initrd of each kernel in /boot that has one there, under its old name. Every file of the tree must have
/// its content. @throws Error(BadInput) when no kernel has one, or with the tool's last words.
void make_initrds(const RootDir& root, InitrdMaker maker, std::int64_t epoch);

}  // namespace keelson::deb
