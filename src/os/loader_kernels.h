/// Entries of systemd-boot for kernels that packages brought or took: kernel-install(8) would make and remove them, but
/// asks for a boot loader that no sandbox has.
/// Source: UAPI.1 Boot Loader Specification, "Type #1 Boot Loader Specification Entries".
#pragma once

#include <string>
#include <vector>

#include "sys/root_dir.h"

namespace keelson::os {

/// The kernels in /boot, by release, sorted.
std::vector<std::string> kernels_in_boot(const RootDir& root);

/// Gives each kernel of /boot that was not there `before` an entry like that of another kernel, with copies of itself
/// and its initrd where that entry's files are; and removes entries and files of those that are gone. Does nothing for
/// an image without entries, or whose entries name no release to go by.
void follow_kernels(const RootDir& root, const std::vector<std::string>& before);

/// Where an entry's files hold a copy of an initrd of /boot, that copy is made anew. For initrds that have just been
/// made.
void follow_initrds(const RootDir& root);

}  // namespace keelson::os
