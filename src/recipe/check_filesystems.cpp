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

bool is_fat(const Filesystem& filesystem) { return filesystem.type == "vfat" || filesystem.type == "fat32"; }

void check_device(const Filesystem& filesystem, const View& view, const std::vector<std::string>& known,
                  std::set<std::string>& used, const Reading& reading) {
  if (filesystem.device_id.empty()) return;  // reported as missing
  const View at = view.at("deviceId");
  if (std::find(known.begin(), known.end(), filesystem.device_id) == known.end()) {
    reading.rule(at, fmt::format("'{}' names no partition: {}", at.path(), quote(filesystem.device_id)),
                 did_you_mean(filesystem.device_id, known));
  } else if (!used.insert(filesystem.device_id).second) {
    reading.rule(at, fmt::format("partition {} has two file systems", quote(filesystem.device_id)));
  }
}

std::string normal_mount_point(const std::string& path) {
  std::string normal = std::filesystem::path(path).lexically_normal().string();
  if (normal.size() > 1 && normal.ends_with('/')) normal.pop_back();
  return normal;
}

void check_mount(const Filesystem& filesystem, const View& view, std::set<std::string>& paths, const Reading& reading) {
  if (filesystem.mount_point.empty()) return;
  const View mount = view.at("mountPoint");
  if (!paths.insert(normal_mount_point(filesystem.mount_point)).second) {
    reading.rule(mount, fmt::format("{} is mounted twice", quote(filesystem.mount_point)));
  }
  if (filesystem.type.empty()) {
    reading.rule(view, fmt::format("'{}' is mounted and needs 'type'", view.path()), "for example: type: ext4");
  }
  if (filesystem.type == "erofs" && filesystem.mount_point != "/") {
    reading.rule(view.at("type"), "'erofs' is for the root file system only");
  }
}

/// A label that fstab uses must be there, and only once.
void check_part_label(const Storage& storage, const Filesystem& filesystem, const View& view, const Reading& reading) {
  if (filesystem.mount_id_type != MountIdType::PartLabel) return;
  const Partition* partition = find_partition(storage, filesystem.device_id);
  if (partition == nullptr) return;
  const View at = view.at("mountPoint").at("idType");
  const auto same = std::count_if(storage.disk.partitions.begin(), storage.disk.partitions.end(),
                                  [&](const Partition& other) { return other.label == partition->label; });
  if (partition->label.empty()) {
    reading.rule(at, fmt::format("'part-label' needs a label on partition {}", quote(partition->id)));
  } else if (same > 1) {
    reading.rule(at, fmt::format("'part-label' needs a unique label, and {} is given twice", quote(partition->label)));
  }
}

void check_efi(const Storage& storage, const View& view, const Reading& reading) {
  const auto& partitions = storage.disk.partitions;
  const auto esp = std::find_if(partitions.begin(), partitions.end(), [](const auto& p) { return p.type == "esp"; });
  if (esp == partitions.end()) {
    reading.rule(view.at("bootType"), "'efi' needs a partition of type 'esp'");
    return;
  }
  const auto on_esp = std::find_if(storage.filesystems.begin(), storage.filesystems.end(),
                                   [&](const auto& f) { return f.device_id == esp->id; });
  if (on_esp == storage.filesystems.end() || !is_fat(*on_esp)) {
    reading.rule(view.at("filesystems"),
                 fmt::format("the 'esp' partition {} needs a file system of type vfat or fat32", quote(esp->id)));
  } else if (on_esp->mount_point != "/boot/efi") {
    reading.rule(view.at("filesystems"),
                 fmt::format("the 'esp' partition {} must be mounted at '/boot/efi'", quote(esp->id)));
  }
}

void check_legacy(const Storage& storage, const View& view, const Reading& reading) {
  const auto& partitions = storage.disk.partitions;
  const auto boot =
      std::find_if(partitions.begin(), partitions.end(), [](const auto& p) { return p.type == "bios-grub"; });
  if (boot == partitions.end()) {
    reading.rule(view.at("bootType"), "'legacy' needs a partition of type 'bios-grub'");
  } else if (boot->start.value_or(boot == partitions.begin() ? mebibytes(1) : ByteCount{0}) != mebibytes(1)) {
    reading.rule(view.at("disks"), fmt::format("the 'bios-grub' partition {} must start at 1M", quote(boot->id)));
  }
}

}  // namespace

void check_filesystems(const Storage& storage, const View& view, const Reading& reading) {
  std::vector<std::string> known;
  for (const auto& partition : storage.disk.partitions) known.push_back(partition.id);
  for (const auto& device : view.at("verity").items(kMostPartitions)) known.push_back(device.at("id").text_or(""));
  std::set<std::string> used;
  std::set<std::string> paths;
  const auto views = view.at("filesystems").items(kMostPartitions);
  for (std::size_t i = 0; i < views.size(); ++i) {
    const Filesystem& filesystem = storage.filesystems[i];
    check_device(filesystem, views[i], known, used, reading);
    check_mount(filesystem, views[i], paths, reading);
    check_part_label(storage, filesystem, views[i], reading);
    const Partition* partition = find_partition(storage, filesystem.device_id);
    if (partition != nullptr && partition->type == "bios-grub") {
      reading.rule(views[i],
                   fmt::format("the 'bios-grub' partition {} can't have a file system", quote(partition->id)));
    }
  }
  if (storage.boot_type == BootType::Efi) check_efi(storage, view, reading);
  if (storage.boot_type == BootType::Legacy) check_legacy(storage, view, reading);
}

}  // namespace keelson::recipe
