/// The kernel command line of an image that exists, changed where its boot loader reads it and where its package
/// manager will make that anew.
/// Source: GNU GRUB manual 2.12 ("Simple configuration handling"), UAPI.1 Boot Loader Specification, kernel-install(8).
#pragma once

#include <span>
#include <string>
#include <vector>

#include "sys/root_dir.h"

namespace keelson::os {

/// The configurations found: "boot/grub/grub.cfg", "boot/efi/loader/entries/debian.conf".
std::vector<std::string> boot_configurations(const RootDir& root);

/// Appends arguments (each may hold several) to every kernel entry that is no rescue entry:
///   GRUB: the `linux` lines of its grub.cfg, and a file in /etc/default/grub.d for the next update-grub;
///   systemd-boot: the `options` of each entry, and /etc/kernel/cmdline for the next kernel.
/// Nothing happens for an empty list. Appending what is there already changes nothing.
/// @throws Error(BadInput) when the image has neither, or an argument can't stand in these files.
void add_kernel_arguments(const RootDir& root, std::span<const std::string> arguments);

}  // namespace keelson::os
