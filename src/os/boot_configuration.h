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

/// One kernel of a boot menu.
struct KernelEntry {
  std::string configuration;       ///< the file that names it: "boot/grub/grub.cfg"
  std::string release;             ///< "6.12.117+deb13-amd64"; "" when neither the entry nor a file's name tells it
  std::vector<std::string> files;  ///< kernel, initrds …, as the entry names them: "/boot/vmlinuz-6.12"
  std::string arguments;           ///< what the kernel gets, single spaces between
};

/// The entries of all configurations that are no rescue entries, in their order. What a boot loader adds of itself
/// (BOOT_IMAGE=, initrd=, Ubuntu's $vt_handoff) is left out.
std::vector<KernelEntry> kernel_entries(const RootDir& root);

/// The arguments of a kernel: its own entry's, or what all entries share when it has none.
/// @throws Error(BadInput) if it has none and the others differ, there is no entry at all, or GRUB would still compute
/// them: quotes, backslashes, variables.
std::string kernel_arguments(std::span<const KernelEntry> entries, const std::string& release);

/// `line`, and what it lacks of `arguments`, of which each may hold several. What the line says otherwise of a mode
/// that they set goes (kernel_modes.h); so it does in add_kernel_arguments().
std::string with_kernel_arguments(std::string_view line, std::span<const std::string> arguments);

/// Appends arguments (each may hold several) to every kernel entry that is no rescue entry:
///   GRUB: the `linux` lines of its grub.cfg, and a file in /etc/default/grub.d for the next update-grub;
///   systemd-boot: the `options` of each entry, and /etc/kernel/cmdline for the next kernel.
/// Nothing happens for an empty list. Appending what is there already changes nothing.
/// @throws Error(BadInput) when the image has neither, or an argument can't stand in these files.
void add_kernel_arguments(const RootDir& root, std::span<const std::string> arguments);

}  // namespace keelson::os
