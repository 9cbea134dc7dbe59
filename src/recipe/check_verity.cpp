// dm-verity devices: what they stand on, and what is mounted from them.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/text.h"
#include "formats/verity/tree.h"
#include "recipe/language.h"
#include "recipe/read_parts.h"

namespace keelson::recipe {

namespace {

/// Data and its hash tree in one partition: at least 1 MiB of data, which is aligned, and the tree behind it.
constexpr ByteCount kSmallestInline = mebibytes(2);

CorruptionOption corruption_option(const std::string& word) {
  if (word == "ignore") return CorruptionOption::Ignore;
  if (word == "panic") return CorruptionOption::Panic;
  if (word == "restart") return CorruptionOption::Restart;
  return CorruptionOption::IoError;
}

/// Unless it depends on the disk or on what is in it.
std::optional<ByteCount> size_of(const Partition& partition) {
  if (partition.size) return partition.size;
  if (partition.start && partition.end && *partition.end > *partition.start) return *partition.end - *partition.start;
  return std::nullopt;
}

const Partition* find_partition(const Storage& storage, const std::string& id) {
  for (const auto& partition : storage.disk.partitions) {
    if (partition.id == id) return &partition;
  }
  return nullptr;
}

/// One mount from a verity device: of the file system itself, or of a subvolume.
struct VerityMount {
  View at;
  std::string path;
};

void collect_mount(const View& mount, std::vector<VerityMount>& mounts) {
  const std::string path = mount.is_scalar() ? mount.text_or("") : mount.at("path").text_or("");
  if (!path.empty()) mounts.push_back({mount, path});
}

std::vector<VerityMount> mounts_of(const View& storage, const std::string& id) {
  std::vector<VerityMount> mounts;
  for (const auto& filesystem : storage.at("filesystems").items(kMostPartitions)) {
    if (filesystem.at("deviceId").text_or("") != id) continue;
    collect_mount(filesystem.at("mountPoint"), mounts);
    for (const auto& subvolume : filesystem.below("btrfs.subvolumes").items()) {
      collect_mount(subvolume.at("mountPoint"), mounts);
    }
  }
  return mounts;
}

class VerityCheck {
 public:
  VerityCheck(const Storage& storage, const View& view, const Reading& reading)
      : storage_(storage), view_(view), reading_(reading) {}

  void check(const Verity& device, const View& at) {
    check_partition(device.data_device_id, at.at("dataDeviceId"), at.at("dataDeviceMountIdType"));
    if (device.hash_device_id != device.data_device_id) {
      check_partition(device.hash_device_id, at.at("hashDeviceId"), at.at("hashDeviceMountIdType"));
      check_tree_fits(device, at);
    } else {
      check_inline(device, at);
    }
    check_mounts(device, at);
  }

 private:
  void check_partition(const std::string& id, const View& at, const View& id_type) {
    if (id.empty()) return;
    const Partition* partition = find_partition(storage_, id);
    if (partition == nullptr) {
      std::vector<std::string> known;
      for (const auto& other : storage_.disk.partitions) known.push_back(other.id);
      reading_.rule(at, fmt::format("'{}' names no partition: {}", at.path(), quote(id)), did_you_mean(id, known));
    } else if (!used_.insert(id).second) {
      reading_.rule(at, fmt::format("partition {} belongs to two verity devices", quote(id)));
    } else if (id_type.text_or("") == "part-label") {
      check_label(*partition, id_type);
    }
  }

  void check_label(const Partition& partition, const View& at) {
    const auto same = std::count_if(storage_.disk.partitions.begin(), storage_.disk.partitions.end(),
                                    [&](const auto& other) { return other.label == partition.label; });
    if (!partition.label.empty() && same == 1) return;
    reading_.rule(at, fmt::format("'part-label' needs a label on partition {} that no other has", quote(partition.id)));
  }

  void check_tree_fits(const Verity& device, const View& at) {
    const Partition* data = find_partition(storage_, device.data_device_id);
    const Partition* tree = find_partition(storage_, device.hash_device_id);
    if (data == nullptr || tree == nullptr || !size_of(*data) || !size_of(*tree)) return;
    const ByteCount needed = verity::tree_size(*size_of(*data));
    if (*size_of(*tree) >= needed) return;
    reading_.rule(at.at("hashDeviceId"),
                  fmt::format("partition {} is too small for the hash tree of {}", quote(tree->id), quote(data->id)),
                  fmt::format("it needs {}M or more", align_up(needed, mebibytes(1)).value >> 20));
  }

  void check_inline(const Verity& device, const View& at) {
    const Partition* partition = find_partition(storage_, device.data_device_id);
    if (partition == nullptr) return;
    const auto size = size_of(*partition);
    if (!size || *size >= kSmallestInline) return;
    reading_.rule(at.at("hashDeviceId"),
                  fmt::format("partition {} is too small for data and hash tree", quote(partition->id)),
                  "it needs 2M or more");
  }

  void check_mounts(const Verity& device, const View& at) {
    if (device.id.empty()) return;
    const auto mounts = mounts_of(view_, device.id);
    if (mounts.empty()) {
      reading_.rule(at.at("id"), fmt::format("verity device {} must be mounted at '/' or '/usr'", quote(device.id)),
                    "add a file system with this deviceId");
    }
    for (std::size_t i = 1; i < mounts.size(); ++i) {
      reading_.rule(mounts[i].at, fmt::format("verity device {} is mounted twice", quote(device.id)));
    }
    for (const auto& mount : mounts) check_mount(device, at, mount);
  }

  void check_mount(const Verity& device, const View& at, const VerityMount& mount) {
    if (mount.path != "/" && mount.path != "/usr") {
      reading_.rule(mount.at, fmt::format("verity device {} must be mounted at '/' or '/usr'", quote(device.id)));
    } else if (const auto* const name = mount.path == "/" ? "root" : "usr"; device.name != name) {
      reading_.rule(at.at("name"),
                    fmt::format("a verity device that is mounted at '{}' must be named '{}'", mount.path, name));
    }
    const std::string text = mount.at.at("options").text_or("");
    const auto options = split(text, ',');
    if (std::find(options.begin(), options.end(), "ro") == options.end()) {
      reading_.rule(mount.at, fmt::format("the mount options of verity device {} must hold 'ro'", quote(device.id)),
                    "add: options: ro");
    }
    if (mount.at.at("idType").given()) {
      reading_.rule(mount.at.at("idType"), fmt::format("verity device {} takes no 'idType'", quote(device.id)),
                    "use dataDeviceMountIdType and hashDeviceMountIdType");
    }
  }

  const Storage& storage_;
  const View& view_;
  const Reading& reading_;
  std::set<std::string> used_;
};

}  // namespace

IdentifiedPartition read_identified_partition(const View& view) {
  return {.id_type = mount_id_type(view.at("idType")), .id = view.at("id").text_or("")};
}

std::vector<Verity> read_verity(const View& list) {
  std::vector<Verity> result;
  for (const auto& view : list.items(kMostPartitions)) {
    Verity device{.id = view.at("id").text_or(""),
                  .name = view.at("name").text_or(""),
                  .data_device_id = view.at("dataDeviceId").text_or(""),
                  .hash_device_id = view.at("hashDeviceId").text_or(""),
                  .data_device = {},
                  .hash_device = {},
                  .data_mount_id_type = mount_id_type(view.at("dataDeviceMountIdType")),
                  .hash_mount_id_type = mount_id_type(view.at("hashDeviceMountIdType")),
                  .corruption = corruption_option(view.at("corruptionOption").text_or("")),
                  .hash_signature_path = view.at("hashSignaturePath").text_or("")};
    if (view.at("dataDevice").given()) device.data_device = read_identified_partition(view.at("dataDevice"));
    if (view.at("hashDevice").given()) device.hash_device = read_identified_partition(view.at("hashDevice"));
    result.push_back(std::move(device));
  }
  return result;
}

void check_verity_forms(const View& storage, const Reading& reading) {
  const bool has_disk = storage.at("disks").holds_something();
  for (const auto& device : storage.at("verity").items(kMostPartitions)) {
    for (const auto* key : {"dataDeviceId", "hashDeviceId"}) {
      if (!has_disk && device.at(key).given())
        reading.rule(device.at(key), fmt::format("'{}' needs 'storage.disks'", device.at(key).path()),
                     "for partitions of the base image, use dataDevice and hashDevice");
    }
    for (const auto* key : {"dataDevice", "hashDevice"}) {
      if (has_disk && device.at(key).given())
        reading.rule(device.at(key), fmt::format("'{}' can't stand beside 'storage.disks'", device.at(key).path()),
                     "for partitions of this disk, use dataDeviceId and hashDeviceId");
    }
  }
}

void check_verity(const Storage& storage, const View& view, const Reading& reading) {
  const auto views = view.at("verity").items(kMostPartitions);
  VerityCheck check(storage, view, reading);
  for (std::size_t i = 0; i < views.size(); ++i) {
    if (storage.verity[i].data_device || storage.verity[i].hash_device) continue;  // reported by the forms
    check.check(storage.verity[i], views[i]);
  }
}

}  // namespace keelson::recipe
