#include "factory/devices.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "factory/fstab.h"
#include "image/disk.h"

namespace keelson::factory {

namespace {

deb::BootDevice device(const image::BaseDisk& disk, const image::BaseMount& mount) {
  const auto& partition = disk.partitions[mount.partition];
  const auto& identity = partition.files->identity();
  return {.fs_type = identity.type,
          .fs_uuid = identity.uuid,
          .partition_uuid = partition.entry.uuid.text(),
          .partition_number = partition.number(),
          .subvolume = mount.subvolume};
}

deb::BootDevice device(const recipe::Storage& storage, const MountedFilesystem& mounted, const Sha256& seed) {
  const std::string& id = storage.partition_of(*mounted.filesystem);
  unsigned number = 1;
  for (const auto& partition : storage.disk.partitions) {
    if (partition.id == id) break;
    ++number;
  }
  return {.fs_type = mounted.filesystem->type == "fat32" ? "vfat" : mounted.filesystem->type,
          .fs_uuid = filesystem_id(*mounted.filesystem, seed),
          .partition_uuid = image::partition_uuid(seed, id).text(),
          .partition_number = number,
          .subvolume = mounted.subvolume ? mounted.subvolume->path : ""};
}

}  // namespace

deb::BootDevices devices_of(const image::BaseDisk& disk, const image::BaseSystem& system) {
  deb::BootDevices devices{.root = device(disk, system.mounts.front()), .boot = {}};
  if (const auto* boot = system.find("/boot")) devices.boot = device(disk, *boot);
  return devices;
}

deb::BootDevices devices_of(const recipe::Storage& storage, const Sha256& seed) {
  deb::BootDevices devices;
  for (const auto& mounted : mounted_filesystems(storage)) {
    if (mounted.mount_point() == "/") devices.root = device(storage, mounted, seed);
    if (mounted.mount_point() == "/boot") devices.boot = device(storage, mounted, seed);
  }
  if (devices.root.fs_uuid.empty())
    throw Error(ErrorKind::BadInput, "cannot lay the disk out: no file system is mounted at '/'",
                "give the root's file system 'mountPoint: /'");
  return devices;
}

std::vector<std::string> root_arguments(const deb::BootDevices& devices) {
  std::vector<std::string> arguments{"root=UUID=" + devices.root.fs_uuid};
  if (!devices.root.subvolume.empty()) arguments.push_back("rootflags=subvol=" + devices.root.subvolume);
  return arguments;
}

bool is_read_only(const recipe::Storage& storage, const recipe::Filesystem& filesystem) {
  return filesystem.type == "erofs" || storage.find_verity(filesystem) != nullptr;
}

bool is_read_only_at(const recipe::Storage& storage, const std::string& mount_point) {
  for (const auto& mounted : mounted_filesystems(storage)) {
    if (mounted.mount_point() == mount_point) return is_read_only(storage, *mounted.filesystem);
  }
  return false;
}

std::vector<MountedFilesystem> mounted_filesystems(const recipe::Storage& storage) {
  std::vector<MountedFilesystem> mounted;
  for (const auto& filesystem : storage.filesystems) {
    if (!filesystem.mount_point.empty()) mounted.push_back({&filesystem, nullptr});
    for (const auto& subvolume : filesystem.subvolumes) {
      if (!subvolume.mount_point.empty()) mounted.push_back({&filesystem, &subvolume});
    }
  }
  std::stable_sort(mounted.begin(), mounted.end(),
                   [](const auto& a, const auto& b) { return a.mount_point() < b.mount_point(); });
  return mounted;
}

}  // namespace keelson::factory
