/// The kind and device of a tree's entry in the numbers that file systems store.
#pragma once

#include "base/device_number.h"
#include "base/file_mode.h"
#include "image/filesystems/tree.h"

namespace keelson::image {

/// Both list the same kinds in the same order.
constexpr NodeType node_type(EntryType type) { return static_cast<NodeType>(type); }
static_assert(node_type(EntryType::File) == NodeType::File && node_type(EntryType::Folder) == NodeType::Folder &&
              node_type(EntryType::Symlink) == NodeType::Symlink &&
              node_type(EntryType::CharDevice) == NodeType::CharDevice &&
              node_type(EntryType::BlockDevice) == NodeType::BlockDevice &&
              node_type(EntryType::Fifo) == NodeType::Fifo && node_type(EntryType::Socket) == NodeType::Socket);

constexpr EntryType entry_type(NodeType type) { return static_cast<EntryType>(type); }

/// Type and permissions, as stat(2) and every inode have them.
inline std::uint32_t mode_of(EntryType type, std::uint32_t permissions) {
  return mode_bits(node_type(type)) | (permissions & 07777);
}

/// The type that stands beside a name in a folder.
inline std::uint8_t folder_code(EntryType type) { return folder_type_code(node_type(type)); }

inline DeviceNumber device_of(const TreeEntry& entry) { return {entry.device_major, entry.device_minor}; }

}  // namespace keelson::image
