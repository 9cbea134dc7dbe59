/// The superblock: what the file system is and how it is laid out.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/uuid.h"

namespace keelson::ext4 {

constexpr std::uint64_t kSuperblockOffset = 1024;
constexpr std::size_t kSuperblockSize = 1024;
constexpr std::uint32_t kRootInode = 2;

/// Features that change how things are read. Spec: "The Super Block", s_feature_*.
enum Compat : std::uint32_t { kHasJournal = 0x4, kSparseSuper2 = 0x200 };
enum Incompat : std::uint32_t {
  kFiletype = 0x2,
  kNeedsRecovery = 0x4,
  kMetaBlockGroups = 0x10,
  kExtents = 0x40,
  k64Bit = 0x80,
  kChecksumSeed = 0x2000,
  kLargeFolders = 0x4000,
};
enum RoCompat : std::uint32_t {
  kSparseSuper = 0x1,
  kHugeFile = 0x8,
  kMetadataChecksums = 0x400,
  kOrphansPresent = 0x10000,
};

/// A superblock whose numbers fit together and fit the disk.
struct Superblock {
  std::uint32_t compat = 0;
  std::uint32_t incompat = 0;
  std::uint32_t ro_compat = 0;
  std::uint32_t block_size = 0;  ///< 1024 to 65536 bytes
  std::uint64_t blocks = 0;
  std::uint32_t first_data_block = 0;
  std::uint32_t blocks_per_group = 0;
  std::uint32_t groups = 0;
  std::uint32_t inodes = 0;
  std::uint32_t inodes_per_group = 0;
  std::uint32_t first_inode = 0;      ///< the first that is not reserved
  std::uint32_t inode_size = 0;       ///< 128 bytes to a block
  std::uint32_t descriptor_size = 0;  ///< of one block group
  std::uint32_t first_meta_group = 0;
  std::array<std::uint32_t, 2> backup_groups{};
  std::uint32_t checksum_seed = 0;
  std::uint32_t journal_inode = 0;
  bool unclean = false;  ///< not unmounted, without a journal; or with errors
  bool has_orphans = false;
  Uuid uuid;
  std::string label;

  bool has_checksums() const { return (ro_compat & kMetadataChecksums) != 0; }
  /// "ext2", "ext3" or "ext4", as blkid(8) tells them apart.
  std::string_view type() const;
  /// Whether a group begins with a copy of the superblock.
  bool has_backup(std::uint32_t group) const;
};

bool has_magic(ByteView superblock);

/// @param bytes the 1024 bytes at kSuperblockOffset. @throws Error(BadInput)
Superblock parse_superblock(ByteView bytes, std::uint64_t disk_size);

/// Error(BadInput): cannot read 'ext4 <what>': <why>, with the advice to check the file system.
[[noreturn]] void refuse(std::string_view what, std::string_view why);

}  // namespace keelson::ext4
