/// Hands out the blocks of an XFS file system, and writes sealed structures and content to them.
#pragma once

#include <cstdint>
#include <vector>

#include "base/uuid.h"
#include "image/filesystems/xfs/block.h"
#include "image/filesystems/xfs/geometry.h"

namespace keelson::image {

/// Blocks that follow one another both in a fork and on the disk.
struct XfsExtent {
  std::uint64_t logical = 0;   ///< block number in the fork
  std::uint64_t physical = 0;  ///< block number from the file system's start
  std::uint64_t count = 0;     ///< at most kXfsLongestExtent
};
inline constexpr std::uint64_t kXfsLongestExtent = (1u << 21) - 1;

/// Adds a piece to the list; joins it to the last one if that goes on there and lies in the same group.
void append_extent(std::vector<XfsExtent>& extents, XfsExtent piece, const XfsGeometry& geometry);

/// The promise: in each group blocks come in rising order without gaps, so that what is free there stays in one piece.
class XfsSpace {
 public:
  explicit XfsSpace(const XfsGeometry& geometry);

  /// As many of `count` blocks as there are in a row in `group`, or in the next one that is not full; logical is 0.
  XfsExtent take_run(std::uint32_t group, std::uint64_t count);
  /// All of them in this group, for what may lie nowhere else; uses its reserve if it must.
  std::uint32_t take_in(std::uint32_t group, std::uint32_t count);
  /// The first block of a group that was not handed out; all after it are free.
  std::uint32_t next(std::uint32_t group) const { return next_[group]; }

 private:
  XfsGeometry geometry_;
  std::vector<std::uint32_t> next_;
};

/// The range of the raw file that becomes the file system.
class XfsDisk {
 public:
  XfsDisk(int raw, ByteCount offset, const Uuid& uuid) : raw_(raw), offset_(offset), uuid_(uuid) {}

  /// @param at in bytes, from the file system's start.
  void write(std::uint64_t at, ByteView bytes) const;
  void write_sealed(std::uint64_t at, XfsBlock block, std::uint64_t owner) const;

 private:
  int raw_;
  ByteCount offset_;
  Uuid uuid_;
};

/// One file system that is being written.
struct XfsTarget {
  XfsGeometry geometry;
  XfsSpace space{geometry};
  XfsDisk disk;
};

}  // namespace keelson::image
