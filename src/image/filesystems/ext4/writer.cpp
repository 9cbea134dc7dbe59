#include "image/filesystems/ext4/writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>

#include "base/error.h"
#include "image/filesystems/entry_kind.h"
#include "image/filesystems/ext4/content.h"
#include "image/filesystems/ext4/metadata_store.h"
#include "image/filesystems/ext4/plan.h"
#include "image/filesystems/ext4/xattr.h"
#include "image/filesystems/partition_range.h"

namespace keelson::image {

namespace {

/// An inode as it lies on the disk: the fixed part, then room for attributes.
struct StoredInode {
  ext2_inode_large fixed{};
  std::array<std::byte, kXattrRoom> xattrs{};
};
static_assert(sizeof(StoredInode) == 256);

/// Two more bits for the seconds, so that times reach to 2446 ("Inode Timestamps"); no nanoseconds.
std::uint32_t epoch_bits(std::int64_t seconds) {
  return static_cast<std::uint32_t>((seconds - static_cast<std::int32_t>(seconds)) >> 32) & 3;
}

StoredInode make_inode(const TreeEntry& entry, std::int64_t epoch) {
  StoredInode inode;
  ext2_inode_large& fixed = inode.fixed;
  fixed.i_mode = static_cast<std::uint16_t>(mode_of(entry.type, entry.mode));
  fixed.i_uid = static_cast<std::uint16_t>(entry.uid);
  fixed.osd2.linux2.l_i_uid_high = static_cast<std::uint16_t>(entry.uid >> 16);
  fixed.i_gid = static_cast<std::uint16_t>(entry.gid);
  fixed.osd2.linux2.l_i_gid_high = static_cast<std::uint16_t>(entry.gid >> 16);
  fixed.i_size = static_cast<std::uint32_t>(entry.size.value);
  fixed.i_size_high = static_cast<std::uint32_t>(entry.size.value >> 32);
  fixed.i_mtime = static_cast<std::uint32_t>(entry.mtime);
  fixed.i_mtime_extra = epoch_bits(entry.mtime);
  fixed.i_atime = fixed.i_ctime = fixed.i_crtime = static_cast<std::uint32_t>(epoch);
  fixed.i_atime_extra = fixed.i_ctime_extra = fixed.i_crtime_extra = epoch_bits(epoch);
  fixed.i_links_count = 1;
  fixed.i_extra_isize = sizeof(ext2_inode_large) - EXT2_GOOD_OLD_INODE_SIZE;
  return inode;
}

/// Writes one file system; lives as long as one write_ext4() call.
class Ext4Writer {
 public:
  Ext4Writer(const Tree& tree, const RootDir& root, int raw, ByteCount offset, ByteCount size,
             const Ext4Options& options)
      : tree_(tree),
        options_(options),
        raw_(raw),
        offset_(offset),
        fs_(make_empty_ext4(size, needed_inodes(tree, size),
                            {options.label, options.uuid, options.seed, options.epoch})),
        blocks_(fs_.get()),
        copier_(root, raw, offset.value, blocks_, options.refer),
        inodes_(assign_inodes(tree)),
        children_(children_of(tree)) {}

  void check_room(ByteCount size) const;
  void write();

 private:
  void count_links();
  void write_folder(std::size_t index);
  void write_lost_found();
  void write_file(std::size_t index);
  void write_symlink(const TreeEntry& entry, ext2_ino_t number, StoredInode inode);
  void write_device(const TreeEntry& entry, ext2_ino_t number, StoredInode inode);
  void store_folder_blocks(ext2_ino_t number, Bytes content, StoredInode& inode);
  void store_inode(ext2_ino_t number, StoredInode inode, const TreeEntry& entry);
  void store_xattr_block(ext2_ino_t number, const TreeEntry& entry);

  const Tree& tree_;
  const Ext4Options& options_;
  int raw_;
  ByteCount offset_;
  Ext4Handle fs_;
  BlockCursor blocks_;
  ContentCopier copier_;
  std::vector<std::uint32_t> inodes_;
  Children children_;
  std::vector<std::uint32_t> links_;  ///< names of each entry that is the first name of its file
};

void Ext4Writer::check_room(ByteCount size) const {
  if (needed_blocks(tree_) <= ext2fs_free_blocks_count(fs_->super) &&
      tree_.entries.size() + 1 <= fs_->super->s_free_inodes_count)
    return;
  throw does_not_fit(options_.label, ext4_size_for(tree_, {}), size);
}

/// Folders first, next to one another, so that a walk over the tree reads one place; then the files in tree order.
void Ext4Writer::write() {
  count_links();
  for (const auto& [folder, entries] : children_) write_folder(folder);
  if (lacks_lost_found(tree_)) write_lost_found();
  for (std::size_t i = 0; i < tree_.entries.size(); ++i)
    if (tree_.entries[i].type != EntryType::Folder && tree_.entries[i].first_link == TreeEntry::kNone) write_file(i);
  check_ext2(ext2fs_flush2(fs_.get(), 0), "write file system", options_.label);
  metadata_of(fs_.get()).commit(raw_, offset_.value, "disk image");
}

void Ext4Writer::count_links() {
  links_.assign(tree_.entries.size(), 1);
  for (const TreeEntry& entry : tree_.entries)
    if (entry.first_link != TreeEntry::kNone && ++links_[entry.first_link] > EXT2_LINK_MAX)
      throw Error(ErrorKind::BadInput,
                  fmt::format("cannot write '{}': a file in ext4 has at most {} names", entry.path, EXT2_LINK_MAX));
}

void Ext4Writer::write_folder(std::size_t index) {
  const TreeEntry& entry = tree_.entries[index];
  StoredInode inode = make_inode(entry, options_.epoch);
  std::size_t links = 2;
  for (const std::size_t child : children_[index])
    if (tree_.entries[child].type == EntryType::Folder) ++links;
  if (index == 0 && lacks_lost_found(tree_)) ++links;
  // Beyond the limit the count stays 1: feature dir_nlink.
  inode.fixed.i_links_count = static_cast<std::uint16_t>(links > EXT2_LINK_MAX ? 1 : links);
  store_folder_blocks(inodes_[index], folder_content(tree_, children_, index, inodes_), inode);
  store_inode(inodes_[index], inode, entry);
}

void Ext4Writer::write_lost_found() {
  TreeEntry entry;
  entry.path = "lost+found";
  entry.type = EntryType::Folder;
  entry.mode = 0700;
  entry.mtime = options_.epoch;
  StoredInode inode = make_inode(entry, options_.epoch);
  inode.fixed.i_links_count = 2;
  store_folder_blocks(EXT2_GOOD_OLD_FIRST_INO, empty_lost_found(), inode);
  store_inode(EXT2_GOOD_OLD_FIRST_INO, inode, entry);
}

void Ext4Writer::store_folder_blocks(ext2_ino_t number, Bytes content, StoredInode& inode) {
  std::vector<Extent> extents;
  blocks_.take(0, static_cast<std::uint32_t>(content.size() / kExt4BlockSize), extents);
  for (const Extent& extent : extents)
    for (std::uint32_t i = 0; i < extent.count; ++i)
      check_ext2(ext2fs_write_dir_block4(fs_.get(), extent.physical + i,
                                         content.data() + std::size_t{extent.logical + i} * kExt4BlockSize, 0, number),
                 "write file system", options_.label);
  if (extents.size() > kInlineExtents)
    throw Error(ErrorKind::Internal, "cannot write a folder in more than four pieces");
  store_extents(extents, inode.fixed);
  inode.fixed.i_size = static_cast<std::uint32_t>(content.size());
}

void Ext4Writer::write_file(std::size_t index) {
  const TreeEntry& entry = tree_.entries[index];
  const ext2_ino_t number = inodes_[index];
  StoredInode inode = make_inode(entry, options_.epoch);
  inode.fixed.i_links_count = static_cast<std::uint16_t>(links_[index]);
  if (entry.type == EntryType::Symlink) return write_symlink(entry, number, inode);
  if (entry.type != EntryType::File) return write_device(entry, number, inode);
  const std::vector<Extent> extents = copier_.copy(entry);
  store_extents(extents, inode.fixed);
  store_inode(number, inode, entry);
  if (extents.size() > kInlineExtents) store_extent_tree(fs_.get(), number, extents);
}

void Ext4Writer::write_symlink(const TreeEntry& entry, ext2_ino_t number, StoredInode inode) {
  inode.fixed.i_size = static_cast<std::uint32_t>(entry.target.size());
  if (entry.target.size() < kFastSymlinkLimit) {
    std::memcpy(inode.fixed.i_block, entry.target.data(), entry.target.size());
  } else {
    const Extent block = blocks_.take_run(0, 1);
    metadata_of(fs_.get()).write(block.physical * kExt4BlockSize, as_bytes(entry.target));
    store_extents({block}, inode.fixed);
  }
  store_inode(number, inode, entry);
}

void Ext4Writer::write_device(const TreeEntry& entry, ext2_ino_t number, StoredInode inode) {
  const Ext4Device device = pack_ext4_device(device_of(entry));
  inode.fixed.i_block[0] = device.old_form;
  inode.fixed.i_block[1] = device.new_form;
  store_inode(number, inode, entry);
}

void Ext4Writer::store_inode(ext2_ino_t number, StoredInode inode, const TreeEntry& entry) {
  const auto packed = entry.xattrs.empty() ? std::nullopt : pack_inode_xattrs(entry.xattrs, kXattrRoom);
  if (packed) std::copy(packed->begin(), packed->end(), inode.xattrs.begin());
  if (number >= EXT2_GOOD_OLD_FIRST_INO)
    ext2fs_inode_alloc_stats2(fs_.get(), number, +1, entry.type == EntryType::Folder ? 1 : 0);
  check_ext2(ext2fs_write_inode_full(fs_.get(), number, reinterpret_cast<ext2_inode*>(&inode), sizeof inode),
             "write file system", options_.label);
  if (!entry.xattrs.empty() && !packed) store_xattr_block(number, entry);
}

/// For attributes that need more than the inode has; libext2fs lays them out and allocates the block.
void Ext4Writer::store_xattr_block(ext2_ino_t number, const TreeEntry& entry) {
  struct CloseHandle {
    void operator()(ext2_xattr_handle* handle) const { ext2fs_xattrs_close(&handle); }
  };
  ext2_xattr_handle* opened = nullptr;
  check_ext2(ext2fs_xattrs_open(fs_.get(), number, &opened), "write attributes of", entry.path);
  const std::unique_ptr<ext2_xattr_handle, CloseHandle> handle(opened);
  for (const auto& [name, value] : entry.xattrs)
    check_ext2(ext2fs_xattr_set(handle.get(), name.c_str(), value.data(), value.size()), "write attributes of",
               entry.path);
}

}  // namespace

void write_ext4(const Tree& tree, const RootDir& root, int raw, ByteCount offset, ByteCount size,
                const Ext4Options& options) {
  Ext4Writer writer(tree, root, raw, offset, size, options);
  writer.check_room(size);
  clear_range(raw, offset, size);
  writer.write();
}

}  // namespace keelson::image
