/// What kind of disk a VHDX holds: size, blocks, sectors. Spec: [MS-VHDX] 2.6.
#pragma once

#include "base/block_source.h"
#include "base/uuid.h"

namespace keelson::vhdx {

inline constexpr ByteCount kLargestDisk = gibibytes(64 * 1024);  // 2.6.2.2
inline constexpr std::size_t kMetadataTableSize = 64 << 10;

struct Metadata {
  std::uint32_t block_size = 0;  ///< a power of two, 1 MiB to 256 MiB
  ByteCount size;                ///< of the disk; whole logical sectors
  Uuid disk_id;
  std::uint32_t logical_sector = 512;
  std::uint32_t physical_sector = 4096;

  /// How many blocks the disk has; the last may be partly outside.
  std::uint64_t blocks() const { return (size.value + block_size - 1) / block_size; }
  /// 2.5: after so many blocks' entries the block table has one for a sector bitmap.
  std::uint64_t chunk_ratio() const { return (std::uint64_t{logical_sector} << 23) / block_size; }
  /// Entries that the table needs.
  std::uint64_t table_entries() const { return blocks() == 0 ? 0 : blocks() + (blocks() - 1) / chunk_ratio(); }
  std::uint64_t entry_of_block(std::uint64_t block) const { return block + block / chunk_ratio(); }

  bool operator==(const Metadata&) const = default;
};

/// @throws Error(BadInput) if a rule is broken or an item is missing, for a required item that is not known, and for a
/// disk that is a difference to a parent.
Metadata read_metadata(const BlockSource& file, const BlockRange& region);
/// The table and, behind it, the items.
Bytes encode_metadata(const Metadata& metadata);

}  // namespace keelson::vhdx
