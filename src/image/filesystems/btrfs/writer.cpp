#include "image/filesystems/btrfs/writer.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "image/filesystems/btrfs/content.h"
#include "image/filesystems/btrfs/device_trees.h"
#include "image/filesystems/btrfs/extent_tree.h"
#include "image/filesystems/btrfs/root_trees.h"
#include "image/filesystems/btrfs/size.h"
#include "image/filesystems/btrfs/subvolume_tree.h"
#include "image/filesystems/partition_range.h"

namespace keelson::image {

namespace btrfs {
namespace {

/// Writes one file system; lives as long as one write_btrfs() call.
class BtrfsWriter {
 public:
  BtrfsWriter(const Tree& tree, const Plan& plan, const Needs& needs, const RootDir& root, int raw, ByteCount offset,
              ByteCount size, const BtrfsOptions& options)
      : tree_(tree),
        plan_(plan),
        options_(options),
        raw_(raw),
        offset_(offset.value),
        identity_{options.uuid, derived_uuid(options.seed, "device"), derived_uuid(options.seed, "chunk tree")},
        layout_(size.value, needs),
        content_(root, raw, offset.value, layout_),
        nodes_(raw, offset.value, identity_, layout_.metadata()),
        system_nodes_(raw, offset.value, identity_, layout_.system()) {}

  void write();

 private:
  void write_subvolumes();
  void write_small_trees();
  void write_accounts();
  void store_accounts(const std::vector<PlacedNode>& forecast, NodeSink& sink);

  const Tree& tree_;
  const Plan& plan_;
  const BtrfsOptions& options_;
  int raw_;
  std::uint64_t offset_;
  Identity identity_;
  Layout layout_;
  ContentCopier content_;
  NodeWriter nodes_;
  NodeWriter system_nodes_;
  std::vector<WrittenSubvolume> written_;
  std::map<std::uint64_t, TreeRoot> roots_;
  TreeRoot chunk_root_;
  TreeRoot root_;
};

void BtrfsWriter::write() {
  write_subvolumes();
  write_small_trees();
  write_accounts();
  write_superblocks(raw_, offset_, layout_, identity_, options_.label,
                    {.root = root_,
                     .chunk = chunk_root_,
                     .extent = roots_.at(kExtentTree),
                     .device = roots_.at(kDeviceTree),
                     .top_level = written_.front().root,
                     .checksum = roots_.at(kChecksumTree)});
}

void BtrfsWriter::write_subvolumes() {
  for (const PlannedSubvolume& subvolume : plan_) {
    const TreeRoot root = write_subvolume_tree(tree_, subvolume, options_.epoch, content_, nodes_);
    written_.push_back({root, derived_uuid(options_.seed, fmt::format("subvolume {}", subvolume.id)),
                        content_.bytes_of(subvolume.id)});
  }
  layout_.close();
}

void BtrfsWriter::write_small_trees() {
  roots_[kChecksumTree] = write_checksum_tree(layout_.chunks(), content_.checksums(), nodes_);
  roots_[kUuidTree] = build_tree(kUuidTree, uuid_tree(plan_, written_), nodes_);
  roots_[kDataRelocTree] = build_tree(kDataRelocTree, relocation_tree(options_.epoch), nodes_);
  roots_[kDeviceTree] = build_tree(kDeviceTree, device_tree(layout_, identity_), nodes_);
  if (has_quotas(options_.subvolumes))
    roots_[kQuotaTree] = build_tree(kQuotaTree, quota_tree(plan_, written_, options_.subvolumes), nodes_);
  chunk_root_ = build_tree(kChunkTree, chunk_tree(layout_, identity_), system_nodes_);
}

/// The trees that describe all nodes, their own among them. @param forecast where their own nodes will be.
void BtrfsWriter::store_accounts(const std::vector<PlacedNode>& forecast, NodeSink& sink) {
  std::vector<PlacedNode> all = system_nodes_.nodes();
  all.insert(all.end(), nodes_.nodes().begin(), nodes_.nodes().end());
  all.insert(all.end(), forecast.begin(), forecast.end());
  std::vector<Chunk> chunks = layout_.chunks();
  for (Chunk& chunk : chunks)
    if ((chunk.flags & kGroupMetadata) != 0) chunk.used += forecast.size() * kNodeSize;
  roots_[kExtentTree] = write_extent_tree({chunks, all, content_.extents()}, sink);
  roots_[kFreeSpaceTree] = build_tree(kFreeSpaceTree, free_space_tree(chunks), sink);
  root_ = build_tree(kRootTree, root_tree(plan_, written_, roots_, options_.epoch), sink);
}

/// How many nodes they need depends on how many nodes there are. More nodes never need fewer, so this ends.
void BtrfsWriter::write_accounts() {
  std::vector<PlacedNode> forecast;
  while (true) {
    NodeForecast next(nodes_.next());
    store_accounts(forecast, next);
    if (next.nodes() == forecast) break;
    forecast = next.nodes();
  }
  const std::size_t before = nodes_.nodes().size();
  store_accounts(forecast, nodes_);
  if (!std::equal(forecast.begin(), forecast.end(), nodes_.nodes().begin() + static_cast<std::ptrdiff_t>(before),
                  nodes_.nodes().end()))
    throw Error(ErrorKind::Internal, "cannot write a file system whose nodes are not where it says");
}

}  // namespace
}  // namespace btrfs

void write_btrfs(const Tree& tree, const RootDir& root, int raw, ByteCount offset, ByteCount size,
                 const BtrfsOptions& options) {
  btrfs::check_options(options);
  const btrfs::Plan plan = btrfs::plan_subvolumes(tree, options.subvolumes);
  const btrfs::Needs needs = btrfs::needs_of(tree, plan, options);
  if (!btrfs::Layout::fits(size.value, needs))
    throw does_not_fit(options.label, {btrfs::Layout::size_for(needs, 0)}, size);
  clear_range(raw, offset, size);
  btrfs::BtrfsWriter(tree, plan, needs, root, raw, offset, size, options).write();
}

}  // namespace keelson::image
