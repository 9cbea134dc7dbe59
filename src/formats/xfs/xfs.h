/// Reads XFS in user space, versions 4 and 5: names, attributes and content of a file system that nothing mounted.
/// Spec: "XFS Algorithms & Data Structures", 3rd edition; later features as Linux 6.12 has them.
#pragma once

#include <memory>

#include "base/file_system.h"

namespace keelson::xfs {

/// Whether the disk begins with XFS' magic number; nothing else is believed or checked.
bool looks_like_xfs(const BlockSource& disk);

/// Opens a file system for reading. `disk` must outlive it. For one thread.
///
/// A NodeId is an inode number. Checksums are verified (version 5). The log is not replayed: identity().dirty says that
/// its last record is not the one of an unmount, and whether to go on is the caller's decision.
/// @throws Error(BadInput) for what is no XFS, has a feature that is not understood, a realtime device, or is longer
/// than its disk.
std::unique_ptr<FileSystem> open_xfs(const BlockSource& disk);

}  // namespace keelson::xfs
