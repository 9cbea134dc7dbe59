#include "image/filesystems/ext4/geometry.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "image/filesystems/ext4/metadata_store.h"

namespace keelson::image {

namespace {

constexpr std::uint32_t kMaxJournalBlocks = (64u << 20) / kExt4BlockSize;

/// What Linux 4.4 and newer and e2fsprogs 1.43 and newer all read; no feature that appeared later.
void set_features(ext2_super_block& super) {
  ext2fs_set_feature_dir_index(&super);
  ext2fs_set_feature_xattr(&super);
  ext2fs_set_feature_resize_inode(&super);
  ext2fs_set_feature_filetype(&super);
  ext2fs_set_feature_extents(&super);
  ext2fs_set_feature_64bit(&super);
  ext2fs_set_feature_flex_bg(&super);
  ext2fs_set_feature_sparse_super(&super);
  ext2fs_set_feature_large_file(&super);
  ext2fs_set_feature_huge_file(&super);
  ext2fs_set_feature_dir_nlink(&super);
  ext2fs_set_feature_extra_isize(&super);
  ext2fs_set_feature_metadata_csum(&super);
}

Ext4Handle initialize(std::uint64_t blocks, std::uint64_t inodes, const std::string& label) {
  ext2_super_block wanted{};
  ext2fs_blocks_count_set(&wanted, blocks);
  ext2fs_r_blocks_count_set(&wanted, blocks / 100);  // one per cent for root, so that a full disk can be mended
  wanted.s_rev_level = EXT2_DYNAMIC_REV;
  wanted.s_log_block_size = 2;
  wanted.s_log_cluster_size = 2;
  wanted.s_inode_size = 256;
  wanted.s_log_groups_per_flex = 4;
  wanted.s_inodes_count = static_cast<std::uint32_t>(std::min<std::uint64_t>(inodes, 0xffffffffu));
  set_features(wanted);
  ext2_filsys fs = nullptr;
  check_ext2(ext2fs_initialize(label.c_str(), EXT2_FLAG_64BITS, &wanted, metadata_io_manager(), &fs),
             "lay out file system", label);
  return Ext4Handle(fs);
}

/// Everything in the superblock that would otherwise come from the clock, from chance or from the build machine.
void set_identity(ext2_filsys fs, const Ext4Identity& identity) {
  ext2_super_block& super = *fs->super;
  // libext2fs takes zero for "ask the clock".
  fs->now = identity.epoch == 0 ? 1 : identity.epoch;
  const auto low = static_cast<std::uint32_t>(identity.epoch);
  const auto high = static_cast<std::uint8_t>(identity.epoch >> 32);
  super.s_mkfs_time = super.s_wtime = super.s_lastcheck = low;
  super.s_mkfs_time_hi = super.s_wtime_hi = super.s_lastcheck_hi = high;
  std::copy(identity.uuid.bytes.begin(), identity.uuid.bytes.end(), super.s_uuid);
  std::memcpy(super.s_hash_seed, identity.seed.bytes.data(), sizeof super.s_hash_seed);
  identity.label.copy(reinterpret_cast<char*>(super.s_volume_name), sizeof super.s_volume_name);
  super.s_def_hash_version = EXT2_HASH_HALF_MD4;
  super.s_flags = EXT2_FLAGS_UNSIGNED_HASH;  // else it follows the signedness of the builder's char
  super.s_max_mnt_count = -1;
  super.s_checkinterval = 0;
  super.s_errors = EXT2_ERRORS_CONTINUE;
  super.s_creator_os = EXT2_OS_LINUX;
  super.s_default_mount_opts = EXT2_DEFM_XATTR_USER | EXT2_DEFM_ACL;
  super.s_min_extra_isize = super.s_want_extra_isize = sizeof(ext2_inode_large) - EXT2_GOOD_OLD_INODE_SIZE;
  super.s_checksum_type = EXT2_CRC32C_CHKSUM;  // ext2fs_initialize() does not take it over
  ext2fs_init_csum_seed(fs);
}

void reserve_inodes(ext2_filsys fs) {
  for (ext2_ino_t inode = 1; inode < EXT2_FIRST_INODE(fs->super); ++inode)
    ext2fs_inode_alloc_stats2(fs, inode, +1, inode == EXT2_ROOT_INO ? 1 : 0);
  ext2fs_mark_ib_dirty(fs);
}

/// The store is zeros where nothing was written, so the kernel need not clear the inode tables after the first mount.
void mark_inode_tables_zeroed(ext2_filsys fs) {
  for (dgrp_t group = 0; group < fs->group_desc_count; ++group) {
    ext2fs_bg_flags_set(fs, group, EXT2_BG_INODE_ZEROED);
    ext2fs_group_desc_csum_set(fs, group);
  }
}

/// At the front of the data, so that the files after it are contiguous.
void add_journal(ext2_filsys fs, const std::string& label) {
  const int wanted = ext2fs_default_journal_size(ext2fs_blocks_count(fs->super));
  if (wanted <= 0) return;  // smaller than 8 MiB: there is no room for one
  const auto blocks = std::min(static_cast<std::uint32_t>(wanted), kMaxJournalBlocks);
  check_ext2(ext2fs_add_journal_inode2(fs, blocks, ext2fs_inode_table_loc(fs, 0), EXT2_MKJOURNAL_NO_MNT_CHECK),
             "add a journal to file system", label);
}

}  // namespace

void check_ext2(errcode_t code, std::string_view verb, std::string_view object) {
  if (code == 0) return;
  static const bool once = [] { return initialize_ext2_error_table(), true; }();
  (void)once;
  const bool full = code == EXT2_ET_BLOCK_ALLOC_FAIL || code == EXT2_ET_INODE_ALLOC_FAIL || code == EXT2_ET_TOOSMALL ||
                    code == ENOSPC;
  throw Error(full ? ErrorKind::BadInput : ErrorKind::Unavailable,
              fmt::format("cannot {} '{}': {}", verb, object, error_message(code)),
              full ? "give the partition more space" : "");
}

Ext4Handle make_empty_ext4(ByteCount size, std::uint64_t inodes, const Ext4Identity& identity) {
  if (identity.label.size() > EXT2_LABEL_LEN)
    throw Error(ErrorKind::BadInput, fmt::format("cannot label file system '{}': an ext4 label has at most {} bytes",
                                                 identity.label, int{EXT2_LABEL_LEN}));
  Ext4Handle fs = initialize(size.value / kExt4BlockSize, inodes, identity.label);
  set_identity(fs.get(), identity);
  check_ext2(ext2fs_allocate_tables(fs.get()), "lay out file system", identity.label);
  reserve_inodes(fs.get());
  check_ext2(ext2fs_create_resize_inode(fs.get()), "lay out file system", identity.label);
  mark_inode_tables_zeroed(fs.get());
  add_journal(fs.get(), identity.label);
  return fs;
}

}  // namespace keelson::image
