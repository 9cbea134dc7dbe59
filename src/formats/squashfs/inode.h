/// Inodes, by the number that folders name them with: where their block of metadata begins, counted from the table, and
/// where in that they begin. Spec: Linux fs/squashfs/squashfs_fs.h, inode.c; types 1 to 14.
#pragma once

#include "formats/squashfs/metadata.h"

namespace keelson::squashfs {

constexpr std::uint32_t kNone = 0xffffffff;  ///< no fragment, no attributes

struct Inode {
  Node node;
  std::uint32_t attributes = kNone;
  // Of a file:
  std::uint64_t first_block = 0;   ///< bytes from the disk's start
  std::uint64_t blocks = 0;        ///< whole ones, and the last one if no fragment holds it
  std::uint32_t fragment = kNone;  ///< with its last bytes
  // Of a folder:
  std::uint64_t listing = 0;        ///< bytes
  std::uint32_t listing_block = 0;  ///< counted from the table of folders
  // Of both:
  std::uint32_t offset = 0;  ///< into the fragment, or into the listing's first block
  Place behind;              ///< what follows: a file's list of blocks, a symlink's target

  std::string name() const;  ///< "inode 96", for errors
};

/// The owners of all files: Linux fs/squashfs/id.c. At most 65,535.
std::vector<std::uint32_t> read_owners(const Metadata& metadata, const Superblock& superblock);

/// @throws Error(BadInput) for a place that is not in the table, or an inode that is not possible.
Inode read_inode(const Metadata& metadata, const Superblock& superblock, const std::vector<std::uint32_t>& owners,
                 NodeId id);

/// A symlink's target.
std::string read_target(const Metadata& metadata, const Superblock& superblock, const Inode& inode);

}  // namespace keelson::squashfs
