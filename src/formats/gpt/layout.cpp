#include "formats/gpt/layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/error.h"

namespace keelson::gpt {

namespace {

constexpr Lba kPrimary{1};
constexpr std::uint64_t kMostBlocks = std::uint64_t{1} << 54;  // 2^63 bytes of 512: what file offsets can name

[[noreturn]] void refuse(std::string_view why) {
  throw Error(ErrorKind::BadInput, fmt::format("cannot use 'GPT': {}", why));
}

// The blocks between the first and the last usable one belong to partitions, those around them to the two copies.
void check_places(const Header& header, const Geometry& geometry) {
  const Lba last = geometry.last_lba();
  const bool primary = header.my_lba == kPrimary;
  if (!primary && header.my_lba != last)
    refuse(fmt::format("its header at block {} is neither the first nor the last", header.my_lba.value));
  if (header.alternate_lba != (primary ? last : kPrimary)) {
    refuse(fmt::format("its other copy is said to be at block {}, not at {}", header.alternate_lba.value,
                       (primary ? last : kPrimary).value));
  }
  const std::uint64_t blocks = entry_blocks(header, geometry);
  if (header.first_usable > header.last_usable) refuse("its usable range is empty");
  if (header.first_usable.value < 2 + blocks) refuse("its usable range begins within the table itself");
  // No overflow: last_usable < last is asked first, and blocks is bounded by the header's own limits.
  if (header.last_usable >= last || header.last_usable.value + blocks >= last.value)
    refuse("its usable range ends within the backup table");
  const Lba lowest = primary ? Lba{2} : Lba{header.last_usable.value + 1};
  const Lba end = primary ? header.first_usable : header.my_lba;  // exclusive
  if (header.entries_lba < lowest || header.entries_lba >= end || end.value - header.entries_lba.value < blocks) {
    refuse(fmt::format("its entries at block {} lie outside the table's own blocks", header.entries_lba.value));
  }
}

void check_overlap(std::span<const Entry> entries) {
  std::vector<const Entry*> by_place;
  for (const Entry& entry : entries) by_place.push_back(&entry);
  std::sort(by_place.begin(), by_place.end(), [](const Entry* a, const Entry* b) { return a->first < b->first; });
  for (std::size_t i = 1; i < by_place.size(); ++i) {
    if (by_place[i]->first <= by_place[i - 1]->last) {
      refuse(fmt::format("partitions {} and {} overlap", by_place[i - 1]->slot + 1, by_place[i]->slot + 1));
    }
  }
}

void check_uuids(std::span<const Entry> entries) {
  std::vector<const Entry*> by_uuid;
  for (const Entry& entry : entries) by_uuid.push_back(&entry);
  std::sort(by_uuid.begin(), by_uuid.end(), [](const Entry* a, const Entry* b) { return a->uuid < b->uuid; });
  for (std::size_t i = 0; i < by_uuid.size(); ++i) {
    if (by_uuid[i]->uuid == Uuid{}) refuse(fmt::format("partition {} has no UUID", by_uuid[i]->slot + 1));
    if (i > 0 && by_uuid[i]->uuid == by_uuid[i - 1]->uuid) {
      refuse(fmt::format("partitions {} and {} have the same UUID", by_uuid[i - 1]->slot + 1, by_uuid[i]->slot + 1));
    }
  }
}

}  // namespace

void check_geometry(const Geometry& geometry) {
  if (!is_block_size(geometry.block_size))
    refuse(fmt::format("a block size of {} is neither 512 nor 4096", geometry.block_size));
  if (geometry.size.value % geometry.block_size != 0) refuse("the disk is not a whole number of blocks");
  const std::uint64_t blocks = geometry.size.value / geometry.block_size;
  // Protective MBR, two headers, two times one block of entries, one usable block.
  if (blocks < 6) refuse(fmt::format("a disk of {} blocks is too small", blocks));
  if (blocks > kMostBlocks) refuse(fmt::format("a disk of {} blocks is too large", blocks));
}

std::uint64_t entry_blocks(const Header& header, const Geometry& geometry) {
  return (entries_size(header).value + geometry.block_size - 1) / geometry.block_size;
}

void check_layout(const Header& header, std::span<const Entry> entries, const Geometry& geometry) {
  check_geometry(geometry);
  check_places(header, geometry);
  for (const Entry& entry : entries) {
    if (entry.first > entry.last) refuse(fmt::format("partition {} ends before it begins", entry.slot + 1));
    if (entry.first < header.first_usable || entry.last > header.last_usable) {
      refuse(fmt::format("partition {} (blocks {} to {}) lies outside the usable blocks {} to {}", entry.slot + 1,
                         entry.first.value, entry.last.value, header.first_usable.value, header.last_usable.value));
    }
  }
  check_overlap(entries);
  check_uuids(entries);
}

void check_backup(const Header& primary, const Header& backup) {
  const auto same = [](bool equal, std::string_view what) {
    if (!equal) refuse(fmt::format("its backup differs in {}", what));
  };
  same(backup.my_lba == primary.alternate_lba && backup.alternate_lba == primary.my_lba, "where the two copies are");
  same(backup.first_usable == primary.first_usable && backup.last_usable == primary.last_usable, "the usable blocks");
  same(backup.disk_uuid == primary.disk_uuid, "the disk's UUID");
  same(backup.entry_count == primary.entry_count && backup.entry_size == primary.entry_size,
       "the number or size of entries");
  same(backup.entries_crc32 == primary.entries_crc32, "the partition entries");
}

}  // namespace keelson::gpt
