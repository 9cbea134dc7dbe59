/// Writes a btrfs file system with its subvolumes from an OS tree straight into a raw disk file: no mount, no root, no
/// child process.
///
/// The same Tree, content and options give the same bytes. One device; metadata is kept twice (DUP), data once; sectors
/// of 4096 bytes, nodes of 16384, crc32c. Features are the defaults of mkfs.btrfs 6: mixed-backref, big-metadata,
/// extended-iref, skinny-metadata, no-holes, free-space-tree; Linux has them all since 4.9, and GRUB reads what is
/// written. Specification: btrfs.readthedocs.io, "On-disk format"; see docs/formats/btrfs-write.md.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/sha256.h"
#include "base/units.h"
#include "base/uuid.h"
#include "image/filesystems/tree.h"
#include "sys/root_dir.h"

namespace keelson::image {

struct BtrfsSubvolumePlan {
  std::string path;  ///< from the file system's top, no slash at either end; "root/home" may lie within "root"
  std::optional<ByteCount> referenced_limit;  ///< quotas: if any subvolume has one, all are counted
  std::optional<ByteCount> exclusive_limit;
  /// Where in the tree the subvolume is mounted: "" is the tree's root, "home" a folder; unset: nowhere.
  std::optional<std::string> tree_path;
};

struct BtrfsOptions {
  std::string label;  ///< at most 255 bytes; errors name the file system by it
  Uuid uuid;
  Sha256 seed;                                 ///< of all other identifiers: any digest that follows from the recipe
  std::int64_t epoch = 0;                      ///< every time in the file system but the files' own modification times
  std::vector<BtrfsSubvolumePlan> subvolumes;  ///< get the ids 256, 257, … in this order
};

/// The smallest file system, in whole MiB, that holds the tree and `extra_free` besides: at least 109 MiB, which is the
/// smallest that mkfs.btrfs makes with its metadata twice. Files count with their full size, holes included.
/// @throws Error(BadInput) if the tree can't be stored in btrfs or the subvolumes contradict each other.
ByteCount btrfs_size_for(const Tree& tree, ByteCount extra_free, const BtrfsOptions& options);

/// Writes the file system at `offset` of the file open at `raw`, which is made longer if it ends before. What was in
/// the range before is gone.
///
/// Without subvolumes the whole tree is in the top level (id 5), which also stays the default subvolume. With them, an
/// entry goes where it would go if each subvolume were mounted at its tree_path (the top level where none is) and the
/// tree copied in: an empty folder stays under each mount point, and a nested subvolume is seen in its parent.
/// Folders that lead to a subvolume are made where the tree has none. A file with names in two subvolumes is stored in
/// both.
/// @param root the folder that was scanned into `tree`.
/// @throws Error(BadInput) if the tree does not fit in `size`, before anything is written;
///         Error(Unavailable) if a file changed after the scan.
void write_btrfs(const Tree& tree, const RootDir& root, int raw, ByteCount offset, ByteCount size,
                 const BtrfsOptions& options);

}  // namespace keelson::image
