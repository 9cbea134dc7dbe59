/// Inodes, and what a folder's inode says of the place where the folder is.
#pragma once

#include <optional>
#include <string>

#include "base/file_system.h"
#include "formats/btrfs/volume.h"

namespace keelson::btrfs {

constexpr std::uint64_t kRootFolder = 256;  ///< the inode of every subvolume's root

struct Inode {
  std::uint64_t number = 0;
  std::uint32_t mode = 0;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::uint32_t links = 0;
  std::uint64_t size = 0;
  std::uint64_t device = 0;
  NodeTime modified;
  bool has_checksums = true;  ///< its data
  NodeType type = NodeType::File;

  std::string name() const;  ///< "inode 257", for errors
};

/// @throws Error(BadInput) if it is not there.
Inode read_inode(const Volume& volume, const TreeRoot& tree, std::uint64_t number);

struct Place {
  std::uint64_t folder = 0;
  std::string name;
  bool operator==(const Place&) const = default;
};

/// The first place where an inode says that it is, for a folder the only one; nothing if it says none.
std::optional<Place> read_place(const Volume& volume, const TreeRoot& tree, std::uint64_t number);

}  // namespace keelson::btrfs
