/// A folder's listing: names in runs, each with the block of inodes that they are in.
/// Spec: Linux fs/squashfs/dir.c, "squashfs_dir_header", "squashfs_dir_entry".
#pragma once

#include "formats/squashfs/inode.h"

namespace keelson::squashfs {

struct Folder {
  std::vector<FolderEntry> entries;  ///< in byte order of the names
  std::vector<NodeId> folders;       ///< those of them that are folders, as the listing says
};

/// @throws Error(BadInput) for a listing that is too long, has a name twice, or one that is no name.
Folder read_folder(const Metadata& metadata, const Superblock& superblock, const Inode& inode);

}  // namespace keelson::squashfs
