/// Programs of an image that ask the machine about its disks, while no disk is there: what stands in for them while
/// maintainer scripts run. A kernel's scripts call update-grub, which asks grub-probe(8) and grub-mkrelpath(1); with
/// true answers the image's own grub-mkconfig(8) writes the grub.cfg that it would write when booted.
/// Source: GRUB 2.12, util/grub-mkconfig.in, util/grub-mkconfig_lib.in and util/grub.d/10_linux.in for what is asked;
/// initramfs.conf(5), dracut.conf(5).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "packages/deb/install/shortcuts.h"
#include "sys/root_dir.h"

namespace keelson::deb {

/// The partition that holds a file system.
struct BootDevice {
  std::string fs_type;                  ///< "ext4", "xfs", "btrfs", "vfat"
  std::string fs_uuid;                  ///< as blkid(8) prints it
  std::string partition_uuid;           ///< "" in an MBR
  unsigned partition_number = 0;        ///< from 1
  std::string partition_table = "gpt";  ///< "gpt" or "dos"
  std::string subvolume{};              ///< of a btrfs, what is mounted: "root"; "" its top
};

struct BootDevices {
  BootDevice root;                 ///< holds /
  std::optional<BootDevice> boot;  ///< holds /boot, when that is a file system of its own
};

/// The text of a shell script that answers as grub-probe(8) would.
std::string grub_probe_script(const BootDevices& devices);

/// What stands in for programs of this image. Without `devices`, update-grub does nothing. grub-install(8) does
/// nothing in any case: the boot loader on the disk stays as it is, and works with what it has in /boot.
std::vector<StandIn> boot_stand_ins(const RootDir& root, const std::optional<BootDevices>& devices);

/// Configuration that an initrd of the image needs while it is made where no disk is to be seen: all drivers instead of
/// those of the disks that are there. Files to be there only as long as scripts run.
std::vector<StandIn> initrd_settings(const RootDir& root);

/// A command line that shows the root's disk by its identifiers in /dev and then runs the words that follow: GRUB's
/// scripts write "root=UUID=…" only when they see it there.
std::vector<std::string> with_device_links(const BootDevices& devices);

}  // namespace keelson::deb
