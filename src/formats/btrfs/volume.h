/// The disk by addresses: tree blocks, data and its checksums. Safe for several threads.
#pragma once

#include <memory>
#include <optional>

#include "base/bounded_store.h"
#include "formats/btrfs/tree_block.h"

namespace keelson::btrfs {

class Volume {
 public:
  /// Reads the superblock and the chunks. `disk` must outlive this. @throws Error(BadInput)
  explicit Volume(const BlockSource& disk);

  const Superblock& superblock() const { return superblock_; }
  /// A tree's root by its number, from the tree of roots. @throws Error(BadInput) if it is damaged.
  std::optional<TreeRoot> find_root(std::uint64_t tree) const;
  /// A copy whose checksum is right. @throws Error(BadInput)
  std::shared_ptr<const TreeBlock> read_tree_block(std::uint64_t logical) const;
  /// Whole sectors of data, from a copy whose checksum is right. @throws Error(BadInput)
  void read_verified(std::uint64_t logical, std::span<std::byte> to, std::string_view owner) const;
  /// Data without checksums. @throws Error(BadInput)
  void read_unverified(std::uint64_t logical, std::span<std::byte> to, std::string_view owner) const;

 private:
  Bytes read_checksums(std::uint64_t logical, std::size_t sectors, std::string_view owner) const;

  const BlockSource& disk_;
  Superblock superblock_;
  ChunkMap chunks_;
  std::optional<TreeRoot> checksum_tree_;
  mutable BoundedStore<TreeBlock> blocks_;
};

struct RootItem {
  TreeRoot root;
  std::uint32_t references = 0;  ///< 0: deleted, but not yet gone
  bool read_only = false;
};

constexpr std::uint8_t kRootItemType = 132;

/// @throws Error(BadInput)
RootItem parse_root_item(ByteView item, std::uint64_t tree);

}  // namespace keelson::btrfs
