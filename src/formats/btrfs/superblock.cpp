#include "formats/btrfs/superblock.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>

#include "base/error.h"

namespace keelson::btrfs {

namespace {

constexpr std::string_view kMagic = "_BHRfS_M";
constexpr std::array<std::uint64_t, 3> kCopies = {kSuperblockOffset, 64ull << 20, 256ull << 30};
constexpr std::size_t kChecksumRoom = 32;
constexpr std::size_t kMostSystemChunks = 2048;
constexpr std::size_t kLabelSize = 256;

enum Offset : std::size_t {
  kFsid = 0x20,
  kOwnPlace = 0x30,
  kFlags = 0x38,
  kMagicAt = 0x40,
  kGeneration = 0x48,
  kRootTree = 0x50,
  kChunkTree = 0x58,
  kLogTree = 0x60,
  kTotalBytes = 0x70,
  kDevices = 0x88,
  kSectorSize = 0x90,
  kNodeSize = 0x94,
  kSystemChunksSize = 0xa0,
  kChunkGeneration = 0xa4,
  kIncompat = 0xbc,
  kChecksumType = 0xc4,
  kRootLevel = 0xc6,
  kChunkLevel = 0xc7,
  kDeviceId = 0xc9,
  kDeviceBytes = 0xd1,
  kLabel = 0x12b,
  kMetadataFsid = 0x23b,
  kSystemChunks = 0x32b,
};

constexpr std::uint64_t kMetadataFsidFeature = 1 << 10;
// Mixed backrefs, default subvolume, mixed groups, LZO, zstd, large metadata, extended references, RAID 5 and 6, skinny
// metadata, no holes, metadata UUID, RAID 1 of 3 and 4 copies, simple quotas. Whether a RAID is there, the chunks say.
constexpr std::uint64_t kKnownIncompat = 0xfff | 1 << 16;
// Only metadata was dumped (two forms); the change of the UUID, the block groups or the checksums was broken off.
constexpr std::uint64_t kRefusedFlags = 0x1de'0000'0000;

std::string_view feature_name(unsigned bit) {
  switch (bit) {
    case 12:
      return "zoned";
    case 13:
      return "extent-tree-v2";
    case 14:
      return "raid-stripe-tree";
    default:
      return "";
  }
}

void check_features(const ByteReader& reader) {
  const std::uint64_t unknown = reader.u64le(kIncompat) & ~kKnownIncompat;
  if (unknown != 0) {
    const std::string_view name = feature_name(static_cast<unsigned>(std::countr_zero(unknown)));
    if (!name.empty()) refuse("superblock", fmt::format("the feature '{}' is not supported", name));
    refuse("superblock", fmt::format("features {:#x} are unknown", unknown));
  }
  if ((reader.u64le(kFlags) & kRefusedFlags) != 0) {
    refuse("superblock", "it is a dump of metadata alone, or a conversion of it was not finished");
  }
}

void read_sizes(Superblock& sb, const ByteReader& reader, std::uint64_t disk_size) {
  sb.sector_size = reader.u32le(kSectorSize);
  sb.node_size = reader.u32le(kNodeSize);
  if (!std::has_single_bit(sb.sector_size) || sb.sector_size < 4096 || sb.sector_size > 65536 ||
      !std::has_single_bit(sb.node_size) || sb.node_size < sb.sector_size || sb.node_size > 65536) {
    refuse("superblock", "its sizes of sectors and tree blocks are not possible");
  }
  if (const std::uint64_t devices = reader.u64le(kDevices); devices != 1) {
    refuse("superblock", fmt::format("it is spread over {} devices, which is not supported", devices));
  }
  sb.total_bytes = reader.u64le(kTotalBytes);
  sb.device_id = reader.u64le(kDeviceId);
  sb.device_bytes = reader.u64le(kDeviceBytes);
  if (sb.total_bytes > disk_size || sb.device_bytes > disk_size) {
    refuse("superblock", fmt::format("its {} bytes are more than the {} bytes that its disk has",
                                     std::max(sb.total_bytes, sb.device_bytes), disk_size));
  }
}

Superblock parse_superblock(ByteView bytes, std::uint64_t disk_size) {
  const ByteReader reader(bytes, "btrfs superblock");
  check_features(reader);
  Superblock sb;
  sb.checksum = static_cast<ChecksumType>(reader.u16le(kChecksumType));
  read_sizes(sb, reader, disk_size);
  sb.fsid = read_uuid(reader, kFsid);
  const bool other = (reader.u64le(kIncompat) & kMetadataFsidFeature) != 0;
  sb.metadata_fsid = read_uuid(reader, other ? kMetadataFsid : kFsid);
  const std::string_view label = reader.text(kLabel, kLabelSize);
  sb.label = label.substr(0, label.find('\0'));
  sb.generation = reader.u64le(kGeneration);
  sb.root_tree = {reader.u64le(kRootTree), sb.generation, reader.u8(kRootLevel)};
  sb.chunk_tree = {reader.u64le(kChunkTree), reader.u64le(kChunkGeneration), reader.u8(kChunkLevel)};
  sb.has_log = reader.u64le(kLogTree) != 0;
  const std::uint32_t size = reader.u32le(kSystemChunksSize);
  if (size > kMostSystemChunks) refuse("superblock", "its system chunks are more than it has room for");
  const ByteView chunks = reader.bytes(kSystemChunks, size);
  sb.system_chunks.assign(chunks.begin(), chunks.end());
  return sb;
}

// Why a copy is none; "" for a good one.
std::string judge_copy(ByteView bytes, std::uint64_t place) {
  const ByteReader reader(bytes, "btrfs superblock");
  if (!has_magic(bytes)) return "its magic number is not there";
  if (!checksum_matches(static_cast<ChecksumType>(reader.u16le(kChecksumType)), bytes, bytes.subspan(kChecksumRoom)))
    return "its checksum is wrong";
  if (reader.u64le(kOwnPlace) != place) return "it belongs to another place";
  return "";
}

}  // namespace

void refuse(std::string_view what, std::string_view why) {
  throw Error(ErrorKind::BadInput, fmt::format("cannot read 'btrfs {}': {}", what, why),
              "if the disk is whole, check a copy of it with btrfs check");
}

Uuid read_uuid(const ByteReader& reader, std::size_t at) {
  Uuid uuid;
  const ByteView bytes = reader.bytes(at, uuid.bytes.size());
  std::transform(bytes.begin(), bytes.end(), uuid.bytes.begin(), [](std::byte b) { return std::uint8_t(b); });
  return uuid;
}

bool has_magic(ByteView superblock) {
  return ByteReader(superblock, "btrfs superblock").text(kMagicAt, kMagic.size()) == kMagic;
}

Superblock read_superblock(const BlockSource& disk) {
  std::string why;  // the first copy's: the others are often not there
  for (const std::uint64_t place : kCopies) {
    if (disk.size().value < place + kSuperblockSize) continue;
    const Bytes bytes = read_blocks(disk, place, kSuperblockSize);
    const std::uint16_t type = ByteReader(bytes, "btrfs superblock").u16le(kChecksumType);
    if (has_magic(bytes)) checksum_size(static_cast<ChecksumType>(type));
    const std::string fault = judge_copy(bytes, place);
    if (fault.empty()) return parse_superblock(bytes, disk.size().value);
    if (why.empty()) why = fault;
  }
  refuse("superblock", why.empty() ? "the disk is too small for one" : why);
}

}  // namespace keelson::btrfs
