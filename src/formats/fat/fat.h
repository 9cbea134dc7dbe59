/// Reads FAT12, FAT16 and FAT32 with long names in user space: EFI system partitions above all.
/// Spec: Microsoft, "FAT: General Overview of On-Disk Format", version 1.03 (2000).
#pragma once

#include <memory>

#include "base/file_system.h"

namespace keelson::fat {

/// Whether the first sector has the signature and the numbers of a FAT file system. A master boot record has not.
bool looks_like_fat(const BlockSource& disk);

/// Opens a file system for reading. `disk` must outlive it. For one thread.
///
/// A NodeId is where a file's entry stands on the disk, in bytes; 0 is the root folder.
/// FAT has no owners and no permissions: everything is root's; folders have 0755, files 0644, or 0555 and 0444 with the
/// read-only attribute. Times are taken as UTC; there are no extended attributes, links or holes.
/// find() prefers the exact name and otherwise ignores the case of ASCII letters, as FAT does. Names are UTF-8: a long
/// name's 255 units can be up to 765 bytes; a short name's bytes above 127 are those of code page 437.
/// @throws Error(BadInput) for what is no FAT file system or is longer than its disk.
std::unique_ptr<FileSystem> open_fat(const BlockSource& disk);

}  // namespace keelson::fat
