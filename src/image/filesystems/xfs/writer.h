/// Writes an XFS file system from an OS tree straight into a raw disk file: no mount, no root, no child process.
///
/// The same Tree, content and options give the same bytes, whatever the machine, the user and the order of files on
/// the disk. Blocks of zeros are not stored: an aligned 64 KiB of a file (or its tail) that is all zeros becomes a
/// hole, and the raw file stays sparse where the file system is free.
///
/// The format is that of mkfs.xfs 6.1 by default, which GRUB 2.06 and Linux 6.1 read, and all later ones: version 5,
/// blocks of 4 KiB, inodes of 512 bytes, features ftype, finobt, sparse inodes, reflink, bigtime and inobtcount.
/// Without rmapbt (every block would be listed once more) and nrext64 (GRUB 2.06 refuses it). See docs/formats/xfs.md.
/// Spec: "XFS Algorithms & Data Structures", 3rd edition.
#pragma once

#include <cstdint>
#include <string>

#include "base/sha256.h"
#include "base/units.h"
#include "base/uuid.h"
#include "image/filesystems/tree.h"
#include "sys/root_dir.h"

namespace keelson::image {

struct XfsOptions {
  std::string label;  ///< at most 12 bytes; errors name the file system by it
  Uuid uuid;
  Sha256 seed;             ///< of the inodes' generation numbers: any digest that follows from the recipe
  std::int64_t epoch = 0;  ///< every time in the file system but the files' own modification times
};

/// The smallest file system, in whole MiB, that holds the tree and `extra_free` besides; at least 300 MiB, because
/// mkfs.xfs makes none that is smaller. Files count with their full size, holes included, so that it does not depend on
/// how the host stores them.
/// @throws Error(BadInput) for what XFS can't hold: a symlink's target over 1023 bytes, device numbers over 14 and 18
/// bits, attributes of other namespaces than user, trusted, security and ACLs.
ByteCount xfs_size_for(const Tree& tree, ByteCount extra_free);

/// Writes the file system at `offset` of the file open at `raw`, which is made longer if it ends before. What was in
/// the range before is gone.
/// @param root the folder that was scanned into `tree`.
/// @throws Error(BadInput) if the tree does not fit in `size`, or XFS can't hold it, before anything is written;
///         Error(Unavailable) if a file changed after the scan.
void write_xfs(const Tree& tree, const RootDir& root, int raw, ByteCount offset, ByteCount size,
               const XfsOptions& options);

}  // namespace keelson::image
