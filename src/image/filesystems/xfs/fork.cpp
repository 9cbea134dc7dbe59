#include "image/filesystems/xfs/fork.h"

#include <algorithm>

#include "image/filesystems/xfs/index.h"

namespace keelson::image {

namespace {

constexpr std::uint32_t kMagic = 0x424D4133;  // "BMA3"
constexpr std::size_t kHeader = 72;
constexpr std::size_t kRecord = 16;
constexpr std::size_t kRecords = (kXfsBlockSize - kHeader) / kRecord;  // of a leaf; and children of a node
constexpr std::uint64_t kNone = ~std::uint64_t{0};

std::size_t root_children(std::size_t room) { return (room - 4) / kRecord; }

struct Child {
  std::uint64_t first = 0;  ///< block within the fork
  std::uint64_t block = 0;  ///< from the file system's start
};

/// A bit "unwritten", 54 bits of the fork's block, 52 of the disk's, 21 of the count.
std::pair<std::uint64_t, std::uint64_t> packed(const XfsExtent& extent, const XfsGeometry& geometry) {
  const std::uint64_t physical = geometry.stored(extent.physical);
  return {extent.logical << 9 | physical >> 43, physical << 21 | extent.count};
}

/// Makes the tree of one fork; lives as long as one map_extents() call.
class MapTree {
 public:
  MapTree(XfsTarget& target, std::uint32_t group, std::uint64_t owner)
      : target_(target), group_(group), owner_(owner) {}

  XfsFork write(const std::vector<XfsExtent>& extents, std::size_t room) {
    std::vector<Child> children = write_leaves(extents);
    std::uint16_t level = 1;
    for (; children.size() > root_children(room); ++level) children = write_nodes(children, level);
    XfsBlock root({}, room);
    root.u16(0, level);
    root.u16(2, children.size());
    const std::size_t pointers = 4 + root_children(room) * 8;
    for (std::size_t i = 0; i < children.size(); ++i) {
      root.u64(4 + i * 8, children[i].first);
      root.u64(pointers + i * 8, target_.geometry.stored(children[i].block));
    }
    return {XfsForkFormat::Tree, root.view(), extents.size(), blocks_};
  }

 private:
  std::vector<Child> write_leaves(const std::vector<XfsExtent>& extents) {
    return write_level(extents.size(), 0, [&](XfsBlock& leaf, std::size_t place, std::size_t i) {
      const auto [high, low] = packed(extents[i], target_.geometry);
      leaf.u64(kHeader + place * kRecord, high);
      leaf.u64(kHeader + place * kRecord + 8, low);
      return extents[i].logical;
    });
  }

  std::vector<Child> write_nodes(const std::vector<Child>& children, std::uint16_t level) {
    return write_level(children.size(), level, [&](XfsBlock& node, std::size_t place, std::size_t i) {
      node.u64(kHeader + place * 8, children[i].first);
      node.u64(kHeader + kRecords * 8 + place * 8, target_.geometry.stored(children[i].block));
      return children[i].first;
    });
  }

  /// @param put stores the i-th thing in a block at a place, and returns the first of the fork's blocks it is about.
  template <typename Put>
  std::vector<Child> write_level(std::size_t count, std::uint16_t level, const Put& put) {
    const std::vector<std::size_t> ends = split_evenly(count, kRecords);
    std::vector<Child> level_blocks;
    for (std::size_t i = 0; i < ends.size(); ++i)
      level_blocks.push_back({0, target_.space.take_run(group_, 1).physical});
    const auto neighbour = [&](std::size_t i) {
      return i < ends.size() ? target_.geometry.stored(level_blocks[i].block) : kNone;
    };
    std::size_t from = 0;
    for (std::size_t i = 0; i < ends.size(); ++i) {
      XfsBlock block(kMapTreeSeal);
      block.u32(0, kMagic);
      block.u16(4, level);
      block.u16(6, ends[i] - from);
      block.u64(8, neighbour(i - 1));  // before the first is none: the number wraps
      block.u64(16, neighbour(i + 1));
      for (std::size_t at = from; at < ends[i]; ++at) {
        const std::uint64_t first = put(block, at - from, at);
        if (at == from) level_blocks[i].first = first;
      }
      target_.disk.write_sealed(level_blocks[i].block * kXfsBlockSize, std::move(block), owner_);
      from = ends[i];
    }
    blocks_ += ends.size();
    return level_blocks;
  }

  XfsTarget& target_;
  std::uint32_t group_;
  std::uint64_t owner_;
  std::uint64_t blocks_ = 0;
};

}  // namespace

std::vector<XfsExtent> store_fork_blocks(XfsTarget& target, std::uint32_t group, std::uint64_t owner,
                                         const std::vector<XfsForkContent::Block>& blocks) {
  std::vector<XfsExtent> extents;
  XfsExtent run;
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    if (run.count == 0) run = target.space.take_run(group, blocks.size() - i);
    target.disk.write_sealed(run.physical * kXfsBlockSize, blocks[i].block, owner);
    append_extent(extents, {blocks[i].logical, run.physical, 1}, target.geometry);
    ++run.physical;
    --run.count;
  }
  return extents;
}

XfsFork map_extents(XfsTarget& target, std::uint32_t group, std::uint64_t owner, const std::vector<XfsExtent>& extents,
                    std::size_t room) {
  std::uint64_t blocks = 0;
  for (const XfsExtent& extent : extents) blocks += extent.count;
  XfsFork fork;
  if (extents.size() * kRecord > room) {
    fork = MapTree(target, group, owner).write(extents, room);
  } else {
    ByteWriter list;
    for (const XfsExtent& extent : extents) {
      const auto [high, low] = packed(extent, target.geometry);
      list.u64be(high);
      list.u64be(low);
    }
    fork = {XfsForkFormat::Extents, list.take(), extents.size(), 0};
  }
  fork.blocks += blocks;
  return fork;
}

std::uint64_t map_tree_blocks(std::uint64_t extents) {
  if (extents * kRecord <= kXfsLeastFork) return 0;
  std::uint64_t blocks = 0;
  for (std::uint64_t level = extents; blocks == 0 || level > root_children(kXfsLeastFork);) {
    level = (level + kRecords - 1) / kRecords;
    blocks += level;
  }
  return blocks;
}

}  // namespace keelson::image
