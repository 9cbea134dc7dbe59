/// How much of a FAT32 file system a set of files takes, and which cluster size fits a partition.
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

/// What the files of an ESP take, before clusters.
struct FatContent {
  std::vector<std::uint64_t> file_sizes;
  std::vector<std::uint64_t> folder_sizes;  ///< bytes of directory entries, the root's included
};

/// @throws Error(BadInput) naming the path: not relative, an empty or dot component, a character outside the allowed
/// set, a name over 255 characters, two that differ in case only, or one that is a file and a folder.
void check_esp_paths(std::span<const EspFile> files);

/// Sizes of the files and their folders. @throws Error for a source that cannot be read or is 4 GiB or larger.
FatContent measure(std::span<const EspFile> files);

/// The largest sectors per cluster (8, 4, 2, 1) that still makes it FAT32; nothing if it is too small for that.
std::optional<std::uint32_t> sectors_per_cluster(ByteCount size);

/// True if the content and `spare` more bytes fit a FAT32 file system of this size.
bool fits(const FatContent& content, ByteCount size, ByteCount spare);

}  // namespace keelson::image
