/// The superblock of an erofs, and inodes by their numbers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/block_cache.h"
#include "base/file_system.h"

namespace keelson::erofs {

/// How an inode's content lies: erofs_fs.h, EROFS_INODE_*.
enum class Layout { Plain = 0, CompressedFull = 1, Inline = 2, CompressedCompact = 3, Chunks = 4 };

struct Inode {
  NodeId number = 0;
  std::uint64_t offset = 0;  ///< of the inode, in bytes
  std::uint64_t behind = 0;  ///< of what follows it and its attributes: a tail, an index, chunks
  std::uint32_t attribute_bytes = 0;
  Layout layout = Layout::Plain;
  std::uint32_t place = 0;  ///< first block, device number or form of chunks, as the type says
  Node node;
};

class Volume {
 public:
  /// @throws Error(BadInput)
  explicit Volume(const BlockSource& disk);

  const FileSystemIdentity& identity() const { return identity_; }
  std::uint32_t block_size() const { return identity_.block_size; }
  /// The file that holds others' ends, and whole small ones. Nothing when there is none.
  std::optional<NodeId> packed() const { return packed_; }
  /// How many long prefixes of attributes there are, and where: in the packed file if there is one, else on the disk.
  std::size_t prefixes() const { return prefixes_; }
  std::uint64_t prefix_area() const { return prefix_area_; }
  NodeId root() const { return root_; }
  std::uint64_t attribute_area() const { return attribute_area_; }

  /// @throws Error(BadInput) for a number past the end, or a file that is larger than it can be.
  Inode inode(NodeId number) const;
  /// Bytes of the disk, which must lie within the file system.
  Bytes read(std::uint64_t offset, std::size_t length) const;
  void read(std::uint64_t offset, std::span<std::byte> to) const;
  /// Whether the range lies within the file system.
  bool holds(std::uint64_t offset, std::uint64_t length) const;

 private:
  BlockCache cache_;
  FileSystemIdentity identity_;
  std::uint64_t inodes_ = 0;  // where inode 0 would be
  std::uint64_t attribute_area_ = 0;
  NodeId root_ = 0;
  std::optional<NodeId> packed_;
  std::size_t prefixes_ = 0;
  std::uint64_t prefix_area_ = 0;
  NodeTime made_;  // the time of short inodes, which have none
};

/// "cannot read erofs: <what> <why>"
[[noreturn]] void refuse(std::string_view what, std::string_view why);

}  // namespace keelson::erofs
