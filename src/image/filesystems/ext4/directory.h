/// The blocks of an ext4 folder: a linear list of names, which every reader of ext4 takes and which e2fsck leaves as
/// it is. A hash tree would pay only for folders far larger than an OS has; the kernel keeps a linear folder linear.
/// Format: Linux Documentation/filesystems/ext4/directory.rst, "Linear (Classic) Directories".
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace keelson::image {

struct DirectoryEntry {
  std::string_view name;  ///< 1 to 255 bytes
  std::uint32_t inode = 0;
  std::uint8_t file_type = 0;  ///< EXT2_FT_…
};

/// Whole blocks, with "." and ".." first; each ends in an empty checksum tail that the writer fills.
/// Entries stand in the order given.
Bytes pack_directory(std::uint32_t self, std::uint32_t parent, const std::vector<DirectoryEntry>& entries);

/// A block without names, for a folder that has room beforehand.
Bytes pack_unused_block();

}  // namespace keelson::image
