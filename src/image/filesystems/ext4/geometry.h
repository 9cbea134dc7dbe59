/// The empty ext4 file system: its features, its size, its fixed structures.
/// Format: Linux Documentation/filesystems/ext4; made with libext2fs of e2fsprogs.
#pragma once

#include <ext2fs/ext2_fs.h>
#include <ext2fs/ext2fs.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/sha256.h"
#include "base/units.h"
#include "base/uuid.h"

namespace keelson::image {

inline constexpr std::uint32_t kExt4BlockSize = 4096;

struct FreeExt4 {
  void operator()(ext2_filsys fs) const { ext2fs_free(fs); }
};
using Ext4Handle = std::unique_ptr<struct_ext2_filsys, FreeExt4>;

struct Ext4Identity {
  std::string label;  ///< at most 16 bytes
  Uuid uuid;
  Sha256 seed;  ///< of the directory hash
  std::int64_t epoch = 0;
};

/// An empty file system in memory: superblock, group descriptors, bitmaps, journal and resize inode, no root folder.
/// @param size rounded down to whole blocks. @param inodes at least so many can be made, the reserved ones included.
/// @throws Error(BadInput) if the size is too small for any file system or the label too long.
Ext4Handle make_empty_ext4(ByteCount size, std::uint64_t inodes, const Ext4Identity& identity);

/// Throws what libext2fs says: "cannot <verb> '<object>': …". No space left is Error(BadInput).
void check_ext2(errcode_t code, std::string_view verb, std::string_view object);

}  // namespace keelson::image
