/// Reads an MBR partition table: four primary partitions, one of which may be a chain of logical ones.
/// Spec: UEFI 2.10, section 5.2.1, "Legacy Master Boot Record"; the chain as Linux reads it (block/partitions/msdos.c).
#pragma once

#include <cstdint>
#include <vector>

#include "base/block_source.h"

namespace keelson::mbr {

inline constexpr std::uint64_t kSector = 512;
inline constexpr std::size_t kMostLogical = 128;

struct Partition {
  std::uint32_t number = 0;  ///< 1 to 4, or from 5 on a logical one: as Linux numbers them
  std::uint8_t type = 0;     ///< 0x83, 0xef
  bool is_active = false;    ///< what a BIOS boots
  BlockRange range;          ///< bytes of the disk

  bool operator==(const Partition&) const = default;
};

struct Table {
  std::uint32_t identifier = 0;       ///< of the disk; PARTUUID is this and the partition's number
  std::vector<Partition> partitions;  ///< by number; without the extended one, which only holds others

  bool operator==(const Table&) const = default;
};

/// Whether the first sector is a partition table and not just a boot sector, as of a FAT: its signature, four records
/// of which each is active or not and nothing else, and at least one in use that does not begin at sector 0. A
/// protective MBR is none: its disk has a GPT.
bool looks_like_mbr(const BlockSource& disk);

/// Whether a record says that the disk has a GPT (type 0xee).
bool is_protective(const BlockSource& disk);

/// @throws Error(BadInput) naming the partition and the rule broken.
Table read_table(const BlockSource& disk);

}  // namespace keelson::mbr
