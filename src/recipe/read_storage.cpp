#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "recipe/language.h"
#include "recipe/read_parts.h"

namespace keelson::recipe {

namespace {

constexpr ByteCount kAlignment = mebibytes(1);
constexpr ByteCount kLargestDisk{std::uint64_t{1} << 62};

/// "100M", as a recipe would write it.
std::string size_text(ByteCount size) {
  if (size.value % gibibytes(1).value == 0) return fmt::format("{}G", size.value >> 30);
  if (size.value % mebibytes(1).value == 0) return fmt::format("{}M", size.value >> 20);
  return fmt::format("{}K", size.value >> 10);
}

void check_alignment(const View& at, const Reading& reading) {
  const auto size = at.size();
  if (!size || size->value % kAlignment.value == 0) return;
  reading.rule(at, fmt::format("'{}' must be a multiple of 1 MiB, not {}", at.path(), size_text(*size)));
}

Partition read_partition(const View& view, const Reading& reading) {
  Partition partition;
  partition.id = view.at("id").text_or("");
  partition.label = view.at("label").text_or("");
  partition.type = view.at("type").text_or("linux-generic");
  partition.start = view.at("start").size();
  partition.end = view.at("end").size();
  partition.size = view.at("size").size();
  partition.grow = !partition.end && !partition.size;
  for (const auto* key : {"start", "end", "size"}) check_alignment(view.at(key), reading);
  if (view.at("end").given() && view.at("size").given()) {
    reading.rule(view.at("size"), fmt::format("'{}' has both 'end' and 'size'", view.path()), "remove one of the two");
  }
  return partition;
}

/// Follows the partitions over the disk.
class Layout {
 public:
  Layout(const Disk& disk, const View& view, const Reading& reading) : disk_(disk), view_(view), reading_(reading) {}

  void check() {
    const auto views = view_.at("partitions").items(kMostPartitions);
    for (std::size_t i = 0; i < disk_.partitions.size(); ++i) {
      check_partition(disk_.partitions[i], views[i], i + 1 == disk_.partitions.size());
    }
    check_end();
  }

 private:
  void check_partition(const Partition& partition, const View& view, bool last) {
    if (partition.grow && !last) {
      reading_.rule(view, fmt::format("partition {} has no size, and only the last one may grow", quote(partition.id)),
                    "give it a size");
    }
    const ByteCount start = partition.start.value_or(end_);
    if (start < end_) {
      reading_.rule(view.at("start"),
                    previous_.empty() ? "the first partition must start at 1M or later"
                                      : fmt::format("partition {} starts at {}, but {} ends at {}", quote(partition.id),
                                                    size_text(start), quote(previous_), size_text(end_)),
                    previous_.empty() ? "GPT's own blocks are before it" : "");
    }
    end_ = end_of(partition, view, start);
    previous_ = partition.id;
    minimum_ = partition.grow ? end_ + kAlignment : end_;
  }

  ByteCount end_of(const Partition& partition, const View& view, ByteCount start) {
    if (partition.end) {
      if (*partition.end <= start) {
        reading_.rule(view.at("end"), fmt::format("partition {} ends at {}, before it starts", quote(partition.id),
                                                  size_text(*partition.end)));
        return std::max(start, end_);
      }
      return *partition.end;
    }
    const ByteCount size = partition.size.value_or(ByteCount{0});
    if (start.value > kLargestDisk.value || size.value > kLargestDisk.value - start.value) {
      reading_.rule(view, fmt::format("partition {} lies beyond any disk's end", quote(partition.id)));
      return start;
    }
    return start + size;
  }

  void check_end() {
    if (!disk_.max_size || disk_.partitions.empty()) return;
    // The backup GPT takes the last 33 blocks; partitions are aligned, so it costs the last MiB.
    const ByteCount needed = minimum_ + kAlignment;
    if (needed <= *disk_.max_size) return;
    reading_.rule(
        view_.at("maxSize"),
        fmt::format("the partitions need {}, but the disk has {}", size_text(needed), size_text(*disk_.max_size)),
        "GPT's backup takes the disk's last MiB");
  }

  const Disk& disk_;
  const View& view_;
  const Reading& reading_;
  ByteCount end_ = kAlignment;  // of the partition before
  ByteCount minimum_ = kAlignment;
  std::string previous_;
};

void check_ids(const View& disk, const View& verity, const Reading& reading) {
  std::set<std::string> ids;
  const auto check = [&](const View& id) {
    const auto text = id.text();
    if (text && !ids.insert(*text).second) reading.rule(id, fmt::format("id {} is given twice", quote(*text)));
  };
  for (const auto& partition : disk.at("partitions").items(kMostPartitions)) check(partition.at("id"));
  for (const auto& device : verity.items(kMostPartitions)) check(device.at("id"));
}

Disk read_disk(const View& view, const Reading& reading) {
  Disk disk;
  disk.max_size = view.at("maxSize").size();
  check_alignment(view.at("maxSize"), reading);
  for (const auto& partition : view.at("partitions").items(kMostPartitions)) {
    disk.partitions.push_back(read_partition(partition, reading));
  }
  if (view.at("partitions").given() && disk.partitions.empty()) {
    reading.rule(view.at("partitions"), fmt::format("'{}' needs at least one partition", view.at("partitions").path()));
  }
  Layout(disk, view, reading).check();
  return disk;
}

MountIdType mount_id_type(const std::string& word) {
  if (word == "uuid") return MountIdType::Uuid;
  if (word == "part-uuid") return MountIdType::PartUuid;
  if (word == "part-label") return MountIdType::PartLabel;
  return MountIdType::Default;
}

Filesystem read_filesystem(const View& view) {
  const View mount = view.at("mountPoint");
  return {.device_id = view.at("deviceId").text_or(""),
          .type = view.at("type").text_or(""),
          .mount_point = mount.is_scalar() ? mount.text_or("") : mount.at("path").text_or(""),
          .mount_options = mount.at("options").text_or(""),
          .mount_id_type = mount_id_type(mount.at("idType").text_or(""))};
}

/// Rules between `disks` and its neighbours.
void check_company(const View& root, const View& storage, const Reading& reading) {
  const bool resets = root.at("os").at("bootloader").at("resetType").given();
  const bool composes = root.at("distribution").given();
  const bool has_disks = !storage.at("disks").items().empty();
  const View uuids = storage.at("resetPartitionsUuidsType");
  if (storage.at("disks").given() && !has_disks) reading.rule(storage.at("disks"), "'storage.disks' needs one disk");
  if (has_disks && !storage.at("bootType").given()) {
    reading.rule(storage.at("disks"), "'storage.disks' needs 'storage.bootType'", "add: bootType: efi");
  }
  if (uuids.given() && has_disks) {
    reading.rule(uuids, "'storage.resetPartitionsUuidsType' can't stand beside 'storage.disks'",
                 "a new disk has new UUIDs");
  }
  if ((has_disks || uuids.given()) && !resets && !composes) {
    reading.rule(
        has_disks ? storage.at("disks") : uuids,
        fmt::format("'storage.{}' needs 'os.bootloader.resetType'", has_disks ? "disks" : "resetPartitionsUuidsType"),
        "add: os: {bootloader: {resetType: hard-reset}}");
  }
  for (const auto* key : {"bootType", "filesystems"}) {
    const View view = storage.at(key);
    if (view.given() && !has_disks) reading.rule(view, fmt::format("'storage.{}' needs 'storage.disks'", key));
  }
}

}  // namespace

std::optional<Storage> read_storage(const View& root, const Reading& reading) {
  const View view = root.at("storage");
  if (!view.given()) return std::nullopt;
  check_company(root, view, reading);
  const auto disks = view.at("disks").items();
  if (disks.empty()) return std::nullopt;
  Storage storage;
  storage.boot_type = view.at("bootType").text_or("efi") == "legacy" ? BootType::Legacy : BootType::Efi;
  storage.disk = read_disk(disks.front(), reading);
  check_ids(disks.front(), view.at("verity"), reading);
  for (const auto& filesystem : view.at("filesystems").items(kMostPartitions))
    storage.filesystems.push_back(read_filesystem(filesystem));
  check_filesystems(storage, view, reading);
  const View filesystems = view.at("filesystems");
  const auto is_root = [](const Filesystem& f) { return f.mount_point == "/"; };
  if (root.at("distribution").given() &&
      std::none_of(storage.filesystems.begin(), storage.filesystems.end(), is_root)) {
    reading.rule(filesystems, "no file system is mounted at '/'", "give the root's file system 'mountPoint: /'");
  }
  return storage;
}

}  // namespace keelson::recipe
