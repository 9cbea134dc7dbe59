/// A place in a tree: found by a key, moved to the next item.
#pragma once

#include "formats/btrfs/volume.h"

namespace keelson::btrfs {

/// Each block must be what the one above says: its level, its generation, its first key; and its last key lies before
/// the next block's. So no block is met twice on a way through a tree, and every way ends.
class Cursor {
 public:
  /// `volume` must outlive this.
  Cursor(const Volume& volume, const TreeRoot& root) : volume_(volume), root_(root) {}

  /// To the first item whose key is not below. @return false if there is none. @throws Error(BadInput), like the others
  bool seek(const Key& key);
  /// To the last item whose key is not above. @return false if there is none.
  bool seek_last(const Key& key);
  bool next();

  /// Only after one of the above was true.
  const Key& key() const { return path_.back().block->key(path_.back().index); }
  ByteView item() const { return path_.back().block->item(path_.back().index); }
  bool is(std::uint64_t object, std::uint8_t type) const { return key().object == object && key().type == type; }

 private:
  struct Step {
    std::shared_ptr<const TreeBlock> block;
    std::size_t index = 0;
    Key end;  ///< all keys of the block are below
  };

  void start();
  void descend();

  const Volume& volume_;
  TreeRoot root_;
  std::vector<Step> path_;  ///< from the root to a leaf
};

}  // namespace keelson::btrfs
