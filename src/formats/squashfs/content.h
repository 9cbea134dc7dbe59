/// Content of files: blocks that follow each other on the disk, each compressed by itself, and the last bytes in a
/// fragment that several files share. Spec: Linux fs/squashfs/file.c, fragment.c.
#pragma once

#include "formats/squashfs/inode.h"

namespace keelson::squashfs {

/// The blocks of one file: how long each is on the disk, and from time to time where it begins.
class BlockList {
 public:
  /// @throws Error(BadInput) for a list that is not all there, a block that is longer than it can be, or behind the
  /// end.
  BlockList(const Metadata& metadata, const Superblock& superblock, const Inode& inode);

  std::uint64_t count() const { return lengths_.size(); }
  bool is_hole(std::uint64_t index) const { return lengths_[index] == 0; }
  bool is_stored(std::uint64_t index) const;    ///< not compressed
  BlockRange range(std::uint64_t index) const;  ///< of the disk; the block is no hole
  std::size_t weight() const { return lengths_.size() * 4 + starts_.size() * 8 + 64; }

 private:
  std::vector<std::uint32_t> lengths_;  // as they stand in the list: with the bit for what is stored
  std::vector<std::uint64_t> starts_;   // of every 64th block
};

/// Safe for several threads. Keeps the last 16 MiB of what it decompressed, and the lists of the last files.
class Contents {
 public:
  /// All must outlive it.
  Contents(const BlockSource& disk, const Metadata& metadata, const Superblock& superblock);

  /// The range must lie within the file.
  void read(const Inode& inode, std::uint64_t offset, std::span<std::byte> to) const;
  /// As FileSystem::next_data.
  std::optional<BlockRange> next_data(const Inode& inode, std::uint64_t offset) const;

 private:
  std::shared_ptr<const BlockList> list(const Inode& inode) const;
  void read_block(const Inode& inode, const BlockList& list, std::uint64_t index, std::uint64_t within,
                  std::span<std::byte> to) const;
  void read_fragment(const Inode& inode, std::uint64_t within, std::span<std::byte> to) const;
  std::shared_ptr<const Bytes> decompressed(BlockRange range) const;
  void check_lies_within(BlockRange range) const;

  const BlockSource& disk_;
  const Metadata& metadata_;
  const Superblock& superblock_;
  BlockCache small_;  // blocks that are not compressed, asked for in small pieces
  mutable BoundedStore<Bytes> blocks_;
  mutable BoundedStore<BlockList> lists_;
};

}  // namespace keelson::squashfs
