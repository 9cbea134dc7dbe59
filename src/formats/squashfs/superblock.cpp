#include "formats/squashfs/superblock.h"

#include <fmt/format.h>

#include <bit>

#include "base/error.h"

namespace keelson::squashfs {

namespace {

constexpr std::uint32_t kMagic = 0x73717368;  // "hsqs"
constexpr std::uint32_t kSmallestBlock = 4096;
constexpr std::uint32_t kLargestBlock = 1u << 20;
constexpr std::uint64_t kLargest = std::uint64_t{1} << 43;  // 8 TiB
constexpr std::uint16_t kHasOptions = 0x400;
constexpr std::uint16_t kStored = 0x8000;
constexpr std::uint32_t kLz4Block = 1;  // the only format of LZ4 that Linux knows here

compression::Codec codec_of(std::uint16_t number) {
  switch (number) {
    case 1:
      return compression::Codec::Zlib;
    case 2:
      refuse("the superblock", "says that it is compressed by LZMA, which is not read");
    case 3:
      return compression::Codec::Lzo;
    case 4:
      return compression::Codec::Xz;
    case 5:
      return compression::Codec::Lz4;
    case 6:
      return compression::Codec::Zstd;
    default:
      refuse("the superblock", fmt::format("says that it is compressed by method {}, which is not known", number));
  }
}

// Options tell a compressor what to do; only LZ4's concern who reads.
void check_options(const BlockSource& disk, const Superblock& superblock) {
  if (superblock.codec != compression::Codec::Lz4 || superblock.size < kSuperblockSize + 10) return;
  const Bytes bytes = read_blocks(disk, kSuperblockSize, 10);
  const ByteReader reader(bytes, "squashfs options");
  if (reader.u16le(0) != (kStored | 8)) refuse("the compressor's options", "are none of LZ4");
  if (reader.u32le(2) != kLz4Block)
    refuse("the compressor's options", fmt::format("name version {} of LZ4, which is not known", reader.u32le(2)));
}

// A table of places, each of one metadata block with `each` entries.
void check_table(std::string_view name, std::uint64_t begin, std::uint64_t entries, std::uint64_t each,
                 std::uint64_t size) {
  const std::uint64_t length = (entries + each - 1) / each * 8;
  if (begin < kSuperblockSize || begin > size || length > size - begin) refuse(name, "lies behind the end");
}

void check_tables(const Superblock& superblock) {
  if (superblock.inode_table < kSuperblockSize || superblock.inode_table >= superblock.folder_table ||
      superblock.folder_table > superblock.size)
    refuse("the superblock", "has tables at wrong places");
  check_table("the table of owners", superblock.owner_table, superblock.owners, 2048, superblock.size);
  if (superblock.owners == 0) refuse("the table of owners", "is empty");
  if (superblock.fragments != 0)
    check_table("the table of fragments", superblock.fragment_table, superblock.fragments, 512, superblock.size);
}

}  // namespace

void refuse(std::string_view what, std::string_view why) {
  throw Error(ErrorKind::BadInput, fmt::format("cannot read squashfs: {} {}", what, why));
}

bool has_magic(ByteView block) { return ByteReader(block, "squashfs superblock").u32le(0) == kMagic; }

Superblock read_superblock(const BlockSource& disk) {
  if (disk.size().value < kSuperblockSize) refuse("the superblock", "is not there");
  const Bytes block = read_blocks(disk, 0, kSuperblockSize);
  if (!has_magic(block)) refuse("the superblock", "has not the magic number");
  const ByteReader reader(block, "squashfs superblock");
  if (reader.u16le(28) != 4 || reader.u16le(30) != 0)
    refuse("the superblock", fmt::format("is of version {}.{}, not 4.0", reader.u16le(28), reader.u16le(30)));
  Superblock superblock{.size = reader.u64le(40),
                        .block_size = reader.u32le(12),
                        .fragments = reader.u32le(16),
                        .owners = reader.u16le(26),
                        .codec = codec_of(reader.u16le(20)),
                        .root = reader.u64le(32),
                        .owner_table = reader.u64le(48),
                        .attribute_table = reader.u64le(56),
                        .inode_table = reader.u64le(64),
                        .folder_table = reader.u64le(72),
                        .fragment_table = reader.u64le(80)};
  if (superblock.block_size < kSmallestBlock || superblock.block_size > kLargestBlock ||
      !std::has_single_bit(superblock.block_size) ||
      superblock.block_size != std::uint64_t{1} << (reader.u16le(22) & 63))
    refuse("the superblock", "has blocks of a size that is not possible");
  if (superblock.size > disk.size().value) refuse("the superblock", "says that it is longer than its disk");
  if (superblock.size > kLargest) refuse("the superblock", "says that it is larger than 8 TiB, which is not read");
  check_tables(superblock);
  if ((reader.u16le(24) & kHasOptions) != 0) check_options(disk, superblock);
  return superblock;
}

}  // namespace keelson::squashfs
