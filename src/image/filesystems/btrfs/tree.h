/// Builds one btrfs tree from its items in rising order: leaves are filled to the brim, their parents grow on top.
///
/// Nodes leave for the sink as soon as they are full, so that a tree of any size takes little memory.
#pragma once

#include <map>
#include <vector>

#include "base/bytes.h"
#include "image/filesystems/btrfs/format.h"

namespace keelson::image::btrfs {

/// Where nodes go. Two kinds: one writes them to the disk, one only counts them.
class NodeSink {
 public:
  virtual ~NodeSink() = default;
  /// Takes a node that lacks only its address, identity and checksum; returns its address.
  virtual std::uint64_t store(std::uint64_t owner, std::uint8_t level, Bytes& node) = 0;
};

class TreeBuilder {
 public:
  /// @param owner the tree's object id. @param sink must outlive this.
  TreeBuilder(std::uint64_t owner, NodeSink& sink) : owner_(owner), sink_(sink), levels_(1) {}

  /// @param key must be larger than the one before. @param item at most kMaxItem bytes.
  void add(const Key& key, ByteView item);
  /// Writes what is left; nothing may be added afterwards.
  TreeRoot finish();

 private:
  struct Entry {
    Key key;
    std::uint64_t value;  ///< in a leaf: the item's size; above: the child's address
  };
  struct Level {
    std::vector<Entry> pending;
    std::uint64_t nodes = 0;
    std::uint64_t latest = 0;  ///< address of the newest node
  };

  void add_child(std::size_t level, const Entry& child);
  void flush(std::size_t level);
  Bytes compose_leaf() const;
  Bytes compose_node(std::size_t level) const;
  void compose_header(Bytes& node, std::size_t level) const;

  std::uint64_t owner_;
  NodeSink& sink_;
  std::vector<Level> levels_;
  Bytes data_;  ///< of the items in the pending leaf, one after the other
};

/// Items of a tree small enough to be held in memory; the map puts them into order.
using Items = std::map<Key, Bytes>;
TreeRoot build_tree(std::uint64_t owner, const Items& items, NodeSink& sink);

}  // namespace keelson::image::btrfs
