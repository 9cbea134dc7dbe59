/// The superblock of a squashfs: where its tables lie, and by which method its blocks are compressed.
/// Spec: Linux fs/squashfs/squashfs_fs.h, "squashfs_super_block".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/block_source.h"
#include "base/file_system.h"
#include "formats/compression/codec.h"

namespace keelson::squashfs {

constexpr std::uint64_t kSuperblockSize = 96;
constexpr std::uint64_t kNoTable = ~std::uint64_t{0};

struct Superblock {
  std::uint64_t size = 0;  ///< of the file system; at most its disk's
  std::uint32_t block_size = 0;
  std::uint32_t fragments = 0;
  std::uint32_t owners = 0;  ///< users and groups, in one table
  compression::Codec codec = compression::Codec::Zlib;
  NodeId root = 0;
  std::uint64_t owner_table = 0;
  std::uint64_t attribute_table = kNoTable;
  std::uint64_t inode_table = 0;
  std::uint64_t folder_table = 0;
  std::uint64_t fragment_table = kNoTable;
};

bool has_magic(ByteView block);

/// @throws Error(BadInput) for what is no squashfs 4.0, is longer than its disk, or compressed by a method that is not
/// read, which it names.
Superblock read_superblock(const BlockSource& disk);

/// "cannot read squashfs: <what> <why>"
[[noreturn]] void refuse(std::string_view what, std::string_view why);

}  // namespace keelson::squashfs
