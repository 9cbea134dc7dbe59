#include "image/filesystems/xfs/inode_tree.h"

#include "image/filesystems/xfs/index.h"

namespace keelson::image {

namespace {

constexpr std::size_t kRecords = (kXfsBlockSize - kXfsGroupTreeHeader) / 16;
constexpr std::size_t kChildren = (kXfsBlockSize - kXfsGroupTreeHeader) / 8;

struct Child {
  std::uint32_t first = 0;
  std::uint32_t block = 0;
};

void put_chunk(XfsBlock& leaf, std::size_t place, const XfsChunk& chunk) {
  const std::size_t at = kXfsGroupTreeHeader + place * 16;
  const std::uint32_t free = kXfsChunkInodes - chunk.used;
  leaf.u32(at, chunk.first);
  leaf.u16(at + 4, 0);  // no part of it is missing
  leaf.u8(at + 6, kXfsChunkInodes);
  leaf.u8(at + 7, free);
  leaf.u64(at + 8, free == 0 ? 0 : ~std::uint64_t{0} << chunk.used);
}

void put_child(XfsBlock& node, std::size_t place, const Child& child) {
  node.u32(kXfsGroupTreeHeader + place * 4, child.first);
  node.u32(kXfsGroupTreeHeader + kChildren * 4 + place * 4, child.block);
}

}  // namespace

XfsBlock make_group_tree_block(std::uint32_t magic, std::uint16_t level, std::size_t records, std::uint32_t left,
                               std::uint32_t right) {
  XfsBlock block(kGroupTreeSeal);
  block.u32(0, magic);
  block.u16(4, level);
  block.u16(6, records);
  block.u32(8, left);
  block.u32(12, right);
  return block;
}

std::uint32_t inode_tree_blocks(std::size_t chunks) {
  std::size_t blocks = 0;
  for (std::size_t level = (chunks + kRecords - 1) / kRecords; level > 1; level = (level + kChildren - 1) / kChildren)
    blocks += level;
  return static_cast<std::uint32_t>(blocks);
}

std::uint32_t write_inode_tree(const XfsTarget& target, std::uint32_t group, std::uint32_t magic,
                               const std::vector<XfsChunk>& chunks, std::uint32_t root, std::uint32_t next) {
  std::vector<Child> below;
  for (const XfsChunk& chunk : chunks) below.push_back({chunk.first, 0});
  for (std::uint16_t level = 0;; ++level) {
    std::vector<std::size_t> ends = split_evenly(below.size(), level == 0 ? kRecords : kChildren);
    if (ends.empty()) ends = {0};
    const bool top = ends.size() == 1;
    std::vector<Child> blocks;
    std::size_t from = 0;
    for (std::size_t i = 0; i < ends.size(); ++i) {
      const auto here = static_cast<std::uint32_t>(top ? root : next + i);
      XfsBlock block = make_group_tree_block(magic, level, ends[i] - from, i > 0 ? here - 1 : 0xffffffff,
                                             i + 1 < ends.size() ? here + 1 : 0xffffffff);
      blocks.push_back({below.empty() ? 0 : below[from].first, here});
      for (std::size_t at = from; at < ends[i]; ++at) {
        if (level == 0)
          put_chunk(block, at - from, chunks[at]);
        else
          put_child(block, at - from, below[at]);
      }
      target.disk.write_sealed(target.geometry.linear(group, here) * kXfsBlockSize, std::move(block), group);
      from = ends[i];
    }
    if (top) return level + 1u;
    next += static_cast<std::uint32_t>(ends.size());
    below = std::move(blocks);
  }
}

}  // namespace keelson::image
