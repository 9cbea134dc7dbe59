#include "formats/ext4/inode.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/crc32c.h"
#include "base/file_mode.h"

namespace keelson::ext4 {

namespace {

constexpr std::size_t kOldSize = 128;  // what revision 0 has; the further fields' length is in i_extra_isize

enum Offset : std::size_t {
  kMode = 0x0,
  kUid = 0x2,
  kSizeLow = 0x4,
  kModified = 0x10,
  kGid = 0x18,
  kLinks = 0x1A,
  kFlags = 0x20,
  kMap = 0x28,
  kGeneration = 0x64,
  kAttributesLow = 0x68,
  kSizeHigh = 0x6C,
  kAttributesHigh = 0x76,
  kUidHigh = 0x78,
  kGidHigh = 0x7A,
  kChecksumLow = 0x7C,
  kExtraSize = 0x80,
  kChecksumHigh = 0x82,
  kModifiedExtra = 0x88,
};

// The length of all fields: 128 and those that i_extra_isize counts.
std::size_t fields_size(const ByteReader& reader, const Superblock& sb, std::uint32_t number) {
  if (sb.inode_size == kOldSize) return kOldSize;
  const std::size_t size = kOldSize + reader.u16le(kExtraSize);
  if (size > sb.inode_size || size % 4 != 0) {
    refuse(fmt::format("inode {}", number),
           fmt::format("its fields are {} bytes long and it has {}", size, sb.inode_size));
  }
  return size;
}

// The CRC covers the inode's number, its generation, and the inode with the checksum itself taken as zero.
void check_checksum(ByteView bytes, std::uint32_t seed, std::uint32_t number, bool has_high) {
  const ByteReader reader(bytes, "ext4 inode");
  Bytes copy(bytes.begin(), bytes.end());
  std::fill_n(copy.begin() + kChecksumLow, 2, std::byte{0});
  if (has_high) std::fill_n(copy.begin() + kChecksumHigh, 2, std::byte{0});
  const std::uint32_t sum = crc32c(seed, copy);
  const std::uint32_t stored = reader.u16le(kChecksumLow) | (has_high ? reader.u16le(kChecksumHigh) << 16 : 0u);
  if (stored != (has_high ? sum : sum & 0xffff)) refuse(fmt::format("inode {}", number), "its checksum is wrong");
}

// Spec: "Inode Timestamps": two more bits of seconds, then 30 of nanoseconds.
NodeTime read_time(const ByteReader& reader, std::size_t fields) {
  NodeTime time{.seconds = static_cast<std::int32_t>(reader.u32le(kModified))};
  if (fields < kModifiedExtra + 4) return time;
  const std::uint32_t extra = reader.u32le(kModifiedExtra);
  time.seconds += std::int64_t{extra & 3} << 32;
  time.nanoseconds = std::min(extra >> 2, 999'999'999u);
  return time;
}

}  // namespace

NodeType Inode::type() const {
  if (const auto type = type_of_mode(mode)) return *type;
  refuse(name(), fmt::format("its mode {:o} is of no type", mode));
}

std::string Inode::name() const { return fmt::format("inode {}", number); }

Inode parse_inode(ByteView bytes, std::uint32_t number, const Superblock& sb) {
  const ByteReader reader(bytes, "ext4 inode");
  const std::size_t fields = fields_size(reader, sb, number);
  Inode inode{.number = number};
  if (sb.has_checksums()) {
    inode.checksum_seed = crc32c_u32(crc32c_u32(sb.checksum_seed, number), reader.u32le(kGeneration));
    check_checksum(bytes, inode.checksum_seed, number, fields >= kChecksumHigh + 2);
  }
  inode.mode = reader.u16le(kMode);
  inode.links = reader.u16le(kLinks);
  if (inode.mode == 0 || inode.links == 0) refuse(inode.name(), "it is not in use");
  inode.uid = reader.u16le(kUid) | std::uint32_t{reader.u16le(kUidHigh)} << 16;
  inode.gid = reader.u16le(kGid) | std::uint32_t{reader.u16le(kGidHigh)} << 16;
  inode.flags = reader.u32le(kFlags);
  inode.size = reader.u32le(kSizeLow);
  // The high half once was a folder's ACL.
  if (inode.type() == NodeType::File || (sb.incompat & kLargeFolders) != 0) {
    inode.size |= std::uint64_t{reader.u32le(kSizeHigh)} << 32;
  }
  // A file's blocks are numbered with 32 bits. What has no content is not believed to be larger either.
  if (const std::uint64_t most = std::uint64_t{sb.block_size} << 32; inode.size > most) {
    refuse(inode.name(), fmt::format("its size is {} bytes, and a file here has at most {}", inode.size, most));
  }
  inode.modified = read_time(reader, fields);
  inode.attribute_block = reader.u32le(kAttributesLow) | std::uint64_t{reader.u16le(kAttributesHigh)} << 32;
  const ByteView map = reader.bytes(kMap, inode.map.size());
  std::copy(map.begin(), map.end(), inode.map.begin());
  inode.attributes.assign(bytes.begin() + static_cast<std::ptrdiff_t>(fields), bytes.end());
  return inode;
}

DeviceNumber device_number(const Inode& inode) {
  const ByteReader reader(inode.map, "ext4 device number");
  return unpack_ext4_device({.old_form = reader.u32le(0), .new_form = reader.u32le(4)});
}

}  // namespace keelson::ext4
