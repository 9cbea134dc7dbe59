/// Writes an ext4 file system from an OS tree straight into a raw disk file: no mount, no root, no child process.
///
/// The same Tree, content and options give the same bytes, whatever the machine, the user and the order of files on
/// the disk. Blocks of zeros are not stored: an aligned 64 KiB of a file (or its tail) that is all zeros becomes a
/// hole, and the raw file stays sparse where the file system is free.
#pragma once

#include "base/sha256.h"
#include "base/units.h"
#include "base/uuid.h"
#include "image/filesystems/file_content.h"
#include "image/filesystems/tree.h"
#include "sys/root_dir.h"

namespace keelson::image {

struct Ext4Options {
  std::string label;  ///< at most 16 bytes; errors name the file system by it
  Uuid uuid;
  Sha256 seed;             ///< of the directory hash: any digest that follows from the recipe
  std::int64_t epoch = 0;  ///< every time in the file system but the files' own modification times
  /// If set, content that lies on a foreign disk as it is is not copied: this is told where in the raw file it belongs.
  ReferToContent refer{};
};

/// The smallest file system, in whole MiB, that holds the tree and `extra_free` besides. Files count with their full
/// size, holes included, so that it does not depend on how the host stores them.
ByteCount ext4_size_for(const Tree& tree, ByteCount extra_free);

/// Writes the file system at `offset` of the file open at `raw`, which is made longer if it ends before. What was in
/// the range before is gone.
/// @param root the folder that was scanned into `tree`.
/// @throws Error(BadInput) if the tree does not fit in `size`, before anything is written;
///         Error(Unavailable) if a file changed after the scan.
void write_ext4(const Tree& tree, const RootDir& root, int raw, ByteCount offset, ByteCount size,
                const Ext4Options& options);

}  // namespace keelson::image
