#include <fmt/format.h>

#include <algorithm>

#include "recipe/language.h"
#include "recipe/read_parts.h"

namespace keelson::recipe {

namespace {

Partition read_partition(const View& view) {
  Partition partition;
  partition.id = view.at("id").text_or("");
  partition.label = view.at("label").text_or("");
  partition.type = view.at("type").text_or("linux-generic");
  partition.start = view.at("start").size();
  partition.end = view.at("end").size();
  partition.size = view.at("size").size();
  const View size = view.at("size");
  partition.grow = !view.at("end").given() && (!size.given() || size.text_or("") == "grow");
  return partition;
}

Disk read_disk(const View& view) {
  Disk disk;
  disk.max_size = view.at("maxSize").size();
  for (const auto& partition : view.at("partitions").items(kMostPartitions)) {
    disk.partitions.push_back(read_partition(partition));
  }
  return disk;
}

/// Of a mountPoint, which may be just a path.
std::string mount_path(const View& mount) {
  return mount.is_scalar() ? mount.text_or("") : mount.at("path").text_or("");
}

BtrfsSubvolume read_subvolume(const View& view) {
  const View mount = view.at("mountPoint");
  return {.path = view.at("path").text_or(""),
          .mount_point = mount_path(mount),
          .mount_options = mount.at("options").text_or(""),
          .mount_id_type = mount_id_type(mount.at("idType")),
          .referenced_limit = view.below("quota.referencedLimit").size(),
          .exclusive_limit = view.below("quota.exclusiveLimit").size()};
}

Filesystem read_filesystem(const View& view) {
  const View mount = view.at("mountPoint");
  Filesystem filesystem{.device_id = view.at("deviceId").text_or(""),
                        .type = view.at("type").text_or(""),
                        .mount_point = mount_path(mount),
                        .mount_options = mount.at("options").text_or(""),
                        .mount_id_type = mount_id_type(mount.at("idType"))};
  for (const auto& subvolume : view.below("btrfs.subvolumes").items())
    filesystem.subvolumes.push_back(read_subvolume(subvolume));
  return filesystem;
}

bool mounts_root(const Filesystem& filesystem) {
  return filesystem.mount_point == "/" || std::any_of(filesystem.subvolumes.begin(), filesystem.subvolumes.end(),
                                                      [](const auto& s) { return s.mount_point == "/"; });
}

/// An image that is composed from packages has its system somewhere.
void check_root(const Storage& storage, const View& view, const Reading& reading) {
  if (std::any_of(storage.filesystems.begin(), storage.filesystems.end(), mounts_root)) return;
  reading.rule(view.at("filesystems"), "no file system is mounted at '/'",
               "give the root's file system 'mountPoint: /'");
}

}  // namespace

MountIdType mount_id_type(const View& view) {
  const std::string word = view.text_or("");
  if (word == "uuid") return MountIdType::Uuid;
  if (word == "part-uuid") return MountIdType::PartUuid;
  if (word == "part-label") return MountIdType::PartLabel;
  return MountIdType::Default;
}

std::optional<Storage> read_storage(const View& root, const Reading& reading) {
  const View view = root.at("storage");
  check_ids(view, reading);
  check_verity_forms(view, reading);
  const auto disks = view.at("disks").items(1);
  if (disks.empty()) return std::nullopt;
  Storage storage;
  storage.boot_type = view.at("bootType").text_or("efi") == "legacy" ? BootType::Legacy : BootType::Efi;
  storage.disk = read_disk(disks.front());
  for (const auto& filesystem : view.at("filesystems").items(kMostPartitions))
    storage.filesystems.push_back(read_filesystem(filesystem));
  storage.verity = read_verity(view.at("verity"));
  const bool composes = root.at("distribution").given();
  check_layout(storage.disk, disks.front(), composes, reading);
  check_filesystems(storage, view, reading);
  check_boot_partitions(storage, view, reading);
  check_verity(storage, view, reading);
  if (composes) check_root(storage, view, reading);
  return storage;
}

BaseLayout read_base_layout(const View& storage) {
  BaseLayout layout{
      .reset_uuids = storage.at("resetPartitionsUuidsType").given(), .verity = {}, .reinitialize_verity = {}};
  if (storage.at("disks").items(1).empty()) layout.verity = read_verity(storage.at("verity"));
  const auto word = storage.at("reinitializeVerity").text();
  if (word == "all" || word == "none") layout.reinitialize_verity = word == "all";
  return layout;
}

}  // namespace keelson::recipe
