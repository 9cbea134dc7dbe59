/// Items that hold names: a folder's entries and extended attributes, found by a hash of the name.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "formats/btrfs/volume.h"

namespace keelson::btrfs {

constexpr std::uint8_t kFolderEntryType = 84;
constexpr std::uint8_t kAttributeType = 24;

struct NameItem {
  Key target;  ///< of an entry: an inode of the same subvolume, or another subvolume's root
  std::uint8_t type = 0;
  std::string name;
  std::string value;  ///< of an attribute
};

/// All of one kind that belong to an inode, by name. @throws Error(BadInput) for damage, a hash that is not the name's,
/// a name that is there twice, and for entries whose name is not possible.
std::map<std::string, NameItem> read_names(const Volume& volume, const TreeRoot& tree, std::uint64_t inode,
                                           std::uint8_t kind);

/// One of them, by its hash.
std::optional<NameItem> find_name(const Volume& volume, const TreeRoot& tree, std::uint64_t inode, std::uint8_t kind,
                                  std::string_view name);

}  // namespace keelson::btrfs
