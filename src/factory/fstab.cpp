#include "factory/fstab.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/error.h"
#include "crypto/hash.h"

namespace keelson::factory {

namespace {

Sha256 filesystem_digest(const Sha256& seed, const std::string& id) {
  return sha256(fmt::format("{} filesystem {}", seed.hex(), id));
}

bool is_fat(const std::string& type) { return type == "vfat" || type == "fat32"; }

std::string device_of(const recipe::Filesystem& filesystem, const recipe::Storage& storage, const Sha256& seed) {
  const std::string& id = filesystem.device_id;
  switch (filesystem.mount_id_type) {
    case recipe::MountIdType::Uuid: {
      if (!is_fat(filesystem.type)) return "UUID=" + filesystem_uuid(seed, id).text();
      const std::uint32_t serial = fat_serial(seed, id);
      return fmt::format("UUID={:04X}-{:04X}", serial >> 16, serial & 0xffff);
    }
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

}  // namespace

Uuid filesystem_uuid(const Sha256& seed, const std::string& partition_id) {
  return uuid_from_digest(filesystem_digest(seed, partition_id));
}

std::uint32_t fat_serial(const Sha256& seed, const std::string& partition_id) {
  const auto bytes = filesystem_digest(seed, partition_id).bytes;
  return static_cast<std::uint32_t>(bytes[0]) << 24 | static_cast<std::uint32_t>(bytes[1]) << 16 |
         static_cast<std::uint32_t>(bytes[2]) << 8 | bytes[3];
}

std::string make_fstab(const recipe::Storage& storage, const Sha256& seed) {
  std::vector<const recipe::Filesystem*> mounted;
  for (const auto& filesystem : storage.filesystems) {
    if (!filesystem.mount_point.empty()) mounted.push_back(&filesystem);
  }
  std::stable_sort(mounted.begin(), mounted.end(),
                   [](const auto* a, const auto* b) { return a->mount_point < b->mount_point; });
  const bool read_only_root = std::any_of(mounted.begin(), mounted.end(), [](const auto* filesystem) {
    return filesystem->mount_point == "/" && filesystem->type == "erofs";
  });
  std::string text;
  for (const auto* filesystem : mounted) {
    std::string options = filesystem->mount_options.empty() ? (filesystem->type == "erofs" ? "ro" : "defaults")
                                                            : filesystem->mount_options;
    // Services with a /var/tmp of their own start without waiting for /var; on a root that can't be written they fail
    // unless the initrd has mounted it (systemd.mount(5)).
    if (filesystem->mount_point == "/var" && read_only_root) options += ",x-initrd.mount";
    const int pass = filesystem->type != "ext4" ? 0 : filesystem->mount_point == "/" ? 1 : 2;
    text += fmt::format("{} {} {} {} 0 {}\n", device_of(*filesystem, storage, seed), filesystem->mount_point,
                        is_fat(filesystem->type) ? "vfat" : filesystem->type, options, pass);
  }
  return text;
}

}  // namespace keelson::factory
