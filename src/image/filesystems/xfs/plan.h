/// What the writer and xfs_size_for() must agree on: how many blocks a tree needs, and which inode every file gets.
#pragma once

#include <cstdint>
#include <vector>

#include "image/filesystems/tree.h"
#include "image/filesystems/xfs/block.h"
#include "image/filesystems/xfs/geometry.h"
#include "image/filesystems/xfs/groups.h"

namespace keelson::image {

/// Every entry's own entries, by index into the tree; nothing for what is no folder.
using XfsChildren = std::vector<std::vector<std::uint32_t>>;

/// Blocks that a tree takes at most, without its inodes.
struct XfsNeed {
  std::vector<std::uint64_t> blocks;  ///< of each entry; second names have none
  std::uint64_t total = 0;
  std::uint64_t inodes = 0;
  bool has_attributes = false;

  /// Blocks that are missing to have the tree and `extra` more in a file system of this geometry; 0 if it fits.
  std::uint64_t missing(const XfsGeometry& geometry, std::uint64_t extra) const;
};

struct XfsPlan {
  std::vector<std::uint64_t> inodes;   ///< the inode of each entry; second names share
  std::vector<XfsGroupInodes> groups;  ///< those in use in each group
};

XfsChildren xfs_children(const Tree& tree);

/// @throws Error(BadInput) for what XFS can't hold: a long target of a symlink, a large device number, an attribute.
XfsNeed needed_xfs(const Tree& tree, const XfsChildren& children);

/// Cuts the tree, in its order, into a piece for each group, as large as the group's share of the room: so a folder's
/// files lie near each other, and every group keeps free space. For a tree that fits.
XfsPlan plan_xfs(const Tree& tree, const XfsNeed& need, const XfsGeometry& geometry);

/// The bytes of a folder. `inodes` may be empty: then all numbers are 0, but the size is right.
/// @param room bytes that it may have within its inode.
XfsForkContent xfs_folder_content(const Tree& tree, const XfsChildren& children, std::size_t folder,
                                  const std::vector<std::uint64_t>& inodes, std::size_t room);

}  // namespace keelson::image
