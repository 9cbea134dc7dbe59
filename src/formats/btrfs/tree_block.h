/// One block of a tree, checked: a leaf holds items, an inner one names the blocks below it.
/// Spec: "Btrfs On-disk Format" of btrfs-progs' documentation, "Node" and "Leaf".
#pragma once

#include <vector>

#include "formats/btrfs/chunks.h"

namespace keelson::btrfs {

/// Its checksum, identifiers, order of keys and the bounds of all items are right.
class TreeBlock {
 public:
  /// @param logical where it was looked for. @throws Error(BadInput)
  TreeBlock(Bytes bytes, const Superblock& superblock, std::uint64_t logical);

  std::uint8_t level() const { return level_; }
  std::uint64_t generation() const { return generation_; }
  std::size_t count() const { return slots_.size(); }
  const Key& key(std::size_t index) const { return slots_[index].key; }
  /// Of a leaf.
  ByteView item(std::size_t index) const { return ByteView(bytes_).subspan(slots_[index].place, slots_[index].length); }
  /// Of an inner block.
  TreeRoot child(std::size_t index) const {
    return {slots_[index].place, slots_[index].length, static_cast<std::uint8_t>(level_ - 1)};
  }
  /// The first index whose key is not below, and the first whose key is above.
  std::size_t lower_bound(const Key& key) const;
  std::size_t upper_bound(const Key& key) const;
  /// Bytes that this takes, about.
  std::size_t weight() const { return bytes_.size() + slots_.size() * sizeof(Slot); }

 private:
  struct Slot {
    Key key;
    std::uint64_t place = 0;   ///< an item's first byte in the block; a child's address
    std::uint64_t length = 0;  ///< an item's; a child's generation
  };

  void read_items(const ByteReader& reader, std::size_t count);
  void read_children(const ByteReader& reader, std::size_t count);

  Bytes bytes_;
  std::string name_;
  std::uint8_t level_ = 0;
  std::uint64_t generation_ = 0;
  std::vector<Slot> slots_;
};

}  // namespace keelson::btrfs
