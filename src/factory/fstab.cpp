#include "factory/fstab.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "factory/devices.h"
#include "image/mount_table.h"

namespace keelson::factory {

namespace {

Sha256 filesystem_digest(const Sha256& seed, const std::string& id) {
  return sha256(fmt::format("{} filesystem {}", seed.hex(), id));
}

bool is_fat(const std::string& type) { return type == "vfat" || type == "fat32"; }

std::string device_of(const MountedFilesystem& mounted, const recipe::Storage& storage, const Sha256& seed) {
  const recipe::Filesystem& filesystem = *mounted.filesystem;
  if (const auto* verity = storage.find_verity(filesystem)) return "/dev/mapper/" + verity->name;
  const std::string& id = filesystem.device_id;
  switch (mounted.subvolume ? mounted.subvolume->mount_id_type : filesystem.mount_id_type) {
    case recipe::MountIdType::Uuid:
      return "UUID=" + filesystem_id(filesystem, seed);
    case recipe::MountIdType::PartLabel:
      for (const auto& partition : storage.disk.partitions) {
        if (partition.id == id) return "PARTLABEL=" + partition.label;
      }
      break;
    case recipe::MountIdType::Default:
    case recipe::MountIdType::PartUuid:
      break;
  }
  return "PARTUUID=" + image::partition_uuid(seed, id).text();
}

// Of the disk that is gone.
bool names_disk(std::string_view source) {
  constexpr std::array<std::string_view, 6> kPrefixes{"UUID=", "PARTUUID=", "LABEL=", "PARTLABEL=", "ID=", "/dev/"};
  return std::any_of(kPrefixes.begin(), kPrefixes.end(), [&](auto prefix) { return source.starts_with(prefix); });
}

}  // namespace

Uuid filesystem_uuid(const Sha256& seed, const std::string& partition_id) {
  return uuid_from_digest(filesystem_digest(seed, partition_id));
}

std::uint32_t fat_serial(const Sha256& seed, const std::string& partition_id) {
  const auto bytes = filesystem_digest(seed, partition_id).bytes;
  return static_cast<std::uint32_t>(bytes[0]) << 24 | static_cast<std::uint32_t>(bytes[1]) << 16 |
         static_cast<std::uint32_t>(bytes[2]) << 8 | bytes[3];
}

std::string filesystem_id(const recipe::Filesystem& filesystem, const Sha256& seed) {
  if (!is_fat(filesystem.type)) return filesystem_uuid(seed, filesystem.device_id).text();
  const std::uint32_t serial = fat_serial(seed, filesystem.device_id);
  return fmt::format("{:04X}-{:04X}", serial >> 16, serial & 0xffff);
}

std::string make_fstab(const recipe::Storage& storage, const Sha256& seed) {
  const auto mounted = mounted_filesystems(storage);
  const bool read_only_root = std::any_of(mounted.begin(), mounted.end(), [&](const auto& mount) {
    return mount.mount_point() == "/" && is_read_only(storage, *mount.filesystem);
  });
  std::string text;
  for (const auto& mount : mounted) {
    const std::string& type = mount.filesystem->type;
    std::string options = mount.subvolume ? mount.subvolume->mount_options : mount.filesystem->mount_options;
    if (options.empty()) options = type == "erofs" ? "ro" : "defaults";
    // Services with a /var/tmp of their own start without waiting for /var; on a root that can't be written they fail
    // unless the initrd has mounted it (systemd.mount(5)).
    if (mount.mount_point() == "/var" && read_only_root) options += ",x-initrd.mount";
    if (mount.subvolume) options += ",subvol=/" + mount.subvolume->path;
    // Nothing that is read only can be repaired.
    const char* pass = type != "ext4" || is_read_only(storage, *mount.filesystem) ? "0"
                       : mount.mount_point() == "/"                               ? "1"
                                                                                  : "2";
    text += image::mount_line({.source = device_of(mount, storage, seed),
                               .mount_point = mount.mount_point(),
                               .type = is_fat(type) ? "vfat" : type,
                               .options = options,
                               .pass = pass});
  }
  return text;
}

std::string with_type(std::string_view table, const std::vector<std::string>& mount_points, const std::string& type) {
  std::string text;
  for (const auto line : split(table, '\n')) {
    auto entries = image::parse_mount_table(line);
    const bool meant = !entries.empty() && std::find(mount_points.begin(), mount_points.end(),
                                                     entries.front().mount_point) != mount_points.end();
    if (meant) {
      entries.front().type = type;
      text += image::mount_line(entries.front());
    } else {
      text += std::string(line) + "\n";
    }
  }
  if (!text.empty()) text.pop_back();  // the last line's end is not a line
  return text;
}

std::string merge_fstab(std::string_view before, const recipe::Storage& storage, const Sha256& seed) {
  const auto mounted = mounted_filesystems(storage);
  std::string text = make_fstab(storage, seed);
  for (const auto& line : image::parse_mount_table(before)) {
    const bool elsewhere = std::any_of(mounted.begin(), mounted.end(),
                                       [&](const auto& mount) { return mount.mount_point() == line.mount_point; });
    if (!elsewhere && !names_disk(line.source)) text += image::mount_line(line);
  }
  return text;
}

}  // namespace keelson::factory
