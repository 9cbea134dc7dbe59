#include "image/filesystems/ext4/blocks.h"

#include <ext2fs/ext3_extents.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/error.h"

namespace keelson::image {

Extent BlockCursor::take_run(std::uint32_t logical, std::uint32_t count) {
  const std::uint64_t last = ext2fs_blocks_count(fs_->super) - 1;
  blk64_t start = 0;
  if (next_ < fs_->super->s_first_data_block) next_ = fs_->super->s_first_data_block;
  if (next_ > last || ext2fs_find_first_zero_block_bitmap2(fs_->block_map, next_, last, &start) != 0)
    check_ext2(EXT2_ET_BLOCK_ALLOC_FAIL, "write file system", reinterpret_cast<const char*>(fs_->device_name));
  const std::uint64_t wanted_end = std::min<std::uint64_t>(last + 1, start + std::min(count, kMaxExtent));
  blk64_t end = wanted_end;
  if (ext2fs_find_first_set_block_bitmap2(fs_->block_map, start, wanted_end - 1, &end) != 0) end = wanted_end;
  const auto taken = static_cast<std::uint32_t>(end - start);
  ext2fs_block_alloc_stats_range(fs_, start, taken, +1);
  next_ = end;
  return {logical, start, taken};
}

void BlockCursor::take(std::uint32_t logical, std::uint32_t count, std::vector<Extent>& extents) {
  while (count > 0) {
    const Extent piece = take_run(logical, count);
    append_extent(extents, piece);
    logical += piece.count;
    count -= piece.count;
  }
}

void append_extent(std::vector<Extent>& extents, Extent piece) {
  if (!extents.empty()) {
    Extent& last = extents.back();
    if (last.logical + last.count == piece.logical && last.physical + last.count == piece.physical) {
      const std::uint32_t joined = std::min(piece.count, kMaxExtent - last.count);
      last.count += joined;
      piece.logical += joined;
      piece.physical += joined;
      piece.count -= joined;
    }
  }
  if (piece.count > 0) extents.push_back(piece);
}

void store_extents(const std::vector<Extent>& extents, ext2_inode_large& inode) {
  inode.i_flags |= EXT4_EXTENTS_FL;
  ext3_extent_header header{};
  header.eh_magic = EXT3_EXT_MAGIC;
  header.eh_max = kInlineExtents;
  const bool fits = extents.size() <= kInlineExtents;
  header.eh_entries = static_cast<std::uint16_t>(fits ? extents.size() : 0);
  std::memset(inode.i_block, 0, sizeof inode.i_block);
  std::memcpy(inode.i_block, &header, sizeof header);
  if (!fits) return;
  auto* place = reinterpret_cast<std::byte*>(inode.i_block) + sizeof header;
  std::uint64_t blocks = 0;
  for (const Extent& extent : extents) {
    ext3_extent stored{};
    stored.ee_block = extent.logical;
    stored.ee_len = static_cast<std::uint16_t>(extent.count);
    stored.ee_start = static_cast<std::uint32_t>(extent.physical);
    stored.ee_start_hi = static_cast<std::uint16_t>(extent.physical >> 32);
    std::memcpy(place, &stored, sizeof stored);
    place += sizeof stored;
    blocks += extent.count;
  }
  const std::uint64_t sectors = blocks * (kExt4BlockSize / 512);
  inode.i_blocks = static_cast<std::uint32_t>(sectors);
  inode.osd2.linux2.l_i_blocks_hi = static_cast<std::uint16_t>(sectors >> 32);
}

void store_extent_tree(ext2_filsys fs, ext2_ino_t number, const std::vector<Extent>& extents) {
  struct FreeHandle {
    void operator()(ext2_extent_handle* handle) const { ext2fs_extent_free(handle); }
  };
  ext2_extent_handle_t opened = nullptr;
  check_ext2(ext2fs_extent_open(fs, number, &opened), "write file map of", "inode");
  const std::unique_ptr<ext2_extent_handle, FreeHandle> handle(opened);
  std::uint64_t blocks = 0;
  for (const Extent& extent : extents) {
    ext2fs_extent piece{};
    piece.e_lblk = extent.logical;
    piece.e_pblk = extent.physical;
    piece.e_len = extent.count;
    check_ext2(ext2fs_extent_insert(handle.get(), EXT2_EXTENT_INSERT_AFTER, &piece), "write file map of", "inode");
    blocks += extent.count;
  }
  check_ext2(ext2fs_extent_fix_parents(handle.get()), "write file map of", "inode");
  ext2_inode inode{};
  check_ext2(ext2fs_read_inode(fs, number, &inode), "write file map of", "inode");
  check_ext2(ext2fs_iblk_add_blocks(fs, &inode, blocks), "write file map of", "inode");
  check_ext2(ext2fs_write_inode(fs, number, &inode), "write file map of", "inode");
}

}  // namespace keelson::image
