#include "image/filesystems/btrfs/tree.h"

#include <algorithm>
#include <cstring>

#include "base/error.h"

namespace keelson::image::btrfs {

namespace {

constexpr std::size_t kMaxChildren = kLeafRoom / kNodePointer;
constexpr std::uint64_t kWritten = 1;
constexpr std::uint64_t kMixedBackrefs = 1ull << 56;

void put_key(Bytes& node, std::size_t at, const Key& key) {
  put_le(node, at, key.object, 8);
  put_le(node, at + 8, key.type, 1);
  put_le(node, at + 9, key.offset, 8);
}

}  // namespace

void TreeBuilder::add(const Key& key, ByteView item) {
  std::vector<Entry>& pending = levels_[0].pending;
  if (item.size() > kMaxItem) throw Error(ErrorKind::Internal, "cannot store an item larger than a node");
  if (!pending.empty() && pending.back().key >= key)
    throw Error(ErrorKind::Internal, "cannot store items that are not in order");
  if ((pending.size() + 1) * kLeafItem + data_.size() + item.size() > kLeafRoom) flush(0);
  levels_[0].pending.push_back({key, item.size()});
  data_.insert(data_.end(), item.begin(), item.end());
}

void TreeBuilder::add_child(std::size_t level, const Entry& child) {
  if (level == levels_.size()) levels_.emplace_back();
  if (levels_[level].pending.size() == kMaxChildren) flush(level);
  levels_[level].pending.push_back(child);
}

void TreeBuilder::flush(std::size_t level) {
  Bytes node = level == 0 ? compose_leaf() : compose_node(level);
  Level& here = levels_[level];
  const Key first = here.pending.empty() ? Key{} : here.pending.front().key;
  here.latest = sink_.store(owner_, static_cast<std::uint8_t>(level), node);
  here.pending.clear();
  if (level == 0) data_.clear();
  ++here.nodes;
  add_child(level + 1, {first, here.latest});  // may move the levels
}

TreeRoot TreeBuilder::finish() {
  std::uint64_t nodes = 0;
  for (std::size_t level = 0;; ++level) {
    flush(level);
    nodes += levels_[level].nodes;
    if (levels_[level].nodes == 1) return {levels_[level].latest, static_cast<std::uint8_t>(level), nodes};
  }
}

void TreeBuilder::compose_header(Bytes& node, std::size_t level) const {
  put_le(node, 56, kWritten | kMixedBackrefs, 8);
  put_le(node, 80, kGeneration, 8);
  put_le(node, 88, owner_, 8);
  put_le(node, 96, levels_[level].pending.size(), 4);
  put_le(node, 100, level, 1);
}

/// Item headers grow from the front, their data from the back.
Bytes TreeBuilder::compose_leaf() const {
  Bytes node(kNodeSize);
  compose_header(node, 0);
  std::size_t header = kNodeHeader;
  std::size_t source = 0;
  std::size_t end = kLeafRoom;
  for (const Entry& entry : levels_[0].pending) {
    end -= entry.value;
    put_key(node, header, entry.key);
    put_le(node, header + 17, end, 4);
    put_le(node, header + 21, entry.value, 4);
    std::copy_n(data_.begin() + static_cast<std::ptrdiff_t>(source), entry.value,
                node.begin() + static_cast<std::ptrdiff_t>(kNodeHeader + end));
    header += kLeafItem;
    source += entry.value;
  }
  return node;
}

Bytes TreeBuilder::compose_node(std::size_t level) const {
  Bytes node(kNodeSize);
  compose_header(node, level);
  std::size_t at = kNodeHeader;
  for (const Entry& entry : levels_[level].pending) {
    put_key(node, at, entry.key);
    put_le(node, at + 17, entry.value, 8);
    put_le(node, at + 25, kGeneration, 8);
    at += kNodePointer;
  }
  return node;
}

TreeRoot build_tree(std::uint64_t owner, const Items& items, NodeSink& sink) {
  TreeBuilder builder(owner, sink);
  for (const auto& [key, item] : items) builder.add(key, item);
  return builder.finish();
}

}  // namespace keelson::image::btrfs
