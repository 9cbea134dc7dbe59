/// Reads erofs in user space: the read-only roots of images.
/// Spec: Linux 6.12, Documentation/filesystems/erofs.rst, fs/erofs/erofs_fs.h. docs/formats/erofs.md says what is read.
#pragma once

#include <memory>

#include "base/file_system.h"

namespace keelson::erofs {

/// Whether the disk has erofs' magic number; nothing else is believed or checked.
bool looks_like_erofs(const BlockSource& disk);

/// Opens a file system for reading. `disk` must outlive it. For one thread.
///
/// A NodeId is the number by which folders name an inode.
/// @throws Error(BadInput) for what is no erofs, is longer than its disk, or has a feature that is not read.
std::unique_ptr<FileSystem> open_erofs(const BlockSource& disk);

}  // namespace keelson::erofs
