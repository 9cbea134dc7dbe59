/// Puts files into a FAT file system that stays as it is otherwise: no other file moves, and no other byte changes but
/// the tables' own.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>

#include "base/block_source.h"
#include "base/file_system.h"
#include "image/esp.h"

namespace keelson::image {

struct FatUpdate {
  std::filesystem::path raw_image;  ///< the disk's file; changed in place
  BlockRange range;                 ///< of the file system, in bytes
  const FileSystem& before;         ///< the same file system as it was, from wherever
  std::int64_t epoch = 0;           ///< the time that new entries carry
};

/// Replaces or makes each file; folders on the way are made. A name that differs from one that is there in case only
/// is that one, as FAT has it, and keeps its spelling.
/// @throws Error(BadInput) for a path that FAT can't hold or that names a folder, and when the room does not suffice;
/// the file system in `raw_image` is then half changed.
void update_fat(const FatUpdate& update, std::span<const EspFile> files);

}  // namespace keelson::image
