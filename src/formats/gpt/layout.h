/// What a partition table must keep to on a disk of a given size: nothing overlaps, everything is inside.
/// Spec: UEFI 2.10, sections 5.3.1 "GPT overview" to 5.3.3.
#pragma once

#include <cstddef>
#include <span>

#include "base/units.h"
#include "formats/gpt/entry.h"
#include "formats/gpt/header.h"

namespace keelson::gpt {

struct Geometry {
  ByteCount size;                ///< of the whole disk
  std::size_t block_size = 512;  ///< 512 or 4096

  Lba last_lba() const { return {size.value / block_size - 1}; }
};

/// @throws Error(BadInput) unless the block size is known, the disk is whole blocks, and it could hold a GPT at all.
void check_geometry(const Geometry& geometry);

/// How many blocks the partition entries of this header take.
std::uint64_t entry_blocks(const Header& header, const Geometry& geometry);

/// Checks one copy of the table, primary or backup, against the disk: the header's own place, its entries' place, the
/// usable range, and every partition: inside the usable range, none overlapping, no UUID twice.
/// A backup that is not in the disk's last block is refused as well: of a disk that was enlarged, give the old size.
/// @throws Error(BadInput) naming the partition's number (slot + 1) and the rule broken.
void check_layout(const Header& header, std::span<const Entry> entries, const Geometry& geometry);

/// Checks that two headers are the two copies of one table. Both must have passed check_layout(); their entries are
/// equal because both prove the same CRC. @throws Error(BadInput) naming the field that differs.
void check_backup(const Header& primary, const Header& backup);

}  // namespace keelson::gpt
