/// A whole partition table: protective MBR, primary copy and backup copy as one value.
/// Spec: UEFI 2.10, section 5.3.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "base/bytes.h"
#include "formats/gpt/entry.h"
#include "formats/gpt/header.h"
#include "formats/gpt/layout.h"

namespace keelson::gpt {

struct Table {
  Header header;  ///< the primary copy's
  std::vector<Entry> entries;

  bool operator==(const Table&) const = default;
};

/// Bytes for one place on the disk.
struct Extent {
  std::uint64_t offset = 0;
  Bytes bytes;
};

/// Gives `size` bytes at byte `offset` of the disk; asked only within the disk's size, at most 4 MiB at once.
using ReadAt = std::function<Bytes(std::uint64_t offset, std::size_t size)>;

/// Reads and checks everything: MBR, both headers, both arrays, the layout, and that the copies agree.
/// A disk may be larger than its table says (it was enlarged after it was partitioned): then the table is checked
/// against the disk as it was, the backup where the primary header says it is. A smaller disk is refused.
/// @throws Error(BadInput), with a context line that names the copy; the hint of a broken primary copy says whether the
/// backup is good. Which one to trust then is not decided here.
Table read_table(const ReadAt& read_at, const Geometry& geometry);

/// Whether the backup stands in the disk's last block, where firmware looks for it.
bool ends_with_disk(const Table& table, const Geometry& geometry);

/// The same table for a disk of this size, which may be larger than the one that it was read from: the backup's place
/// and the usable blocks reach to the disk's end. What `sgdisk -e` does. @throws Error(BadInput) if it does not fit.
Table extend_to_end(Table table, const Geometry& geometry);

/// A table with 128 entries of 128 bytes, its header filled in; usable blocks begin at 1 MiB (as fdisk's do) or,
/// on a disk smaller than 4 MiB, right behind the table.
/// @throws Error(BadInput) as check_layout() when the entries do not fit the disk.
Table make_table(const Uuid& disk_uuid, std::vector<Entry> entries, const Geometry& geometry);

/// Everything that must be written, in order of offset: MBR and primary header, primary entries, then the backup.
std::vector<Extent> encode_table(const Table& table, const Geometry& geometry);

}  // namespace keelson::gpt
