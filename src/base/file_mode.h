/// What kind of file an inode is, in the numbers that Linux' own file systems store: the same in all of them.
#pragma once

#include <cstdint>
#include <optional>

#include "base/file_system.h"

namespace keelson {

/// The upper four of a mode's sixteen bits (S_IFMT) as a type; nothing for bits that are none.
std::optional<NodeType> type_of_mode(std::uint32_t mode);

/// A type as the upper four bits of a mode.
std::uint32_t mode_bits(NodeType type);

/// The type that stands beside a name in a folder of ext4, XFS and btrfs: 1 for a file, 2 for a folder …
std::uint8_t folder_type_code(NodeType type);

}  // namespace keelson
