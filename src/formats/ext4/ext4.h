/// Reads ext2, ext3 and ext4 in user space: names, attributes and content of a file system that nothing mounted.
/// Spec: Linux Documentation/filesystems/ext4 (6.12); e2fsprogs 1.47 is the reference.
#pragma once

#include <memory>

#include "base/file_system.h"

namespace keelson::ext4 {

/// Whether the disk has ext's magic number where its superblock belongs; nothing else is believed or checked.
bool looks_like_ext4(const BlockSource& disk);

/// Opens a file system for reading. `disk` must outlive it. All methods may be called from several threads at once.
///
/// A NodeId is an inode number. Metadata checksums are verified where the file system has them. A journal that was not
/// emptied is replayed in memory: what is read is what the kernel would show after mounting. Where that fails,
/// identity().dirty and why_dirty say so, the disk is read as it lies, and whether to go on is the caller's decision.
/// A folder's list() also proves that each folder in it names this one as its parent, so that a walk from the root
/// meets no folder twice and ends.
/// @throws Error(BadInput) for what is no ext file system, has a feature that is not understood (named in the message),
/// is longer than its disk, or has a broken superblock.
std::unique_ptr<FileSystem> open_ext4(const BlockSource& disk);

}  // namespace keelson::ext4
