// Mutants of a recipe that lays out a disk of its own, with verity and btrfs.
#include "recipe/mutants.h"

namespace keelson::recipe {
namespace {

constexpr std::string_view kDisk = R"(storage:
  bootType: efi
  disks:
  - partitionTableType: gpt
    maxSize: 8G
    partitions:
    - id: esp
      type: esp
      start: 1M
      end: 257M
    - id: boot
      type: xbootldr
      size: 512M
    - id: root
      label: rootfs
      size: 2G
    - id: roothash
      label: hashes
      size: 128M
    - id: data
      label: data
      size: grow
  verity:
  - id: verityroot
    name: root
    dataDeviceId: root
    hashDeviceId: roothash
    dataDeviceMountIdType: part-uuid
    hashDeviceMountIdType: part-label
    corruptionOption: panic
    hashSignaturePath: /boot/root.hash.sig
  filesystems:
  - deviceId: esp
    type: vfat
    mountPoint:
      path: /boot/efi
      options: umask=0077
  - deviceId: boot
    type: ext4
    mountPoint: /boot
  - deviceId: verityroot
    type: ext4
    mountPoint:
      path: /
      options: defaults,ro
  - deviceId: data
    type: btrfs
    btrfs:
      subvolumes:
      - path: var
        mountPoint:
          path: /var
          options: noatime
          idType: part-label
        quota:
          referencedLimit: 1G
          exclusiveLimit: 512M
      - path: var/log
        mountPoint:
          path: /var/log
      - path: home
        mountPoint: /home
      - path: snapshots
os:
  bootloader:
    resetType: hard-reset
  uki:
    mode: create
previewFeatures: [btrfs, uki, output-artifacts]
)";

class DiskMutant : public testing::TestWithParam<Mutant> {};

TEST(StorageMutants, TheDiskRecipeItselfIsGood) { EXPECT_EQ(render_findings("good", errors_of(kDisk)), ""); }

TEST_P(DiskMutant, IsRefusedOnItsLine) { expect_refused(kDisk, GetParam()); }

INSTANTIATE_TEST_SUITE_P(
    Rules, DiskMutant,
    testing::Values(
        Mutant{"  bootloader:\n    resetType: hard-reset\n", "", "  disks:", "needs 'os.bootloader.resetType'"},
        Mutant{"resetType: hard-reset", "resetType:", "  disks:", "needs 'os.bootloader.resetType'"},
        Mutant{"  bootType: efi\n", "", "  disks:", "needs 'storage.bootType'"},
        Mutant{"bootType: efi", "bootType: efi\n  resetPartitionsUuidsType: reset-all", "resetPartitionsUuidsType",
               "can't stand beside 'storage.disks'"},
        Mutant{"bootType: efi", "bootType: legacy", "bootType", "needs a partition of type 'bios-grub'"},
        Mutant{"type: esp", "type: home", "bootType", "needs a partition of type 'esp'"},
        Mutant{"type: vfat", "type: ext4", "type: ext4", "needs a file system of type vfat or fat32"},
        Mutant{"path: /boot/efi", "path: /efi", "    mountPoint:", "must be mounted at '/boot/efi'"},
        Mutant{"  - deviceId: esp\n    type: vfat\n    mountPoint:\n      path: /boot/efi\n      options: umask=0077\n",
               "", "  filesystems:", "needs a file system of type vfat or fat32"},
        Mutant{"type: xbootldr", "type: bios-grub", "id: boot", "must start at 1M"},
        Mutant{"type: xbootldr", "type: bios-grub", "deviceId: boot", "can't have a file system"},
        Mutant{"start: 1M\n      end: 257M", "start: 0M\n      end: 257M", "start: 0M", "must be a size"},
        Mutant{"start: 1M\n      end: 257M", "start: 512K\n      end: 257M", "start: 512K", "multiple of 1 MiB"},
        Mutant{"start: 1M\n      end: 257M", "start: 512K\n      end: 257M", "start: 512K",
               "must start at 1M or later"},
        Mutant{"end: 257M", "end: 1M", "end: 1M", "before it starts"},
        Mutant{"end: 257M", "end: 257M\n      size: 256M", "size: 256M", "has both 'end' and 'size'"},
        Mutant{"end: 257M", "end: 257000K", "end: 257000K", "multiple of 1 MiB"},
        Mutant{"size: 512M", "start: 200M\n      size: 512M", "start: 200M", "but 'esp' ends at 257M"},
        Mutant{"size: 512M", "size: grow", "- id: boot", "only the last one may grow"},
        Mutant{"      size: 512M\n", "", "- id: boot", "only the last one may grow"},
        Mutant{"size: 512M", "size: 512", "size: 512", "must be a size like 100M, or 'grow'"},
        Mutant{"size: 512M", "size: 512X", "size: 512X", "must be a size"},
        Mutant{"size: 512M", "size: 1500K", "size: 1500K", "multiple of 1 MiB"},
        Mutant{"size: 512M", "size: 8388607T", "- id: boot", "beyond any disk's end"},
        Mutant{"maxSize: 8G", "maxSize: 1G", "maxSize: 1G", "the partitions need"},
        Mutant{"maxSize: 8G", "maxSize: grow", "maxSize: grow", "must be a size like 100M, not 'grow'"},
        Mutant{"    maxSize: 8G\n", "", "- partitionTableType", "needs 'maxSize', or its last partition a size"},
        Mutant{"partitionTableType: gpt", "partitionTableType: mbr", "partitionTableType", "must be gpt"},
        Mutant{"- id: boot", "- id: esp", "- id: esp\n      type: xboot", "id 'esp' is given twice"},
        Mutant{"- id: verityroot", "- id: root", "- id: root\n    name", "id 'root' is given twice"},
        Mutant{"label: data", "label: rootfs", "idType: part-label", "'rootfs' is given twice"},
        Mutant{"      label: data\n", "", "idType: part-label", "needs a label on partition 'data'"},
        Mutant{"label: data", "label: dät", "label: dät", "must be a partition label"},
        Mutant{"label: data", "label: a-label-that-is-longer-than-36-letters", "label: a-label", "partition label"},
        Mutant{"type: xbootldr", "type: boot", "type: boot", "must be esp, bios-grub"},
        Mutant{"type: xbootldr", "type: 4d21b016-b534-45c2-a9fb", "type: 4d21", "a UUID"},
        Mutant{"deviceId: boot", "deviceId: bot", "deviceId: bot", "names no partition or verity device"},
        Mutant{"deviceId: boot", "deviceId: esp", "deviceId: esp\n    type: ext4", "is used twice"},
        Mutant{"deviceId: boot", "deviceId: root", "deviceId: root", "is used twice"},
        Mutant{"mountPoint: /boot\n", "mountPoint: /var\n", "path: /var", "'/var' is mounted twice"},
        Mutant{"mountPoint: /home", "mountPoint: /boot/", "mountPoint: /boot/", "is mounted twice"},
        Mutant{"mountPoint: /boot\n", "mountPoint: boot\n", "mountPoint: boot", "must be a mount path"},
        Mutant{"mountPoint: /boot\n", "mountPoint: /bo,ot\n", "mountPoint: /bo,ot", "must be a mount path"},
        Mutant{"mountPoint: /boot\n", "mountPoint: /bo:ot\n", "mountPoint: /bo:ot", "must be a mount path"},
        Mutant{"mountPoint: /boot\n", "mountPoint: /bo ot\n", "mountPoint: /bo ot", "must be a mount path"},
        Mutant{"mountPoint: /boot\n", "mountPoint: /a/../boot\n", "mountPoint: /a/..", "must be a mount path"},
        Mutant{"options: umask=0077", "options: umask=0077, ro", "options: umask", "must be mount options"},
        Mutant{"    type: ext4\n    mountPoint: /boot\n", "    mountPoint: /boot\n", "mountPoint: /boot\n",
               "needs 'storage.filesystems[1].type'"},
        Mutant{"type: btrfs\n", "type: ext4\n", "    btrfs:", "needs 'storage.filesystems[3].type: btrfs'"},
        Mutant{"path: var\n", "path: /var\n", "- path: /var", "must be a subvolume's path"},
        Mutant{"path: home", "path: ../home", "- path: ../home", "must be a subvolume's path"},
        Mutant{"path: home", "path: home/", "- path: home/", "must be a subvolume's path"},
        Mutant{"path: home", "path: var", "- path: var\n        mountPoint: /home", "is given twice"},
        Mutant{"options: noatime", "options: noatime,subvol=x", "options: noatime,", "must not hold 'subvol=x'"},
        Mutant{"options: noatime", "options: subvolid=5", "options: subvolid", "must not hold 'subvolid=5'"},
        Mutant{"path: /var/log", "path: /", "          path: /\n", "is mounted twice"},
        Mutant{"path: /var\n          options", "path: /var/log/x\n          options",
               "        mountPoint:\n          path: /var/log\n", "is mounted around it"},
        Mutant{"referencedLimit: 1G", "referencedLimit: lots", "referencedLimit", "must be a size"},
        Mutant{"referencedLimit: 1G", "referencedLimit: 0G", "referencedLimit", "must be a size"},
        Mutant{"options: defaults,ro", "options: defaults", "    mountPoint:\n      path: /\n", "must hold 'ro'"},
        Mutant{"      options: defaults,ro\n", "", "    mountPoint:\n      path: /\n", "must hold 'ro'"},
        Mutant{"options: defaults,ro", "options: errors=remount-ro", "    mountPoint:\n      path: /\n",
               "must hold 'ro'"},
        Mutant{"options: defaults,ro", "options: ro\n      idType: uuid", "idType: uuid", "takes no 'idType'"},
        Mutant{"path: /\n", "path: /opt\n", "    mountPoint:\n      path: /opt", "must be mounted at '/' or '/usr'"},
        Mutant{"path: /\n", "path: /usr\n", "name: root", "must be named 'usr'"},
        Mutant{"name: root", "name: usr", "name: usr", "must be named 'root'"},
        Mutant{"name: root", "name: var", "name: var", "must be root or usr"},
        Mutant{"  - deviceId: verityroot\n    type: ext4\n    mountPoint:\n      path: /\n      options: defaults,ro\n",
               "", "- id: verityroot", "must be mounted at '/' or '/usr'"},
        Mutant{"dataDeviceId: root", "dataDeviceId: rot", "dataDeviceId", "names no partition: 'rot'"},
        Mutant{"dataDeviceId: root", "dataDeviceId: boot", "deviceId: boot", "is used twice"},
        Mutant{"    dataDeviceId: root\n", "", "- id: verityroot", "needs 'dataDeviceId' or 'dataDevice'"},
        Mutant{"    hashDeviceId: roothash\n", "", "- id: verityroot", "needs 'hashDeviceId' or 'hashDevice'"},
        Mutant{"hashDeviceId: roothash", "hashDevice: {idType: part-label, id: h}",
               "hashDevice:", "can't stand beside 'storage.disks'"},
        Mutant{"hashDeviceId: roothash", "hashDevice: {idType: part-label, id: h}",
               "hashDevice:", "has both 'dataDeviceId' and 'hashDevice'"},
        Mutant{"dataDeviceId: root", "dataDeviceId: root\n    dataDevice: {idType: uuid, id: x}",
               "    dataDevice:", "has both 'dataDeviceId' and 'dataDevice'"},
        Mutant{"size: 128M", "size: 16M", "hashDeviceId",
               "partition 'roothash' is too small for the hash tree of 'root'"},
        Mutant{"      label: hashes\n", "", "hashDeviceMountIdType", "needs a label on partition 'roothash'"},
        Mutant{"corruptionOption: panic", "corruptionOption: reboot", "corruptionOption", "must be io-error"},
        Mutant{"mode: create", "mode: passthrough", "resetType: hard", "can't stand beside 'os.uki.mode: passthrough'"},
        Mutant{"mode: create", "mode: passthrough", "  verity:", "can't stand beside 'os.uki.mode: passthrough'"},
        Mutant{"mode: create", "mode: modify", "resetType: hard", "can't stand beside 'os.uki.mode: modify'"},
        Mutant{"mode: create", "mode: modify", "  verity:", "can't stand beside 'os.uki.mode: modify'"},
        Mutant{"mode: create", "mode: passthrough\n  selinux: {mode: enforcing}",
               "selinux:", "'os.selinux.mode' can't stand beside"},
        Mutant{"mode: create", "mode: passthrough\n  fips: {mode: disabled}", "fips: {mode",
               "'os.fips.mode' changes the"},
        Mutant{"mode: create", "mode: passthrough\n  lockdown: integrity", "lockdown: integrity",
               "'os.lockdown' changes the kernel's command line"},
        Mutant{"mode: create", "mode: passthrough\n  kernelCommandLine: {extraCommandLine: [quiet]}",
               "extraCommandLine", "can't stand beside"},
        Mutant{"mode: create",
               "mode: modify\n  overlays:\n  - {mountPoint: /a, lowerDirs: [/a], upperDir: /u, workDir: /w}",
               "overlays:", "'os.overlays' can't stand beside"},
        Mutant{"bootType: efi", "bootType: efi\n  reinitializeVerity: some", "reinitializeVerity",
               "must be none or all"},
        Mutant{"bootType: efi", "bootType: bios", "bootType", "must be efi or legacy"},
        Mutant{"    partitions:\n    - id: esp", "    partition:\n    - id: esp", "    partition:", "unknown key"},
        Mutant{"previewFeatures: [btrfs", "previewFeatures: [btfrs", "previewFeatures", "must be uki"}));

}  // namespace
}  // namespace keelson::recipe
