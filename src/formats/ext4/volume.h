/// Blocks and inodes by their numbers.
#pragma once

#include <array>
#include <cstdint>

#include "base/block_cache.h"
#include "base/file_system.h"
#include "formats/ext4/superblock.h"

namespace keelson::ext4 {

enum InodeFlag : std::uint32_t {
  kEncrypted = 0x800,
  kIndexed = 0x1000,  ///< a folder with a hash tree
  kMapsExtents = 0x80000,
  kEaInode = 0x200000,  ///< holds one extended attribute's value
  kInlineData = 0x10000000,
};

/// One inode, its checksum verified, its fields not yet believed. Spec: "Index Nodes".
struct Inode {
  std::uint32_t number = 0;
  std::uint16_t mode = 0;  ///< type and permission bits
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::uint16_t links = 0;
  std::uint32_t flags = 0;
  std::uint64_t size = 0;
  NodeTime modified;
  std::uint64_t attribute_block = 0;  ///< 0: none
  std::uint32_t checksum_seed = 0;    ///< for the blocks that belong to it
  std::array<std::byte, 60> map{};    ///< i_block: extents, block numbers, a short target or inline data
  Bytes attributes;                   ///< what follows the fields: attributes within the inode; often empty

  NodeType type() const;  ///< @throws Error(BadInput) for a type that there is none of
  bool is(NodeType what) const { return type() == what; }
  std::string name() const;  ///< "inode 12", for errors
};

/// Safe for several threads.
class Volume {
 public:
  /// `disk` must outlive this. @throws Error(BadInput)
  explicit Volume(const BlockSource& disk);

  const Superblock& superblock() const { return superblock_; }
  const BlockSource& disk() const { return cache_.source(); }

  /// One block of metadata. @throws Error(BadInput), naming `owner`, for a number that the file system has not.
  Bytes read_block(std::uint64_t block, std::string_view owner) const;
  /// @throws Error(BadInput) unless all blocks lie within the file system, past its superblock.
  void check_blocks(std::uint64_t first, std::uint64_t count, std::string_view owner) const;

  /// @throws Error(BadInput) for a wrong number or checksum, or an inode that is not in use.
  Inode read_inode(std::uint32_t number) const;
  /// An inode's i_mode only: cheap, unverified.
  std::uint16_t peek_mode(std::uint32_t number) const;

 private:
  std::uint64_t inode_offset(std::uint32_t number) const;
  std::uint64_t descriptor_offset(std::uint32_t group) const;
  void check_descriptor(std::uint32_t group, ByteView bytes) const;

  BlockCache cache_;
  Superblock superblock_;
};

/// The CRC-32C of a 32-bit number, as the specification puts block groups and inode numbers into checksums.
std::uint32_t crc32c_u32(std::uint32_t state, std::uint32_t value);

}  // namespace keelson::ext4
