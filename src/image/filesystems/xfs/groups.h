/// What every allocation group of XFS says of itself: its free blocks, its inodes, a copy of the superblock; and the
/// log. Spec: "XFS Algorithms & Data Structures", 3rd edition, "Allocation Groups" and "Journaling Log".
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "image/filesystems/xfs/space.h"

namespace keelson::image {

/// The inodes of one group: chunks from its start on, used in order without gaps.
struct XfsGroupInodes {
  std::uint32_t used = 0;

  std::uint32_t chunks() const { return (used + kXfsChunkInodes - 1) / kXfsChunkInodes; }
  std::uint32_t places() const { return chunks() * kXfsChunkInodes; }
  /// Blocks of the tree that lists the chunks, beside its root.
  std::uint32_t tree_blocks() const;
};

struct XfsIdentity {
  std::string label;
  Uuid uuid;
  bool has_attributes = false;  ///< any file
};

/// Writes the headers of all groups, the superblocks and an empty log. Last: the blocks that the tree took are known.
/// @param inodes one for each group. @param tree_start the first block of the tree of its chunks, if it has any.
void write_xfs_groups(const XfsTarget& target, const std::vector<XfsGroupInodes>& inodes,
                      const std::vector<std::uint32_t>& tree_start, const XfsIdentity& identity);

}  // namespace keelson::image
