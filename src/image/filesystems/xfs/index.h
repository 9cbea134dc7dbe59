/// The index by hash that large folders and attributes have in XFS: leaves in order of their hashes, nodes above them.
/// Spec: "XFS Algorithms & Data Structures", 3rd edition, "Variable Length Record B+trees".
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "image/filesystems/xfs/block.h"

namespace keelson::image {

inline constexpr std::size_t kXfsIndexHeader = 64;  ///< of a node, and of a leaf of a folder

/// The hash of a name, of a folder's entry or of an attribute without its namespace.
std::uint32_t xfs_name_hash(std::string_view name);

/// The part of a header that leaves and nodes share: neighbours (block numbers within the fork, 0 for none) and kind.
void set_index_header(XfsBlock& block, std::uint16_t magic, std::uint64_t next, std::uint64_t previous);

struct XfsIndexChild {
  std::uint32_t last_hash = 0;
  std::uint64_t block = 0;
};

/// Appends nodes above the leaves, which are two at least. The root goes to `root`, the others from `next` on.
/// Returns the first block after them.
std::uint64_t add_index_nodes(std::vector<XfsForkContent::Block>& blocks, std::vector<XfsIndexChild> children,
                              std::uint64_t root, std::uint64_t next);

/// How many nodes add_index_nodes() makes beside the root.
std::uint64_t index_nodes_below_root(std::uint64_t leaves);

/// Divides `count` things into as few parts of at most `most` as there can be, of nearly equal size: no part of several
/// is less than half full, as B+trees must be. Returns the end of each part; nothing for no things.
std::vector<std::size_t> split_evenly(std::size_t count, std::size_t most, std::size_t least_parts = 1);

}  // namespace keelson::image
