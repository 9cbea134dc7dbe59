#include "formats/erofs/volume.h"

#include <fmt/format.h>

#include "base/error.h"
#include "formats/erofs/erofs.h"

namespace keelson::erofs {

namespace {

constexpr std::uint64_t kSuperblock = 1024;
constexpr std::uint32_t kMagic = 0xe0f5e1e2;
constexpr std::uint32_t kZeroPadding = 0x1;     // compressed bytes stand at the end of their block
constexpr std::uint32_t kConfigurations = 0x2;  // of compressors; larger pieces
constexpr std::uint32_t kChunks = 0x4;
constexpr std::uint32_t kSecondHead = 0x8;  // the same bit: further devices
constexpr std::uint32_t kTails = 0x10;      // ends of files behind their index
constexpr std::uint32_t kFragments = 0x20;  // ends of files in another file; pieces that files share
constexpr std::uint32_t kAttributePrefixes = 0x40;
constexpr std::uint32_t kRead =
    kZeroPadding | kConfigurations | kChunks | kSecondHead | kTails | kFragments | kAttributePrefixes;
constexpr std::uint8_t kSmallestBlockBits = 9;
constexpr std::uint8_t kLargestBlockBits = 16;
constexpr std::uint64_t kSlot = 32;  // inodes are numbered by places of this size
constexpr std::uint64_t kLargestFile = std::uint64_t{1} << 40;

// erofs_fs.h and stat.h: the upper four bits.
NodeType type_of(std::uint16_t mode) {
  switch (mode >> 12) {
    case 1:
      return NodeType::Fifo;
    case 2:
      return NodeType::CharDevice;
    case 4:
      return NodeType::Folder;
    case 6:
      return NodeType::BlockDevice;
    case 8:
      return NodeType::File;
    case 10:
      return NodeType::Symlink;
    case 12:
      return NodeType::Socket;
    default:
      refuse("an inode", "has a type that there is none of");
  }
}

std::string uuid_text(std::string_view bytes) {
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    text += fmt::format("{:02x}", static_cast<unsigned char>(bytes[i]));
    if (i == 3 || i == 5 || i == 7 || i == 9) text += '-';
  }
  return text;
}

// The kernel's new_decode_dev(): 12 bits of major, 20 of minor in two parts.
void put_device(Node& node, std::uint32_t device) {
  node.device_major = (device & 0xfff00) >> 8;
  node.device_minor = (device & 0xff) | ((device >> 12) & 0xfff00);
}

}  // namespace

void refuse(std::string_view what, std::string_view why) {
  throw Error(ErrorKind::BadInput, fmt::format("cannot read erofs: {} {}", what, why));
}

bool looks_like_erofs(const BlockSource& disk) {
  if (disk.size().value < kSuperblock + 128) return false;
  return ByteReader(read_blocks(disk, kSuperblock, 4), "erofs superblock").u32le(0) == kMagic;
}

Volume::Volume(const BlockSource& disk) : cache_(disk, mebibytes(8)) {
  if (!looks_like_erofs(disk)) refuse("the superblock", "has not the magic number");
  const Bytes block = cache_.read(kSuperblock, 128);
  const ByteReader reader(block, "erofs superblock");
  if (reader.u8(12) < kSmallestBlockBits || reader.u8(12) > kLargestBlockBits)
    refuse("the superblock", "has blocks of a size that is not possible");
  const std::uint32_t block_size = 1u << reader.u8(12);
  const std::uint32_t features = reader.u32le(80);
  if ((features & ~kRead) != 0)
    refuse("the superblock", fmt::format("names features that are not read ({:#x})", features & ~kRead));
  if (reader.u8(90) != 0) refuse("the superblock", "has folders in blocks of another size, which are not read");
  if (reader.u16le(86) != 0) refuse("the superblock", "names further devices (--blobdev), which are not read");
  const std::uint64_t bytes = std::uint64_t{reader.u32le(36)} * block_size;
  if (bytes > disk.size().value) refuse("the superblock", "says that it is longer than its disk");
  root_ = reader.u16le(14);
  inodes_ = std::uint64_t{reader.u32le(40)} * block_size;
  attribute_area_ = std::uint64_t{reader.u32le(44)} * block_size;
  if ((features & kFragments) != 0 && reader.u64le(96) != 0) packed_ = reader.u64le(96);
  if ((features & kAttributePrefixes) != 0) {
    prefixes_ = reader.u8(91);
    prefix_area_ = std::uint64_t{reader.u32le(92)} * 4;
  }
  made_ = {.seconds = static_cast<std::int64_t>(reader.u64le(24)), .nanoseconds = reader.u32le(32)};
  if (made_.nanoseconds >= 1'000'000'000) refuse("the superblock", "has a time that is none");
  const auto label = reader.text(64, 16);
  identity_ = {.type = "erofs",
               .uuid = uuid_text(reader.text(48, 16)),
               .label = std::string(label.substr(0, label.find('\0'))),
               .size = {bytes},
               .block_size = block_size};
}

bool Volume::holds(std::uint64_t offset, std::uint64_t length) const {
  return offset <= identity_.size.value && length <= identity_.size.value - offset;
}

void Volume::read(std::uint64_t offset, std::span<std::byte> to) const {
  if (!holds(offset, to.size())) refuse("a place", "lies behind the end");
  cache_.read(offset, to);
}

Bytes Volume::read(std::uint64_t offset, std::size_t length) const {
  if (!holds(offset, length)) refuse("a place", "lies behind the end");
  return cache_.read(offset, length);
}

Inode Volume::inode(NodeId number) const {
  if (number > identity_.size.value / kSlot) refuse(fmt::format("inode {}", number), "lies behind the end");
  Inode inode{.number = number, .offset = inodes_ + number * kSlot, .node = {}};
  const Bytes head = read(inode.offset, 32);
  const bool is_long = (ByteReader(head, "erofs inode").u16le(0) & 1) != 0;
  const Bytes bytes = is_long ? read(inode.offset, 64) : head;
  const ByteReader reader(bytes, "erofs inode");
  const unsigned layout = reader.u16le(0) >> 1 & 7;
  if (layout > 4) refuse(fmt::format("inode {}", number), "has a layout that is not known");
  inode.layout = static_cast<Layout>(layout);
  const std::uint16_t attributes = reader.u16le(2);
  inode.attribute_bytes = attributes == 0 ? 0 : 12 + (attributes - 1) * 4;
  inode.behind = inode.offset + bytes.size() + inode.attribute_bytes;
  inode.place = reader.u32le(16);
  Node& node = inode.node;
  node.id = number;
  node.type = type_of(reader.u16le(4));
  node.mode = reader.u16le(4) & 07777;
  node.size = {is_long ? reader.u64le(8) : reader.u32le(8)};
  node.uid = is_long ? reader.u32le(24) : reader.u16le(24);
  node.gid = is_long ? reader.u32le(28) : reader.u16le(26);
  node.links = is_long ? reader.u32le(44) : reader.u16le(6);
  node.modified = made_;
  if (is_long) {
    const std::uint32_t nanoseconds = reader.u32le(40);
    if (nanoseconds >= 1'000'000'000) refuse(fmt::format("inode {}", number), "has a time that is none");
    node.modified = {.seconds = static_cast<std::int64_t>(reader.u64le(32)), .nanoseconds = nanoseconds};
  }
  if (node.type == NodeType::CharDevice || node.type == NodeType::BlockDevice) put_device(node, inode.place);
  if (node.size.value > kLargestFile) refuse(fmt::format("inode {}", number), "is larger than a file can be");
  return inode;
}

}  // namespace keelson::erofs
