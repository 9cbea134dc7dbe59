/// Hands out the blocks of an ext4 file system in rising order, and writes down where a file's blocks are.
#pragma once

#include <cstdint>
#include <vector>

#include "image/filesystems/ext4/geometry.h"

namespace keelson::image {

/// Blocks of one file that follow one another both in the file and on the disk.
struct Extent {
  std::uint32_t logical = 0;   ///< block number in the file
  std::uint64_t physical = 0;  ///< block number in the file system
  std::uint32_t count = 0;     ///< at most kMaxExtent
};
inline constexpr std::uint32_t kMaxExtent = 32768;

/// The promise: blocks come in rising order and as few pieces as the free space has.
class BlockCursor {
 public:
  explicit BlockCursor(ext2_filsys fs) : fs_(fs) {}

  /// Appends the places of `count` blocks, from block `logical` of a file on, to `extents`; joins them to its last
  /// extent where it can. Returns the index of the first extent that holds them.
  /// @throws Error(BadInput) if the file system is full.
  void take(std::uint32_t logical, std::uint32_t count, std::vector<Extent>& extents);

  /// One piece: as many of `count` blocks as are free in a row at the cursor.
  Extent take_run(std::uint32_t logical, std::uint32_t count);

 private:
  ext2_filsys fs_;
  std::uint64_t next_ = 0;
};

/// Adds a piece to the list; joins it to the last one if that goes on there.
void append_extent(std::vector<Extent>& extents, Extent piece);

/// Writes the extents into an inode that libext2fs has not seen yet: up to four in the inode itself. More need
/// store_extent_tree() after the inode was written. Sets the extent flag and counts the blocks.
void store_extents(const std::vector<Extent>& extents, ext2_inode_large& inode);

/// For an inode with more extents than fit in itself: builds the tree in blocks of its own.
void store_extent_tree(ext2_filsys fs, ext2_ino_t number, const std::vector<Extent>& extents);

inline constexpr std::size_t kInlineExtents = 4;

}  // namespace keelson::image
