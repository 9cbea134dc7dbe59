#include "formats/ext4/superblock.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "base/crc32c.h"
#include "base/error.h"

namespace keelson::ext4 {

namespace {

constexpr std::uint16_t kMagic = 0xEF53;
constexpr std::uint32_t kOldInodeSize = 128;  // revision 0 has no field for it
constexpr std::uint32_t kOldFirstInode = 11;
constexpr std::uint16_t kStateValid = 0x1;  // cleanly unmounted
constexpr std::uint16_t kStateErrors = 0x2;

enum Offset : std::size_t {
  kInodesCount = 0x0,
  kBlocksCountLow = 0x4,
  kFirstDataBlock = 0x14,
  kLogBlockSize = 0x18,
  kBlocksPerGroup = 0x20,
  kInodesPerGroup = 0x28,
  kMagicAt = 0x38,
  kState = 0x3A,
  kRevision = 0x4C,
  kFirstInode = 0x54,
  kInodeSize = 0x58,
  kCompat = 0x5C,
  kIncompat = 0x60,
  kRoCompat = 0x64,
  kUuid = 0x68,
  kLabel = 0x78,
  kJournalInode = 0xE0,
  kLastOrphan = 0xE8,
  kDescriptorSize = 0xFE,
  kFirstMetaGroup = 0x104,
  kBlocksCountHigh = 0x150,
  kChecksumType = 0x175,
  kBackupGroups = 0x24C,
  kSeed = 0x270,
  kChecksum = 0x3FC,
};

struct Feature {
  std::uint32_t bit;
  std::string_view name;
  bool known;  ///< to this reader; for those that are not, why
  std::string_view why;
};

constexpr Feature kIncompatFeatures[] = {
    {0x1, "compression", false, "it never came into the kernel"},
    {0x2, "filetype", true, ""},
    {0x4, "needs_recovery", true, ""},
    {0x8, "journal_dev", false, "it is the journal of another file system"},
    {0x10, "meta_bg", true, ""},
    {0x40, "extent", true, ""},
    {0x80, "64bit", true, ""},
    {0x100, "mmp", true, ""},
    {0x200, "flex_bg", true, ""},
    {0x400, "ea_inode", true, ""},
    {0x1000, "dirdata", false, "it is Lustre's"},
    {0x2000, "metadata_csum_seed", true, ""},
    {0x4000, "large_dir", true, ""},
    {0x8000, "inline_data", true, ""},
    {0x10000, "encrypt", true, ""},  // files that are encrypted are refused one by one
    {0x20000, "casefold", true, ""},
};

void check_features(std::uint32_t incompat) {
  for (const Feature& feature : kIncompatFeatures) {
    if ((incompat & feature.bit) == 0) continue;
    if (!feature.known) {
      refuse("superblock", fmt::format("the feature '{}' is not supported: {}", feature.name, feature.why));
    }
    incompat &= ~feature.bit;
  }
  if (incompat != 0) refuse("superblock", fmt::format("features {:#x} are unknown", incompat));
}

void check_checksum(const ByteReader& reader, std::uint32_t ro_compat) {
  if ((ro_compat & kMetadataChecksums) == 0) return;
  if (reader.u8(kChecksumType) != 1) refuse("superblock", "its checksums are not CRC-32C");
  if (crc32c(~0u, reader.bytes(0, kChecksum)) != reader.u32le(kChecksum)) {
    refuse("superblock", "its checksum is wrong");
  }
}

std::uint32_t read_block_size(const ByteReader& reader) {
  const std::uint32_t log = reader.u32le(kLogBlockSize);
  if (log > 6) refuse("superblock", fmt::format("blocks of 2^{} KiB are larger than 64 KiB", log));
  return 1024u << log;
}

bool is_power_between(std::uint32_t value, std::uint32_t least, std::uint32_t most) {
  return value >= least && value <= most && std::has_single_bit(value);
}

void read_sizes(Superblock& sb, const ByteReader& reader) {
  const bool old = reader.u32le(kRevision) == 0;
  sb.inode_size = old ? kOldInodeSize : reader.u16le(kInodeSize);
  sb.first_inode = old ? kOldFirstInode : reader.u32le(kFirstInode);
  if (!is_power_between(sb.inode_size, kOldInodeSize, sb.block_size)) {
    refuse("superblock", fmt::format("inodes of {} bytes are not between 128 and a block", sb.inode_size));
  }
  const bool wide = (sb.incompat & k64Bit) != 0;
  sb.descriptor_size = wide ? reader.u16le(kDescriptorSize) : 32;
  if (!is_power_between(sb.descriptor_size, wide ? 64 : 32, 1024)) {
    refuse("superblock", fmt::format("group descriptors of {} bytes are not allowed", sb.descriptor_size));
  }
}

void read_counts(Superblock& sb, const ByteReader& reader, std::uint64_t disk_size) {
  sb.blocks = reader.u32le(kBlocksCountLow);
  if ((sb.incompat & k64Bit) != 0) sb.blocks |= std::uint64_t{reader.u32le(kBlocksCountHigh)} << 32;
  if (sb.blocks > disk_size / sb.block_size) {
    refuse("superblock", fmt::format("{} blocks of {} bytes are more than the {} bytes that its disk has", sb.blocks,
                                     sb.block_size, disk_size));
  }
  sb.first_data_block = reader.u32le(kFirstDataBlock);
  sb.blocks_per_group = reader.u32le(kBlocksPerGroup);
  sb.inodes = reader.u32le(kInodesCount);
  sb.inodes_per_group = reader.u32le(kInodesPerGroup);
  if (sb.first_data_block > 1 || sb.blocks <= sb.first_data_block + 1 || sb.blocks_per_group == 0 ||
      sb.inodes_per_group == 0 || sb.inodes_per_group > 8 * sb.block_size) {
    refuse("superblock", "its numbers of blocks and inodes make no file system");
  }
  const std::uint64_t groups = (sb.blocks - sb.first_data_block - 1) / sb.blocks_per_group + 1;
  if (groups * sb.inodes_per_group != sb.inodes) {
    refuse("superblock", fmt::format("{} inodes in {} groups of {} are not the {} that it says it has",
                                     groups * sb.inodes_per_group, groups, sb.inodes_per_group, sb.inodes));
  }
  sb.groups = static_cast<std::uint32_t>(groups);
  sb.first_meta_group = reader.u32le(kFirstMetaGroup);
  sb.backup_groups = {reader.u32le(kBackupGroups), reader.u32le(kBackupGroups + 4)};
}

void read_names(Superblock& sb, const ByteReader& reader) {
  const ByteView uuid = reader.bytes(kUuid, 16);
  std::transform(uuid.begin(), uuid.end(), sb.uuid.bytes.begin(), [](std::byte b) { return std::uint8_t(b); });
  const std::string_view label = reader.text(kLabel, 16);
  sb.label = label.substr(0, label.find('\0'));
  if ((sb.incompat & kChecksumSeed) != 0) {
    sb.checksum_seed = reader.u32le(kSeed);
  } else {
    sb.checksum_seed = crc32c(~0u, uuid);
  }
}

bool is_power_of(std::uint32_t value, std::uint32_t base) {
  while (value % base == 0) value /= base;
  return value == 1;
}

}  // namespace

void refuse(std::string_view what, std::string_view why) {
  throw Error(ErrorKind::BadInput, fmt::format("cannot read 'ext4 {}': {}", what, why),
              "if the disk is whole, check a copy of it with e2fsck");
}

bool has_magic(ByteView superblock) { return ByteReader(superblock, "ext4 superblock").u16le(kMagicAt) == kMagic; }

std::string_view Superblock::type() const {
  constexpr std::uint32_t kExt3Incompat = 0x2 | 0x4 | 0x10;  // filetype, needs_recovery, meta_bg
  constexpr std::uint32_t kExt3RoCompat = 0x1 | 0x2 | 0x4;   // sparse_super, large_file, btree_dir
  if ((incompat & ~kExt3Incompat) != 0 || (ro_compat & ~kExt3RoCompat) != 0) return "ext4";
  return (compat & kHasJournal) != 0 ? "ext3" : "ext2";
}

bool Superblock::has_backup(std::uint32_t group) const {
  if (group == 0) return true;
  if ((compat & kSparseSuper2) != 0) return group == backup_groups[0] || group == backup_groups[1];
  if (group == 1 || (ro_compat & kSparseSuper) == 0) return true;
  return is_power_of(group, 3) || is_power_of(group, 5) || is_power_of(group, 7);
}

Superblock parse_superblock(ByteView bytes, std::uint64_t disk_size) {
  const ByteReader reader(bytes, "ext4 superblock");
  if (!has_magic(bytes)) refuse("superblock", "its magic number is not there");
  Superblock sb;
  if (reader.u32le(kRevision) != 0) {
    sb.compat = reader.u32le(kCompat);
    sb.incompat = reader.u32le(kIncompat);
    sb.ro_compat = reader.u32le(kRoCompat);
  }
  check_features(sb.incompat);
  check_checksum(reader, sb.ro_compat);
  sb.block_size = read_block_size(reader);
  read_sizes(sb, reader);
  read_counts(sb, reader, disk_size);
  read_names(sb, reader);
  sb.journal_inode = (sb.compat & kHasJournal) != 0 ? reader.u32le(kJournalInode) : 0;
  const std::uint16_t state = reader.u16le(kState);
  sb.unclean = (state & kStateValid) == 0 || (state & kStateErrors) != 0;
  sb.has_orphans = (sb.ro_compat & kOrphansPresent) != 0 || reader.u32le(kLastOrphan) != 0;
  return sb;
}

}  // namespace keelson::ext4
