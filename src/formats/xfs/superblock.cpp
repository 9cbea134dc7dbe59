#include "formats/xfs/superblock.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "base/crc32c.h"
#include "base/error.h"

namespace keelson::xfs {

namespace {

constexpr std::uint32_t kMagic = 0x58465342;  // "XFSB"

enum Offset : std::size_t {
  kBlockSize = 4,
  kBlocks = 8,
  kRealtimeBlocks = 16,
  kUuid = 32,
  kLogStart = 48,
  kRootInode = 56,
  kGroupBlocks = 84,
  kGroups = 88,
  kLogBlocks = 96,
  kVersion = 100,
  kSectorSize = 102,
  kInodeSize = 104,
  kLabel = 108,
  kBlockLog = 120,
  kInodeLog = 122,
  kInodesPerBlockLog = 123,
  kGroupBlocksLog = 124,
  kInProgress = 126,
  kFolderBlockLog = 192,
  kFeatures2 = 200,
  kIncompat = 216,
  kChecksum = 224,
};
constexpr std::uint32_t kVersion4FolderV2 = 0x2000;
constexpr std::uint32_t kFeatures2Ftype = 0x200;
constexpr std::uint32_t kIncompatFtype = 0x1;
constexpr std::uint32_t kIncompatNeedsRepair = 0x10;
// ftype, sparse inodes, meta_uuid, bigtime, needsrepair, nrext64, exchange-range, parent pointers
constexpr std::uint32_t kKnownIncompat = 0xff;

void read_features(Superblock& sb, const ByteReader& reader) {
  const std::uint16_t version = reader.u16be(kVersion);
  if ((version & 0xf) == 4) {
    if ((version & kVersion4FolderV2) == 0) refuse("superblock", "folders of version 1 are not supported");
    sb.has_ftype = (reader.u32be(kFeatures2) & kFeatures2Ftype) != 0;
    return;
  }
  if ((version & 0xf) != 5) refuse("superblock", fmt::format("version {} is neither 4 nor 5", version & 0xf));
  sb.v5 = true;
  const std::uint32_t incompat = reader.u32be(kIncompat);
  if ((incompat & ~kKnownIncompat) != 0) {
    refuse("superblock", fmt::format("features {:#x} are unknown", incompat & ~kKnownIncompat));
  }
  sb.has_ftype = (incompat & kIncompatFtype) != 0;
  sb.needs_repair = (incompat & kIncompatNeedsRepair) != 0;
}

bool is_power(std::uint32_t value, unsigned log) { return log < 32 && value == 1u << log; }

void read_sizes(Superblock& sb, const ByteReader& reader) {
  sb.block_size = reader.u32be(kBlockSize);
  sb.inode_size = reader.u16be(kInodeSize);
  sb.group_blocks = reader.u32be(kGroupBlocks);
  sb.groups = reader.u32be(kGroups);
  sb.blocks = reader.u64be(kBlocks);
  sb.inode_bits = reader.u8(kInodesPerBlockLog);
  sb.group_block_bits = reader.u8(kGroupBlocksLog);
  const unsigned folder_log = reader.u8(kFolderBlockLog);
  if (sb.block_size < 512 || sb.block_size > 65536 || !is_power(sb.block_size, reader.u8(kBlockLog)) ||
      sb.inode_size < 256 || sb.inode_size > 2048 || !is_power(sb.inode_size, reader.u8(kInodeLog)) ||
      sb.inode_size > sb.block_size || !is_power(sb.block_size / sb.inode_size, sb.inode_bits) || folder_log > 7 ||
      std::uint64_t{sb.block_size} << folder_log > 65536) {
    refuse("superblock", "its sizes of blocks and inodes are not possible");
  }
  sb.folder_block_size = sb.block_size << folder_log;
  const std::uint64_t most = std::uint64_t{sb.groups} * sb.group_blocks;
  if (sb.groups == 0 || sb.group_blocks == 0 || sb.group_block_bits > 31 ||
      sb.group_blocks > std::uint64_t{1} << sb.group_block_bits || sb.blocks > most ||
      sb.blocks <= most - sb.group_blocks) {
    refuse("superblock", "its numbers of blocks and groups make no file system");
  }
}

}  // namespace

void refuse(std::string_view what, std::string_view why) {
  throw Error(ErrorKind::BadInput, fmt::format("cannot read 'xfs {}': {}", what, why),
              "if the disk is whole, check a copy of it with xfs_repair");
}

bool has_magic(ByteView bytes) { return bytes.size() >= 512 && ByteReader(bytes, "xfs superblock").u32be(0) == kMagic; }

void check_checksum(ByteView bytes, std::size_t at, std::string_view what) {
  const ByteReader reader(bytes, what);
  const std::uint32_t stored = reader.u32le(at);
  const std::uint32_t sum = crc32c(crc32c(crc32c(~0u, bytes.first(at)), Bytes(4)), bytes.subspan(at + 4));
  if (~sum != stored) refuse(what, "its checksum is wrong");
}

Superblock parse_superblock(ByteView bytes, std::uint64_t disk_size) {
  const ByteReader reader(bytes, "xfs superblock");
  if (!has_magic(bytes)) refuse("superblock", "its magic number is not there");
  Superblock sb;
  read_features(sb, reader);
  if (sb.v5) {
    const std::uint16_t sector = reader.u16be(kSectorSize);
    if (sector < 512 || sector > kLargestSector) refuse("superblock", "its size of a sector is not possible");
    check_checksum(reader.bytes(0, sector), kChecksum, "superblock");
  }
  read_sizes(sb, reader);
  if (sb.blocks > disk_size / sb.block_size) {
    refuse("superblock", fmt::format("{} blocks of {} bytes are more than the {} bytes that its disk has", sb.blocks,
                                     sb.block_size, disk_size));
  }
  if (reader.u64be(kRealtimeBlocks) != 0)
    refuse("superblock", "a realtime device belongs to it, which is not supported");
  if (reader.u8(kInProgress) != 0) refuse("superblock", "it was never finished");
  sb.root_inode = reader.u64be(kRootInode);
  sb.log_start = reader.u64be(kLogStart);
  sb.log_blocks = reader.u32be(kLogBlocks);
  const ByteView uuid = reader.bytes(kUuid, 16);
  std::transform(uuid.begin(), uuid.end(), sb.uuid.bytes.begin(), [](std::byte b) { return std::uint8_t(b); });
  const std::string_view label = reader.text(kLabel, 12);
  sb.label = label.substr(0, label.find('\0'));
  return sb;
}

}  // namespace keelson::xfs
