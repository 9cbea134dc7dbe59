/// Boot configuration of an image put back to the least: `os.bootloader.resetType: hard-reset`. Kernel arguments that
/// somebody added go; what a machine needs to be reached and to find its root stays.
/// Source: Image Customizer's documentation, "bootloader"; GNU GRUB manual 2.12 ("Simple configuration handling");
/// UAPI.1 Boot Loader Specification.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sys/root_dir.h"

namespace keelson::os {

/// Kept: console=, earlyprintk=, earlycon=, ro, rw, systemd.machine_id=, SELinux's mode (security=, selinux=,
/// enforcing=) and references to variables. Text in: a command line; out: what stays of it. @param root_arguments take
/// the place of root=, rootflags= and rootfstype= that were there; empty: those stay.
std::string reset_arguments(std::string_view arguments, const std::vector<std::string>& root_arguments);

/// Applies that to GRUB's settings (/etc/default/grub, /etc/default/grub.d), whose menu must be made anew afterwards;
/// to the entries of systemd-boot, and to /etc/kernel/cmdline.
void reset_kernel_arguments(const RootDir& root, const std::vector<std::string>& root_arguments);

}  // namespace keelson::os
