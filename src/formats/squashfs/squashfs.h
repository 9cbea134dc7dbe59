/// Reads squashfs in user space: the read-only roots of images, live systems and containers.
/// Spec: Linux 6.12, Documentation/filesystems/squashfs.rst, fs/squashfs/squashfs_fs.h. docs/formats/squashfs.md says
/// what is read.
#pragma once

#include <memory>

#include "base/file_system.h"

namespace keelson::squashfs {

/// Whether the disk has squashfs' magic number; nothing else is believed or checked.
bool looks_like_squashfs(const BlockSource& disk);

/// Opens a file system for reading. `disk` must outlive it. Every method may be called from several threads at once.
///
/// A NodeId is the number by which folders name an inode. A folder is read only after the folder that names it was
/// listed, or looked into, as everybody does who comes from the root.
/// @throws Error(BadInput) for what is no squashfs 4.0, is longer than its disk, or compressed by LZMA.
std::unique_ptr<FileSystem> open_squashfs(const BlockSource& disk);

}  // namespace keelson::squashfs
