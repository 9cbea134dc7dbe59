#include "image/filesystems/btrfs/extent_tree.h"

#include <algorithm>

namespace keelson::image::btrfs {

namespace {

constexpr std::uint64_t kIsData = 1;
constexpr std::uint64_t kIsNode = 2;
constexpr std::size_t kChecksumSize = 4;
/// As many as the kernel puts into one item: all but a whole leaf.
constexpr std::size_t kChecksumsPerItem = (kLeafRoom - 2 * kLeafItem) / kChecksumSize - 1;

void put_extent(ByteWriter& out, std::uint64_t flags) {
  out.u64le(1);  // references
  out.u64le(kGeneration);
  out.u64le(flags);
}

void add_node(TreeBuilder& builder, const PlacedNode& node) {
  ByteWriter out;
  put_extent(out, kIsNode);
  out.u8(kTreeBlockRef);
  out.u64le(node.owner);
  builder.add({node.address, kMetadataItem, node.level}, out.view());
}

void add_extent(TreeBuilder& builder, const ContentCopier::Placed& placed) {
  ByteWriter out;
  put_extent(out, kIsData);
  out.u8(kExtentDataRef);
  out.u64le(placed.id.subvolume);
  out.u64le(placed.id.inode);
  out.u64le(placed.extent.position);
  out.u32le(1);
  builder.add({placed.extent.address, kExtentItem, placed.extent.length}, out.view());
}

void add_group(TreeBuilder& builder, const Chunk& chunk) {
  ByteWriter out;
  out.u64le(chunk.used);
  out.u64le(kChunkObject);
  out.u64le(chunk.flags);
  builder.add({chunk.start, kBlockGroupItem, chunk.length}, out.view());
}

}  // namespace

/// What begins where a chunk does stands before the chunk's own item, because of its type's number.
TreeRoot write_extent_tree(const Usage& usage, NodeSink& sink) {
  TreeBuilder builder(kExtentTree, sink);
  auto node = usage.nodes.begin();
  auto extent = usage.extents.begin();
  for (const Chunk& chunk : usage.chunks) {
    const std::uint64_t end = chunk.start + chunk.length;
    bool grouped = false;
    const auto add_group_after = [&](std::uint64_t address) {
      if (!grouped && address > chunk.start) {
        add_group(builder, chunk);
        grouped = true;
      }
    };
    for (; node != usage.nodes.end() && node->address < end; ++node) {
      add_group_after(node->address);
      add_node(builder, *node);
    }
    for (; extent != usage.extents.end() && extent->extent.address < end; ++extent) {
      add_group_after(extent->extent.address);
      add_extent(builder, *extent);
    }
    add_group_after(end);
  }
  return builder.finish();
}

TreeRoot write_checksum_tree(const std::vector<Chunk>& chunks, const std::vector<std::uint32_t>& checksums,
                             NodeSink& sink) {
  TreeBuilder builder(kChecksumTree, sink);
  std::size_t next = 0;
  for (const Chunk& chunk : chunks) {
    if ((chunk.flags & kGroupData) == 0) continue;
    const std::uint64_t end = chunk.start + chunk.used;
    for (std::uint64_t address = chunk.start; address < end;) {
      const std::size_t count = std::min<std::uint64_t>(kChecksumsPerItem, (end - address) / kSectorSize);
      ByteWriter item;
      for (std::size_t i = 0; i < count; ++i) item.u32le(checksums[next++]);
      builder.add({kChecksumObject, kExtentChecksum, address}, item.view());
      address += count * kSectorSize;
    }
  }
  return builder.finish();
}

std::uint64_t most_accounting_nodes(std::uint64_t nodes, std::uint64_t extents, std::uint64_t data_bytes) {
  constexpr std::uint64_t kNodeRecord = kLeafItem + 33;
  constexpr std::uint64_t kExtentRecord = kLeafItem + 53;
  constexpr std::uint64_t kPerLeaf = kLeafRoom - kExtentRecord;
  constexpr std::uint64_t kFew = 64;  // nodes of the small trees, and of levels that are hardly filled
  // Groups break items of checksums, and are at least so large unless there are only a few.
  const std::uint64_t checksums = data_bytes / (kChecksumsPerItem * kSectorSize) + (data_bytes >> 26) + kFew;
  std::uint64_t all = nodes + checksums + checksums / 256;
  const std::uint64_t leaves = (all * kNodeRecord + extents * kExtentRecord) / kPerLeaf + 1;
  // The tree describes itself: a leaf is described by less than a hundredth of one; parents are few.
  const std::uint64_t extent_nodes = leaves + leaves / 64 + kFew;
  return checksums + checksums / 256 + extent_nodes;
}

}  // namespace keelson::image::btrfs
