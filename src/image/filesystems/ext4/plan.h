/// What the writer and ext4_size_for() must agree on: how a tree maps to inodes and blocks.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "image/filesystems/ext4/blocks.h"
#include "image/filesystems/ext4/geometry.h"
#include "image/filesystems/tree.h"

namespace keelson::image {

inline constexpr std::size_t kFastSymlinkLimit = 60;  ///< shorter targets live in the inode
inline constexpr std::uint64_t kLostFoundBlocks = 4;  ///< what e2fsck expects to have without allocating
inline constexpr std::size_t kXattrRoom = 256 - sizeof(ext2_inode_large);

using Children = std::map<std::size_t, std::vector<std::size_t>>;

/// Every folder (also an empty one) with its entries, by index into the tree.
Children children_of(const Tree& tree);

/// The inode of each entry: in the order of the tree, second names share. Folder lost+found gets the first one, 11,
/// whether it is in the tree or not.
std::vector<std::uint32_t> assign_inodes(const Tree& tree);

/// The bytes of one folder. `inodes` may be empty: then all numbers are 0, but the size is right.
Bytes folder_content(const Tree& tree, const Children& children, std::size_t folder,
                     const std::vector<std::uint32_t>& inodes);

/// The bytes of an empty lost+found, which has its blocks beforehand.
Bytes empty_lost_found();

bool fits_in_inode(const std::map<std::string, std::string>& xattrs);

/// Blocks for the whole content of the tree, without the structures that an empty file system has.
std::uint64_t needed_blocks(const Tree& tree);
std::uint64_t needed_inodes(const Tree& tree, ByteCount size);

/// Whether lost+found has to be made, because the tree has none.
bool lacks_lost_found(const Tree& tree);

}  // namespace keelson::image
