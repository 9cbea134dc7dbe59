/// How much of a FAT file system a set of files takes, and which cluster size fits a partition.
/// Spec: Microsoft, "FAT: General Overview of On-Disk Format" 1.03, "FAT Type Determination" and "Long Directory
/// Entries".
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/units.h"
#include "image/esp.h"

namespace keelson::image {

/// Of a FAT16, fixed when it is made: 512 entries.
inline constexpr std::uint32_t kFat16RootSectors = 32;

/// What the files of an ESP take, before clusters.
struct FatContent {
  std::vector<std::uint64_t> file_sizes;
  std::vector<std::uint64_t> folder_sizes;  ///< bytes of directory entries; the first is the root
};

/// @throws Error(BadInput) naming the path: not relative, an empty or dot component, a character outside the allowed
/// set, a name over 255 characters, two that differ in case only, or one that is a file and a folder.
void check_esp_paths(std::span<const EspFile> files);

/// Sizes of the files and their folders. @throws Error for a source that cannot be read or is 4 GiB or larger.
FatContent measure(std::span<const EspFile> files);

/// The kind of FAT and its sectors per cluster for a partition.
struct FatGeometry {
  bool fat32 = true;
  std::uint32_t sectors_per_cluster = 8;
};

/// FAT32 with the largest clusters (up to 4 KiB) that still make it one; FAT16 where the size is too small for that;
/// nothing if it is too small for either.
std::optional<FatGeometry> fat_geometry(ByteCount size);

/// True if the content and `spare` more bytes fit a file system of this size.
bool fits(const FatContent& content, ByteCount size, ByteCount spare);

}  // namespace keelson::image
