#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/text.h"
#include "recipe/language.h"
#include "recipe/read_parts.h"

namespace keelson::recipe {

namespace {

const Partition* find_partition(const Storage& storage, const std::string& id) {
  for (const auto& partition : storage.disk.partitions) {
    if (partition.id == id) return &partition;
  }
  return nullptr;
}

void check_device(const Filesystem& filesystem, const View& view, const std::vector<std::string>& known,
                  std::set<std::string>& used, const Reading& reading) {
  if (filesystem.device_id.empty()) return;  // reported as missing
  const View at = view.at("deviceId");
  if (std::find(known.begin(), known.end(), filesystem.device_id) == known.end()) {
    reading.rule(at,
                 fmt::format("'{}' names no partition or verity device: {}", at.path(), quote(filesystem.device_id)),
                 did_you_mean(filesystem.device_id, known));
  } else if (!used.insert(filesystem.device_id).second) {
    reading.rule(at, fmt::format("device {} is used twice", quote(filesystem.device_id)),
                 "a device holds one file system, or belongs to one verity device");
  }
}

std::string normal_mount_point(const std::string& path) {
  std::string normal = std::filesystem::path(path).lexically_normal().string();
  if (normal.size() > 1 && normal.ends_with('/')) normal.pop_back();
  return normal;
}

void check_mount(const std::string& path, const View& mount, std::set<std::string>& paths, const Reading& reading) {
  if (path.empty() || paths.insert(normal_mount_point(path)).second) return;
  const View at = mount.is_scalar() ? mount : mount.at("path");
  reading.rule(at, fmt::format("{} is mounted twice", quote(path)), "each mount path has one file system");
}

/// A label that fstab uses must be there, and only once.
void check_part_label(const Storage& storage, const std::string& device, const View& mount, const Reading& reading) {
  const View at = mount.at("idType");
  if (at.text_or("") != "part-label") return;
  const Partition* partition = find_partition(storage, device);
  if (partition == nullptr) return;
  const auto same = std::count_if(storage.disk.partitions.begin(), storage.disk.partitions.end(),
                                  [&](const Partition& other) { return other.label == partition->label; });
  if (partition->label.empty()) {
    reading.rule(at, fmt::format("'part-label' needs a label on partition {}", quote(partition->id)));
  } else if (same > 1) {
    reading.rule(at, fmt::format("'part-label' needs a unique label, and {} is given twice", quote(partition->label)));
  }
}

/// A partition below a verity device holds no file system of its own.
std::set<std::string> devices_of_verity(const Storage& storage) {
  std::set<std::string> devices;
  for (const auto& device : storage.verity) {
    devices.insert(device.data_device_id);
    devices.insert(device.hash_device_id);
  }
  devices.erase("");
  return devices;
}

}  // namespace

void check_filesystems(const Storage& storage, const View& view, const Reading& reading) {
  std::vector<std::string> known;
  for (const auto& partition : storage.disk.partitions) known.push_back(partition.id);
  for (const auto& device : storage.verity) known.push_back(device.id);
  std::set<std::string> used = devices_of_verity(storage);
  std::set<std::string> paths;
  const auto views = view.at("filesystems").items(kMostPartitions);
  for (std::size_t i = 0; i < views.size(); ++i) {
    const Filesystem& filesystem = storage.filesystems[i];
    check_device(filesystem, views[i], known, used, reading);
    check_mount(filesystem.mount_point, views[i].at("mountPoint"), paths, reading);
    check_part_label(storage, filesystem.device_id, views[i].at("mountPoint"), reading);
    for (const auto& subvolume : views[i].below("btrfs.subvolumes").items()) {
      const View mount = subvolume.at("mountPoint");
      check_mount(mount.is_scalar() ? mount.text_or("") : mount.at("path").text_or(""), mount, paths, reading);
      check_part_label(storage, filesystem.device_id, mount, reading);
    }
    if (filesystem.type == "erofs" && !filesystem.mount_point.empty() && filesystem.mount_point != "/") {
      reading.rule(views[i].at("type"), "'erofs' is for the root file system only");
    }
    check_btrfs(views[i], reading);
  }
}

}  // namespace keelson::recipe
