/// How an XFS file system of a given size is divided: groups of blocks, the log, and what each group keeps for itself.
/// The same division as mkfs.xfs makes on a single disk. Spec: "XFS Algorithms & Data Structures", 3rd edition,
/// "Allocation Groups".
#pragma once

#include <cstdint>

#include "base/units.h"

namespace keelson::image {

inline constexpr std::uint32_t kXfsBlockSize = 4096;
inline constexpr std::uint32_t kXfsSector = 512;
inline constexpr std::uint32_t kXfsInodeSize = 512;
inline constexpr std::uint32_t kXfsInodesPerBlock = kXfsBlockSize / kXfsInodeSize;
inline constexpr std::uint32_t kXfsChunkInodes = 64;  ///< inodes are given out in chunks of so many
inline constexpr std::uint32_t kXfsChunkBlocks = kXfsChunkInodes / kXfsInodesPerBlock;

/// mkfs.xfs makes nothing smaller since version 6.0, and xfs_repair warns of it.
inline constexpr ByteCount kXfsSmallest = mebibytes(300);

/// Where the parts of a group are, by block within it. Four sectors of block 0 are its headers.
struct XfsGroupBlocks {
  static constexpr std::uint32_t kFreeByPlace = 1;
  static constexpr std::uint32_t kFreeBySize = 2;
  static constexpr std::uint32_t kInodes = 3;
  static constexpr std::uint32_t kFreeInodes = 4;
  static constexpr std::uint32_t kShared = 5;
  static constexpr std::uint32_t kFreeList = 6;
  static constexpr std::uint32_t kFreeListCount = 4;  ///< as many as mkfs.xfs puts there
  static constexpr std::uint32_t kFixedEnd = 10;
  static constexpr std::uint32_t kFirst = 16;  ///< where repair tools look for the root inode: the first aligned chunk
};

struct XfsGeometry {
  std::uint64_t blocks = 0;
  std::uint32_t group_blocks = 0;  ///< of each group but the last, which may have fewer
  std::uint32_t groups = 0;
  unsigned group_bits = 0;  ///< of a block's number within its group
  std::uint32_t log_blocks = 0;

  std::uint32_t log_group() const { return groups / 2; }
  std::uint32_t length(std::uint32_t group) const;
  /// The first block that the tree may use; aligned for inodes.
  std::uint32_t start(std::uint32_t group) const;
  /// The tree stays below this block. What is left is what the kernel sets aside in each group, at worst, for the trees
  /// of shared blocks and of free inodes (about a 144th); without it, it warns at mount and may run out of space.
  std::uint32_t limit(std::uint32_t group) const;
  /// Blocks for trees, from start() to limit().
  std::uint64_t room() const;

  std::uint64_t linear(std::uint32_t group, std::uint32_t block) const {
    return std::uint64_t{group} * group_blocks + block;
  }
  /// A block from the file system's start, as the disk has it: group, then block within it.
  std::uint64_t stored(std::uint64_t linear) const {
    return linear / group_blocks << group_bits | linear % group_blocks;
  }
  /// The number of the inode `slot` places after the first of a group's first chunk.
  std::uint64_t inode(std::uint32_t group, std::uint64_t slot) const {
    return stored(linear(group, start(group))) * kXfsInodesPerBlock + slot;
  }
  /// Groups whose inode numbers fit in 31 bits, so that small folders need only four bytes for each: below 1 TiB all.
  std::uint32_t inode_groups() const;
  unsigned inode_percent() const;  ///< of all blocks that may become inodes
};

/// @param size at least kXfsSmallest; a rest of less than a block stays unused.
XfsGeometry xfs_geometry(ByteCount size);

}  // namespace keelson::image
