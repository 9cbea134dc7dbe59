/// The B+trees by which a group of XFS finds its inodes: all chunks, and those that have a free place.
/// Spec: "XFS Algorithms & Data Structures", 3rd edition, "AG Inode Management".
#pragma once

#include <cstdint>
#include <vector>

#include "image/filesystems/xfs/space.h"

namespace keelson::image {

inline constexpr std::uint32_t kXfsInodeTreeMagic = 0x49414233;      // "IAB3"
inline constexpr std::uint32_t kXfsFreeInodeTreeMagic = 0x46494233;  // "FIB3"
inline constexpr std::size_t kXfsGroupTreeHeader = 56;

struct XfsChunk {
  std::uint32_t first = 0;  ///< inode number within the group
  std::uint32_t used = 0;   ///< from the first one on
};

/// A block of one of a group's trees, its header filled in; neighbours are blocks of the group, ~0 for none.
XfsBlock make_group_tree_block(std::uint32_t magic, std::uint16_t level, std::size_t records,
                               std::uint32_t left = 0xffffffff, std::uint32_t right = 0xffffffff);

/// Blocks of a tree of so many chunks, beside its root.
std::uint32_t inode_tree_blocks(std::size_t chunks);

/// Writes the tree, its root at block `root` of the group, the others from `next` on. Returns the number of levels.
std::uint32_t write_inode_tree(const XfsTarget& target, std::uint32_t group, std::uint32_t magic,
                               const std::vector<XfsChunk>& chunks, std::uint32_t root, std::uint32_t next);

}  // namespace keelson::image
