/// Blocks, inodes and the maps of their forks.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/block_cache.h"
#include "base/file_system.h"
#include "formats/xfs/superblock.h"

namespace keelson::xfs {

enum class ForkFormat : std::uint8_t { Device = 0, Local = 1, Extents = 2, Tree = 3 };

/// An inode's data or attribute fork.
struct Fork {
  ForkFormat format = ForkFormat::Local;
  std::uint64_t extents = 0;
  Bytes bytes;  ///< what of it lies in the inode
};

/// One inode, its checksum verified.
struct Inode {
  std::uint64_t number = 0;
  std::uint16_t mode = 0;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::uint32_t links = 0;
  std::uint64_t size = 0;
  NodeTime modified;
  Fork data;
  std::optional<Fork> attributes;

  NodeType type() const;
  std::string name() const;  ///< "inode 128", for errors
};

struct Extent {
  std::uint64_t logical = 0;   ///< first block within the fork
  std::uint64_t physical = 0;  ///< first block from the disk's start
  std::uint64_t count = 0;
  std::uint64_t end() const { return logical + count; }
};

/// Rising and not overlapping; unwritten extents are left out, because they read as zeros like holes.
using ForkMap = std::vector<Extent>;

class Volume {
 public:
  /// `disk` must outlive this. @throws Error(BadInput)
  explicit Volume(const BlockSource& disk);

  const Superblock& superblock() const { return superblock_; }
  const BlockSource& disk() const { return cache_.source(); }
  Inode read_inode(std::uint64_t number) const;
  std::uint16_t peek_mode(std::uint64_t number) const;
  ForkMap read_map(const Fork& fork, std::string_view owner) const;
  /// Fills `to` from a byte of a fork; holes are zeros.
  void read(const ForkMap& map, std::uint64_t offset, std::span<std::byte> to) const;
  /// Whether the log's last record is not that of an unmount.
  bool has_unfinished_log() const;
  /// A stored block number as a block from the disk's start. @throws Error(BadInput) for `count` blocks past the end.
  std::uint64_t linear(std::uint64_t block, std::uint64_t count, std::string_view owner) const;
  Bytes read_block(std::uint64_t block, std::string_view owner) const;

 private:
  std::uint64_t inode_offset(std::uint64_t number) const;

  BlockCache cache_;
  Superblock superblock_;
};

/// The first extent that ends after a block.
ForkMap::const_iterator find_extent(const ForkMap& map, std::uint64_t block);

}  // namespace keelson::xfs
