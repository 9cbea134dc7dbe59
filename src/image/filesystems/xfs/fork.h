/// Puts a fork of an XFS inode (a file's content, a folder's names, a file's attributes) on the disk, and writes down
/// where it is: a list of extents within the inode, or a B+tree whose root is there.
/// Spec: "XFS Algorithms & Data Structures", 3rd edition, "Data Extents".
#pragma once

#include <cstdint>
#include <vector>

#include "image/filesystems/xfs/space.h"

namespace keelson::image {

enum class XfsForkFormat : std::uint8_t { Device = 0, Local = 1, Extents = 2, Tree = 3 };

/// What the inode has to know of a fork.
struct XfsFork {
  XfsForkFormat format = XfsForkFormat::Extents;
  Bytes bytes;
  std::uint64_t extents = 0;
  std::uint64_t blocks = 0;  ///< on the disk, with those of the tree
};

/// Writes the content's blocks, from `group` on. @param owner the inode. @return where they are.
std::vector<XfsExtent> store_fork_blocks(XfsTarget& target, std::uint32_t group, std::uint64_t owner,
                                         const std::vector<XfsForkContent::Block>& blocks);

/// @param room bytes within the inode, at least kXfsLeastFork. Makes a tree if the list needs more.
XfsFork map_extents(XfsTarget& target, std::uint32_t group, std::uint64_t owner, const std::vector<XfsExtent>& extents,
                    std::size_t room);

/// Room for three extents, or the root of a tree: the kernel never leaves less.
inline constexpr std::size_t kXfsLeastFork = 56;

/// Blocks of the tree for so many extents, if the inode has only kXfsLeastFork.
std::uint64_t map_tree_blocks(std::uint64_t extents);

}  // namespace keelson::image
