/// The trees that account for space: which extents and nodes there are and whose they are, and the checksums of data.
#pragma once

#include <vector>

#include "image/filesystems/btrfs/content.h"
#include "image/filesystems/btrfs/device.h"
#include "image/filesystems/btrfs/layout.h"
#include "image/filesystems/btrfs/tree.h"

namespace keelson::image::btrfs {

/// Every use of space. All lists are by rising address.
struct Usage {
  std::vector<Chunk> chunks;
  const std::vector<PlacedNode>& nodes;
  const std::vector<ContentCopier::Placed>& extents;
};

TreeRoot write_extent_tree(const Usage& usage, NodeSink& sink);

/// @param checksums of all sectors that the data chunks use, in their order.
TreeRoot write_checksum_tree(const std::vector<Chunk>& chunks, const std::vector<std::uint32_t>& checksums,
                             NodeSink& sink);

/// Nodes that both take at most.
std::uint64_t most_accounting_nodes(std::uint64_t nodes, std::uint64_t extents, std::uint64_t data_bytes);

}  // namespace keelson::image::btrfs
