#include <algorithm>

#include "image/filesystems/xfs/plan.h"
#include "image/filesystems/xfs/writer.h"

namespace keelson::image {

ByteCount xfs_size_for(const Tree& tree, ByteCount extra_free) {
  const XfsNeed need = needed_xfs(tree, xfs_children(tree));
  const std::uint64_t extra = (extra_free.value + kXfsBlockSize - 1) / kXfsBlockSize;
  ByteCount size = kXfsSmallest;
  // What the structures take depends on the size; more size never leaves less room, so this ends.
  while (true) {
    const XfsGeometry geometry = xfs_geometry(size);
    // The kernel keeps so many blocks to itself while the file system is mounted, to be able to delete from a full one.
    const std::uint64_t kept = std::min<std::uint64_t>(geometry.blocks / 20, 8192);
    std::uint64_t missing = need.missing(geometry, extra + kept);
    // New files must be possible besides: no more than four fifths of the inodes that there may be are taken.
    const std::uint64_t for_inodes = need.inodes / kXfsInodesPerBlock * 125 / geometry.inode_percent();
    if (for_inodes > geometry.blocks) missing = std::max(missing, for_inodes - geometry.blocks);
    if (missing == 0) return size;
    size = align_up({size.value + missing * kXfsBlockSize}, mebibytes(1));
  }
}

}  // namespace keelson::image
