/// Which files go into which subvolume of a btrfs, under which number and names.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "image/filesystems/btrfs/format.h"
#include "image/filesystems/btrfs/writer.h"

namespace keelson::image::btrfs {

/// A name in a folder of a subvolume.
struct PlannedName {
  std::string text;
  std::uint64_t folder = 0;     ///< inode number
  std::uint64_t index = 0;      ///< in the folder
  std::uint64_t inode = 0;      ///< that it names; 0 if it names a subvolume
  std::uint64_t subvolume = 0;  ///< that it names; 0 if it names an inode
  EntryType type = EntryType::File;
};

struct PlannedInode {
  std::size_t entry = TreeEntry::kNone;  ///< in the tree; none for a folder that the tree does not have
  EntryType type = EntryType::Folder;
  std::vector<std::size_t> names;     ///< that it is known by
  std::vector<std::size_t> children;  ///< names in it, in byte order
};

struct PlannedSubvolume {
  std::uint64_t id = kTopLevel;
  std::uint64_t parent = 0;        ///< subvolume that it is seen in; 0 for the top level
  std::size_t name_in_parent = 0;  ///< index into the parent's names
  std::vector<PlannedName> names;
  std::vector<PlannedInode> inodes;  ///< of number kFirstInode on; the first is the root folder
};

/// [0] is the top level; then the subvolumes in the order of the options.
using Plan = std::vector<PlannedSubvolume>;

/// @throws Error(BadInput) if the subvolumes contradict each other or the tree.
Plan plan_subvolumes(const Tree& tree, const std::vector<BtrfsSubvolumePlan>& subvolumes);

}  // namespace keelson::image::btrfs
