#include "formats/ext4/volume.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/crc32c.h"
#include "formats/ext4/inode.h"

namespace keelson::ext4 {

namespace {

constexpr std::size_t kDescriptorChecksumAt = 0x1E;

Superblock read_superblock(const BlockSource& disk) {
  if (disk.size().value < kSuperblockOffset + kSuperblockSize) refuse("superblock", "the disk is too small for one");
  return parse_superblock(read_blocks(disk, kSuperblockOffset, kSuperblockSize), disk.size().value);
}

}  // namespace

std::uint32_t crc32c_u32(std::uint32_t state, std::uint32_t value) {
  std::array<std::byte, 4> bytes;
  for (std::size_t i = 0; i < 4; ++i) bytes[i] = static_cast<std::byte>(value >> (8 * i));
  return crc32c(state, bytes);
}

Volume::Volume(const BlockSource& disk) : cache_(disk), superblock_(read_superblock(disk)) {}

void Volume::check_blocks(std::uint64_t first, std::uint64_t count, std::string_view owner) const {
  if (first > superblock_.first_data_block && first < superblock_.blocks && count <= superblock_.blocks - first) return;
  refuse(owner, fmt::format("{} blocks from block {} on lie outside the file system", count, first));
}

Bytes Volume::read_block(std::uint64_t block, std::string_view owner) const {
  check_blocks(block, 1, owner);
  return cache_.read(block * superblock_.block_size, superblock_.block_size);
}

// Spec: "Block Group Descriptors" and "Meta Block Groups": a table behind the superblock, or, from first_meta_group on,
// a block in the first group of those that it describes.
std::uint64_t Volume::descriptor_offset(std::uint32_t group) const {
  const Superblock& sb = superblock_;
  const std::uint32_t per_block = sb.block_size / sb.descriptor_size;
  const std::uint32_t index = group / per_block;
  // Not first_data_block: with bigalloc that is 0 although blocks of 1 KiB put the superblock into block 1.
  const std::uint64_t superblock = kSuperblockOffset / sb.block_size;
  std::uint64_t block = superblock + 1 + index;
  if ((sb.incompat & kMetaBlockGroups) != 0 && index >= sb.first_meta_group) {
    const std::uint32_t first = index * per_block;
    block = sb.first_data_block + std::uint64_t{first} * sb.blocks_per_group + (sb.has_backup(first) ? 1 : 0);
    if (first == 0) block = superblock + 1;
  }
  check_blocks(block, 1, fmt::format("descriptor of block group {}", group));
  return block * sb.block_size + std::uint64_t{group % per_block} * sb.descriptor_size;
}

void Volume::check_descriptor(std::uint32_t group, ByteView bytes) const {
  if (!superblock_.has_checksums()) return;
  const ByteReader reader(bytes, "ext4 block group");
  const Bytes none(2);
  std::uint32_t sum = crc32c_u32(superblock_.checksum_seed, group);
  sum = crc32c(crc32c(sum, bytes.first(kDescriptorChecksumAt)), none);
  sum = crc32c(sum, bytes.subspan(kDescriptorChecksumAt + 2));
  if ((sum & 0xffff) != reader.u16le(kDescriptorChecksumAt)) {
    refuse(fmt::format("descriptor of block group {}", group), "its checksum is wrong");
  }
}

std::uint64_t Volume::inode_offset(std::uint32_t number) const {
  const Superblock& sb = superblock_;
  if (number == 0 || number > sb.inodes) {
    refuse(fmt::format("inode {}", number), fmt::format("the file system has {}", sb.inodes));
  }
  const std::uint32_t group = (number - 1) / sb.inodes_per_group;
  const Bytes descriptor = cache_.read(descriptor_offset(group), sb.descriptor_size);
  check_descriptor(group, descriptor);
  const ByteReader reader(descriptor, "ext4 block group");
  std::uint64_t table = reader.u32le(0x8);
  if ((sb.incompat & k64Bit) != 0) table |= std::uint64_t{reader.u32le(0x28)} << 32;
  const std::uint64_t within = std::uint64_t{(number - 1) % sb.inodes_per_group} * sb.inode_size;
  check_blocks(table, within / sb.block_size + 1, fmt::format("inode table of block group {}", group));
  return table * sb.block_size + within;
}

std::uint16_t Volume::peek_mode(std::uint32_t number) const {
  std::array<std::byte, 2> bytes;
  cache_.read(inode_offset(number), bytes);
  return ByteReader(bytes, "ext4 inode").u16le(0);
}

Inode Volume::read_inode(std::uint32_t number) const {
  return parse_inode(cache_.read(inode_offset(number), superblock_.inode_size), number, superblock_);
}

}  // namespace keelson::ext4
