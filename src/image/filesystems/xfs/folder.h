/// The bytes of a folder in XFS: within the inode, as one block, as blocks with one index block, or with a tree of
/// them. Spec: "XFS Algorithms & Data Structures", 3rd edition, "Directories".
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "image/filesystems/tree.h"
#include "image/filesystems/xfs/block.h"

namespace keelson::image {

struct XfsName {
  std::string_view name;
  std::uint64_t inode = 0;  ///< below 2^31
  EntryType type = EntryType::File;
};

/// @param names in any order, each once. @param parent the inode of the folder that this one is in.
/// @param room bytes that the folder may have within its inode. The number and places of blocks don't depend on inodes.
XfsForkContent build_xfs_folder(std::span<const XfsName> names, std::uint64_t self, std::uint64_t parent,
                                std::size_t room);

/// The size that the inode tells.
std::uint64_t xfs_folder_size(const XfsForkContent& content);

}  // namespace keelson::image
