/// A folder's blocks to names. Spec: "Directory Entries"; hash trees are read as the lists that they also are.
#pragma once

#include <string>
#include <vector>

#include "formats/ext4/file_map.h"

namespace keelson::ext4 {

struct Name {
  std::string name;
  std::uint32_t inode = 0;
};

/// What a folder holds: its names without "." and "..", in byte order, each once.
struct Folder {
  std::uint32_t parent = 0;  ///< the inode of ".."
  std::vector<Name> names;
};

/// @throws Error(BadInput) for damage, a name that is not possible, a name that is there twice, a hole.
Folder read_folder(const Volume& volume, const Inode& inode);

/// The inode of "..", without reading more than the first entries. @throws Error(BadInput)
std::uint32_t read_parent(const Volume& volume, const Inode& inode);

}  // namespace keelson::ext4
