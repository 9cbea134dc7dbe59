#include "formats/xfs/volume.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/file_mode.h"

namespace keelson::xfs {

namespace {

constexpr std::uint16_t kInodeMagic = 0x494E;  // "IN"
constexpr std::uint16_t kRealtimeFlag = 0x1;
constexpr std::uint64_t kBigTimeFlag = 0x8;
constexpr std::uint64_t kManyExtentsFlag = 0x10;
constexpr std::uint64_t kNanoseconds = 1'000'000'000;

enum Offset : std::size_t {
  kMode = 2,
  kVersion = 4,
  kFormat = 5,
  kOldLinks = 6,
  kUid = 8,
  kGid = 12,
  kLinks = 16,
  kManyExtents = 24,
  kModified = 40,
  kSize = 56,
  kExtents = 76,
  kAttributeExtents = 80,
  kForkOffset = 82,
  kAttributeFormat = 83,
  kFlags = 90,
  kChecksum = 100,
  kFlags2 = 120,
  kOwnNumber = 152,
};

Superblock read_superblock(const BlockSource& disk) {
  const std::uint64_t size = std::min<std::uint64_t>(disk.size().value, kLargestSector);
  return parse_superblock(read_blocks(disk, 0, size), disk.size().value);
}

NodeTime read_time(const ByteReader& reader, bool big) {
  if (!big) {
    return {.seconds = static_cast<std::int32_t>(reader.u32be(kModified)),
            .nanoseconds = std::min<std::uint32_t>(reader.u32be(kModified + 4), kNanoseconds - 1)};
  }
  // Nanoseconds since December 1901, the first second that 32 bits hold.
  const std::uint64_t time = reader.u64be(kModified);
  return {.seconds = static_cast<std::int64_t>(time / kNanoseconds) - (std::int64_t{1} << 31),
          .nanoseconds = static_cast<std::uint32_t>(time % kNanoseconds)};
}

void read_forks(Inode& inode, const ByteReader& reader, const Superblock& sb, std::uint64_t flags2) {
  const bool many = (flags2 & kManyExtentsFlag) != 0;
  const std::size_t room = sb.inode_size - sb.core_size();
  const std::size_t core = sb.core_size();
  const std::size_t at = reader.u8(kForkOffset) * std::size_t{8};
  if (at >= room) refuse(inode.name(), "its attributes begin past its end");
  const ByteView data = reader.bytes(core, at == 0 ? room : at);
  inode.data = {.format = static_cast<ForkFormat>(reader.u8(kFormat)),
                .extents = many ? reader.u64be(kManyExtents) : reader.u32be(kExtents),
                .bytes = Bytes(data.begin(), data.end())};
  if (at == 0) return;
  const ByteView rest = reader.bytes(core + at, room - at);
  inode.attributes = {.format = static_cast<ForkFormat>(reader.u8(kAttributeFormat)),
                      .extents = many ? reader.u32be(kExtents) : reader.u16be(kAttributeExtents),
                      .bytes = Bytes(rest.begin(), rest.end())};
}

}  // namespace

NodeType Inode::type() const {
  if (const auto type = type_of_mode(mode)) return *type;
  refuse(name(), fmt::format("its mode {:o} is of no type", mode));
}

std::string Inode::name() const { return fmt::format("inode {}", number); }

Volume::Volume(const BlockSource& disk) : cache_(disk), superblock_(read_superblock(disk)) {}

std::uint64_t Volume::linear(std::uint64_t block, std::uint64_t count, std::string_view owner) const {
  const Superblock& sb = superblock_;
  const std::uint64_t group = block >> sb.group_block_bits;
  const std::uint64_t within = block & ((std::uint64_t{1} << sb.group_block_bits) - 1);
  const std::uint64_t first = group * sb.group_blocks + within;
  if (group >= sb.groups || within >= sb.group_blocks || count > sb.group_blocks - within || first >= sb.blocks ||
      count > sb.blocks - first) {
    refuse(owner, fmt::format("{} blocks from block {:#x} on lie outside the file system", count, block));
  }
  return first;
}

Bytes Volume::read_block(std::uint64_t block, std::string_view owner) const {
  return cache_.read(linear(block, 1, owner) * superblock_.block_size, superblock_.block_size);
}

// An inode's number is its place: group, block and slot.
std::uint64_t Volume::inode_offset(std::uint64_t number) const {
  const Superblock& sb = superblock_;
  const std::uint64_t slot = number & ((std::uint64_t{1} << sb.inode_bits) - 1);
  const std::uint64_t block = linear(number >> sb.inode_bits, 1, fmt::format("inode {}", number));
  return block * sb.block_size + slot * sb.inode_size;
}

std::uint16_t Volume::peek_mode(std::uint64_t number) const {
  const Bytes bytes = cache_.read(inode_offset(number), 4);
  const ByteReader reader(bytes, "xfs inode");
  return reader.u16be(0) == kInodeMagic ? reader.u16be(kMode) : 0;
}

Inode Volume::read_inode(std::uint64_t number) const {
  const Superblock& sb = superblock_;
  const Bytes bytes = cache_.read(inode_offset(number), sb.inode_size);
  const ByteReader reader(bytes, "xfs inode");
  Inode inode{.number = number, .mode = reader.u16be(kMode)};
  if (reader.u16be(0) != kInodeMagic) refuse(inode.name(), "its magic number is not there");
  const std::uint8_t version = reader.u8(kVersion);
  if (sb.v5 ? version != 3 : version < 1 || version > 2) refuse(inode.name(), "its version is not possible");
  if (sb.v5) {
    check_checksum(bytes, kChecksum, inode.name());
    if (reader.u64be(kOwnNumber) != number) refuse(inode.name(), "it says that it is another");
  }
  inode.links = version == 1 ? reader.u16be(kOldLinks) : reader.u32be(kLinks);
  if (inode.mode == 0 || inode.links == 0) refuse(inode.name(), "it is not in use");
  if ((reader.u16be(kFlags) & kRealtimeFlag) != 0) refuse(inode.name(), "its content is on a realtime device");
  const std::uint64_t flags2 = sb.v5 ? reader.u64be(kFlags2) : 0;
  inode.uid = reader.u32be(kUid);
  inode.gid = reader.u32be(kGid);
  inode.size = reader.u64be(kSize);
  if (inode.size >> 63 != 0) refuse(inode.name(), "its size is not possible");
  inode.modified = read_time(reader, (flags2 & kBigTimeFlag) != 0);
  read_forks(inode, reader, sb, flags2);
  return inode;
}

ForkMap::const_iterator find_extent(const ForkMap& map, std::uint64_t block) {
  return std::upper_bound(map.begin(), map.end(), block,
                          [](std::uint64_t at, const Extent& extent) { return at < extent.end(); });
}

void Volume::read(const ForkMap& map, std::uint64_t offset, std::span<std::byte> to) const {
  const std::uint64_t size = superblock_.block_size;
  for (auto extent = find_extent(map, offset / size); !to.empty();) {
    const std::uint64_t start = extent == map.end() ? ~std::uint64_t{0} : extent->logical * size;
    const bool hole = offset < start;
    const std::uint64_t left = hole ? start - offset : extent->end() * size - offset;
    const std::size_t count = std::min<std::uint64_t>(to.size(), left);
    if (hole) {
      std::fill_n(to.begin(), count, std::byte{0});
    } else {
      disk().read(extent->physical * size + (offset - start), to.first(count));
      ++extent;
    }
    to = to.subspan(count);
    offset += count;
  }
}

}  // namespace keelson::xfs
