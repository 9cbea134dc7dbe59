#include <algorithm>
#include <map>

#include "image/filesystems/ext4/plan.h"
#include "image/filesystems/ext4/writer.h"

namespace keelson::image {

namespace {

constexpr std::uint64_t blocks_of(std::uint64_t bytes) { return (bytes + kExt4BlockSize - 1) / kExt4BlockSize; }

/// Blocks of a file, with those that its map needs in the worst case: holes of 64 KiB at every second place.
std::uint64_t file_blocks(std::uint64_t size) {
  constexpr std::uint64_t kExtentsPerBlock = 340;
  constexpr std::uint64_t kBytesPerExtent = 128u << 10;
  const std::uint64_t extents = size / kBytesPerExtent;
  return blocks_of(size) + (extents < kInlineExtents ? 0 : extents / kExtentsPerBlock + 1);
}

std::uint64_t entry_blocks(const TreeEntry& entry) {
  std::uint64_t blocks = 0;
  if (entry.type == EntryType::File) blocks = file_blocks(entry.size.value);
  if (entry.type == EntryType::Symlink && entry.target.size() >= kFastSymlinkLimit) blocks = 1;
  return blocks + (fits_in_inode(entry.xattrs) ? 0 : 1);
}

std::uint64_t free_blocks(ByteCount size, std::uint64_t inodes) {
  return ext2fs_free_blocks_count(make_empty_ext4(size, inodes, {})->super);
}

}  // namespace

std::uint64_t needed_blocks(const Tree& tree) {
  std::uint64_t blocks = kLostFoundBlocks;
  for (const TreeEntry& entry : tree.entries)
    if (entry.first_link == TreeEntry::kNone) blocks += entry_blocks(entry);
  const Children children = children_of(tree);
  for (const auto& [folder, entries] : children) blocks += blocks_of(folder_content(tree, children, folder, {}).size());
  return blocks;
}

std::uint64_t needed_inodes(const Tree& tree, ByteCount size) {
  constexpr std::uint64_t kBytesPerInode = 16384;  // as mke2fs takes for an ordinary file system
  const std::uint64_t used = tree.entries.size() + EXT2_GOOD_OLD_FIRST_INO;
  return std::max(size.value / kBytesPerInode, used + std::max<std::uint64_t>(used / 10, 256));
}

ByteCount ext4_size_for(const Tree& tree, ByteCount extra_free) {
  const std::uint64_t needed = needed_blocks(tree) + blocks_of(extra_free.value);
  ByteCount size = align_up({needed * kExt4BlockSize + mebibytes(2).value}, mebibytes(1));
  // What the structures take depends on the size; more size never leaves less room, so this ends.
  while (true) {
    const std::uint64_t available = free_blocks(size, needed_inodes(tree, size));
    if (available >= needed) return size;
    size = align_up({size.value + (needed - available) * kExt4BlockSize}, mebibytes(1));
  }
}

}  // namespace keelson::image
