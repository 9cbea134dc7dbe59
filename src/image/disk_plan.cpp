#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "formats/gpt/entry.h"
#include "formats/gpt/types.h"
#include "image/disk.h"

namespace keelson::image {

namespace {

// What one copy of GPT takes at either end: MBR or nothing, header, 128 entries of 128 bytes.
constexpr ByteCount kBackupTable{33 * 512};

[[noreturn]] void refuse(const recipe::Partition& partition, std::string_view why, std::string hint = {}) {
  throw Error(ErrorKind::BadInput, fmt::format("cannot lay out partition '{}': {}", partition.id, why),
              std::move(hint));
}

bool is_aligned(ByteCount count) { return count.value % kAlignment.value == 0; }

Uuid derive(const Sha256& seed, std::string_view purpose, std::string_view id) {
  return uuid_from_digest(sha256(fmt::format("{}\n{}\n{}\n", seed.hex(), purpose, id)));
}

Uuid require_type(const recipe::Partition& partition, const std::string& architecture) {
  if (const auto known = gpt::find_type(partition.type, architecture)) return *known;
  try {
    return parse_uuid(partition.type);
  } catch (const Error&) {
    const auto names = gpt::type_names();
    const bool named = std::find(names.begin(), names.end(), partition.type) != names.end();
    if (named)
      refuse(partition, fmt::format("type '{}' is not defined for architecture '{}'", partition.type, architecture));
    const std::string guess = did_you_mean(partition.type, names);
    refuse(partition, fmt::format("no partition type '{}'", partition.type),
           guess.empty() ? fmt::format("types are {}, or a UUID", join_words(names, "or")) : guess);
  }
}

// Walks along the disk and hands out places.
class Layout {
 public:
  Layout(const recipe::Disk& disk, const PlanInputs& inputs) : disk_(disk), inputs_(inputs) {
    if (!disk.max_size) return;
    if (!is_aligned(*disk.max_size) || *disk.max_size < mebibytes(3)) {
      throw Error(
          ErrorKind::BadInput,
          fmt::format("cannot lay out disk: its size of {} bytes is not a multiple of 1 MiB, or less than 3 MiB",
                      disk.max_size->value));
    }
    // The backup table takes the last blocks, and alignment the rest of the last MiB.
    end_ = *disk.max_size - kAlignment;
  }

  // Sets offset and size.
  void place(const recipe::Partition& partition, bool is_last, PartitionPlan& plan) {
    plan.offset = partition.start.value_or(next_);
    if (!is_aligned(plan.offset)) refuse(partition, "it does not begin at a multiple of 1 MiB");
    if (plan.offset < next_) {
      refuse(partition, fmt::format("it begins at {}, where the disk is taken up to {}", human_size(plan.offset),
                                    human_size(next_)));
    }
    plan.size = size_of(partition, is_last, plan.offset);
    if (plan.size.value == 0 || !is_aligned(plan.size)) refuse(partition, "its size is not a multiple of 1 MiB");
    check_content(partition, plan.size);
    // Written so that no sum can overflow.
    if (end_ && (plan.offset > *end_ || plan.size > *end_ - plan.offset)) refuse_end(partition, plan);
    if (plan.size > kLargest || plan.offset > kLargest) refuse(partition, "it reaches beyond what a file can hold");
    next_ = plan.offset + plan.size;
  }

  ByteCount disk_size() const { return disk_.max_size.value_or(align_up(next_ + kBackupTable, kAlignment)); }

 private:
  static constexpr ByteCount kLargest{std::uint64_t{1} << 61};

  ByteCount size_of(const recipe::Partition& partition, bool is_last, ByteCount offset) const {
    if (partition.size) return *partition.size;
    if (partition.end) {
      if (*partition.end <= offset) refuse(partition, "it ends before it begins");
      return *partition.end - offset;
    }
    if (is_last && end_) {
      if (offset >= *end_) refuse(partition, "no room is left for it", "make the disk's maxSize larger");
      return *end_ - offset;
    }
    const auto needed = inputs_.needed.find(partition.id);
    if (needed == inputs_.needed.end())
      refuse(partition, "it has no size, and nothing says how much its content needs", "give it a size");
    return align_up(std::max(needed->second, kAlignment), kAlignment);
  }

  void check_content(const recipe::Partition& partition, ByteCount size) const {
    const auto needed = inputs_.needed.find(partition.id);
    if (needed == inputs_.needed.end() || size >= needed->second) return;
    refuse(partition,
           fmt::format("it is {} large, and its content needs {}", human_size(size),
                       human_size(align_up(needed->second, kAlignment))),
           disk_.max_size ? "give it a larger size, or the disk a larger maxSize"
                          : "give it a larger size, or none to have it as small as fits");
  }

  [[noreturn]] void refuse_end(const recipe::Partition& partition, const PartitionPlan& plan) const {
    refuse(partition,
           fmt::format("it would take {} from {} on, and the disk of {} ends for partitions at {}",
                       human_size(plan.size), human_size(plan.offset), human_size(*disk_.max_size), human_size(*end_)),
           "make the disk's maxSize larger; the partition table needs its last MiB");
  }

  const recipe::Disk& disk_;
  const PlanInputs& inputs_;
  ByteCount next_ = kAlignment;   // where the next partition may begin
  std::optional<ByteCount> end_;  // where partitions must end, if the disk's size is given
};

void add_filesystem(const recipe::Storage& storage, PartitionPlan& plan) {
  for (const auto& filesystem : storage.filesystems) {
    if (storage.partition_of(filesystem) != plan.id) continue;
    plan.filesystem = filesystem.type;
    plan.mount_point = filesystem.mount_point;
  }
}

}  // namespace

const PartitionPlan& DiskPlan::partition(const std::string& id) const {
  for (const auto& partition : partitions) {
    if (partition.id == id) return partition;
  }
  throw Error(ErrorKind::Internal, fmt::format("cannot find partition '{}': the plan has none of that id", id));
}

Uuid partition_uuid(const Sha256& seed, const std::string& id) { return derive(seed, "partition", id); }

recipe::Storage default_storage(const std::string& root_filesystem) {
  recipe::Storage storage;
  storage.disk.partitions = {{.id = "esp", .label = "esp", .type = "esp", .grow = true},
                             {.id = "root", .label = "root", .type = "root", .grow = true}};
  storage.filesystems = {
      {.device_id = "esp", .type = "vfat", .mount_point = "/boot/efi", .mount_options = "umask=0077"},
      {.device_id = "root", .type = root_filesystem, .mount_point = "/"}};
  return storage;
}

DiskPlan plan_disk(const recipe::Storage& storage, const PlanInputs& inputs) {
  const auto& wanted = storage.disk.partitions;
  if (wanted.empty()) throw Error(ErrorKind::BadInput, "cannot lay out disk: it has no partitions");
  if (wanted.size() > gpt::kUsualEntries) {
    throw Error(ErrorKind::BadInput,
                fmt::format("cannot lay out disk: {} partitions are more than {}", wanted.size(), gpt::kUsualEntries));
  }
  DiskPlan plan{.size = {}, .disk_uuid = derive(inputs.seed, "disk", ""), .partitions = {}};
  Layout layout(storage.disk, inputs);
  std::set<std::string> ids;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const recipe::Partition& partition = wanted[i];
    if (!ids.insert(partition.id).second) refuse(partition, "another partition has the same id");
    if (!gpt::fits_label(partition.label)) refuse(partition, "its label is not UTF-8 of at most 36 UTF-16 units");
    PartitionPlan placed{.id = partition.id,
                         .label = partition.label,
                         .type = partition.type,
                         .type_uuid = require_type(partition, inputs.architecture),
                         .uuid = partition_uuid(inputs.seed, partition.id)};
    layout.place(partition, i + 1 == wanted.size(), placed);
    add_filesystem(storage, placed);
    plan.partitions.push_back(std::move(placed));
  }
  plan.size = layout.disk_size();
  return plan;
}

}  // namespace keelson::image
