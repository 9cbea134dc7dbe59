#include "image/filesystems/xfs/index.h"

#include <algorithm>
#include <bit>

namespace keelson::image {

namespace {

constexpr std::uint16_t kNodeMagic = 0x3ebe;
constexpr std::size_t kChildren = (kXfsBlockSize - kXfsIndexHeader) / 8;

}  // namespace

std::uint32_t xfs_name_hash(std::string_view name) {
  std::uint32_t hash = 0;
  // Four characters of seven bits at a time; the rest likewise, with as many.
  while (!name.empty()) {
    const std::size_t count = std::min<std::size_t>(name.size(), 4);
    std::uint32_t mixed = 0;
    for (std::size_t i = 0; i < count; ++i)
      mixed ^= std::uint32_t{static_cast<unsigned char>(name[i])} << (7 * (count - 1 - i));
    hash = mixed ^ std::rotl(hash, static_cast<int>(7 * count));
    name.remove_prefix(count);
  }
  return hash;
}

void set_index_header(XfsBlock& block, std::uint16_t magic, std::uint64_t next, std::uint64_t previous) {
  block.u32(0, next);
  block.u32(4, previous);
  block.u16(8, magic);
}

std::uint64_t add_index_nodes(std::vector<XfsForkContent::Block>& blocks, std::vector<XfsIndexChild> children,
                              std::uint64_t root, std::uint64_t next) {
  for (std::uint16_t level = 1;; ++level) {
    const std::vector<std::size_t> ends = split_evenly(children.size(), kChildren);
    const bool top = ends.size() == 1;
    std::vector<XfsIndexChild> nodes;
    std::size_t at = 0;
    for (std::size_t i = 0; i < ends.size(); ++i) {
      XfsBlock node(kIndexSeal);
      set_index_header(node, kNodeMagic, i + 1 < ends.size() ? next + i + 1 : 0, i > 0 ? next + i - 1 : 0);
      node.u16(56, ends[i] - at);
      node.u16(58, level);
      for (std::size_t place = kXfsIndexHeader; at < ends[i]; ++at, place += 8) {
        node.u32(place, children[at].last_hash);
        node.u32(place + 4, children[at].block);
      }
      nodes.push_back({children[at - 1].last_hash, top ? root : next + i});
      blocks.push_back({nodes.back().block, std::move(node)});
    }
    if (top) return next;
    next += ends.size();
    children = std::move(nodes);
  }
}

std::uint64_t index_nodes_below_root(std::uint64_t leaves) {
  std::uint64_t nodes = 0;
  for (std::uint64_t level = (leaves + kChildren - 1) / kChildren; level > 1;
       level = (level + kChildren - 1) / kChildren)
    nodes += level;
  return nodes;
}

std::vector<std::size_t> split_evenly(std::size_t count, std::size_t most, std::size_t least_parts) {
  if (count == 0) return {};
  const std::size_t parts = std::max((count + most - 1) / most, least_parts);
  std::vector<std::size_t> ends;
  for (std::size_t i = 1; i <= parts; ++i) ends.push_back(count * i / parts);
  return ends;
}

}  // namespace keelson::image
