/// The bytes of the items that describe files, names and trees in btrfs.
#pragma once

#include <string_view>

#include "base/bytes.h"
#include "base/uuid.h"
#include "image/filesystems/btrfs/format.h"
#include "image/filesystems/tree.h"

namespace keelson::image::btrfs {

/// What an inode holds beside its entry in the OS tree.
struct InodeFacts {
  std::uint64_t size = 0;
  std::uint64_t stored = 0;  ///< bytes on the disk, or inline
  std::uint32_t links = 1;
  std::int64_t epoch = 0;  ///< every time but the modification
};

Bytes inode_item(const TreeEntry& entry, const InodeFacts& facts);

/// One name of an inode, as INODE_REF lists it. @param index the name's place in its folder.
Bytes inode_ref(std::uint64_t index, std::string_view name);
/// The same where INODE_REF is full: INODE_EXTREF, which names the folder too.
Bytes inode_extref(std::uint64_t folder, std::uint64_t index, std::string_view name);
/// The key of that item.
Key inode_extref_key(std::uint64_t inode, std::uint64_t folder, std::string_view name);

/// What names are ordered by in a folder, and attributes in an inode.
std::uint32_t name_hash(std::string_view name);
/// A name in a folder: of an inode, or of a subvolume (then `target` is a ROOT_ITEM key).
Bytes dir_item(const Key& target, EntryType type, std::string_view name);
Bytes xattr_item(std::string_view name, std::string_view value);

Bytes inline_extent(ByteView content);
/// Bytes of a file that lie in one piece on the disk.
Bytes file_extent(std::uint64_t address, std::uint64_t length);
/// Bytes of a file that are zeros and lie nowhere.
Bytes hole(std::uint64_t length);

struct RootFacts {
  TreeRoot root;
  std::uint64_t folder = 0;  ///< its first inode; 0 for a tree without files
  Uuid uuid;                 ///< of a subvolume
  std::int64_t epoch = 0;    ///< of a subvolume
};
Bytes root_item(const RootFacts& facts);
/// Ties a subvolume to the folder and name it is seen at. The same bytes serve both directions.
Bytes root_ref(std::uint64_t folder, std::uint64_t index, std::string_view name);

void put_key(ByteWriter& out, const Key& key);
void put_uuid(ByteWriter& out, const Uuid& uuid);

}  // namespace keelson::image::btrfs
