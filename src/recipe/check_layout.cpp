// Where partitions begin and end on their disk.
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

/// Follows the partitions over the disk.
class Layout {
 public:
  Layout(const Disk& disk, const View& view, bool fits, const Reading& reading)
      : disk_(disk), view_(view), fits_(fits), reading_(reading) {}

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
    if (partition.type == "bios-grub" && start != mebibytes(1)) {
      reading_.rule(view.at(partition.start ? "start" : "id"),
                    fmt::format("the 'bios-grub' partition {} must start at 1M", quote(partition.id)),
                    "make it the first partition");
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
    if (disk_.partitions.empty()) return;
    if (!disk_.max_size && disk_.partitions.back().grow && !fits_) {
      reading_.rule(view_, fmt::format("'{}' needs 'maxSize', or its last partition a size", view_.path()),
                    "a partition grows to the end of its disk");
    }
    if (!disk_.max_size) return;
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
  bool fits_;
  const Reading& reading_;
  ByteCount end_ = kAlignment;  // of the partition before
  ByteCount minimum_ = kAlignment;
  std::string previous_;
};

}  // namespace

void check_layout(const Disk& disk, const View& disk_view, bool fits, const Reading& reading) {
  check_alignment(disk_view.at("maxSize"), reading);
  for (const auto& partition : disk_view.at("partitions").items(kMostPartitions)) {
    for (const auto* key : {"start", "end", "size"}) check_alignment(partition.at(key), reading);
  }
  Layout(disk, disk_view, fits, reading).check();
}

void check_ids(const View& storage, const Reading& reading) {
  std::set<std::string> ids;
  const auto check = [&](const View& id) {
    const auto text = id.text();
    if (text && !ids.insert(*text).second) reading.rule(id, fmt::format("id {} is given twice", quote(*text)));
  };
  for (const auto& disk : storage.at("disks").items(1)) {
    for (const auto& partition : disk.at("partitions").items(kMostPartitions)) check(partition.at("id"));
  }
  for (const auto& device : storage.at("verity").items(kMostPartitions)) check(device.at("id"));
}

}  // namespace keelson::recipe
