/// Where a file's content lies: extent trees and the older block maps, both as one sorted list.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "formats/ext4/volume.h"

namespace keelson::ext4 {

struct Extent {
  std::uint64_t logical = 0;   ///< first block within the file
  std::uint64_t physical = 0;  ///< first block of the file system
  std::uint64_t count = 0;     ///< blocks; never 0

  std::uint64_t end() const { return logical + count; }
  bool operator==(const Extent&) const = default;
};

/// Rising and not overlapping within the file; what lies between reads as zeros. Extents that were given out but never
/// written ("unwritten") are left out, because they read as zeros too.
using FileMap = std::vector<Extent>;

/// Blocks beyond the file's size are left out. Its length is at most the number of the file system's blocks.
/// Not for inodes with inline data. @throws Error(BadInput)
FileMap read_file_map(const Volume& volume, const Inode& inode);

/// @throws Error(BadInput) if two extents hold the same block: then a small disk could claim an endless content.
void check_no_block_twice(const FileMap& map, const Inode& inode);

/// Fills `to` from `offset` of the content.
void read_content(const Volume& volume, const FileMap& map, std::uint64_t offset, std::span<std::byte> to);

/// The first data at or after `offset` of a file of `size` bytes; neighbouring extents count as one range.
std::optional<BlockRange> find_data(const FileMap& map, std::uint32_t block_size, std::uint64_t size,
                                    std::uint64_t offset);

}  // namespace keelson::ext4
