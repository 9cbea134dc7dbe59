#include "image/filesystems/xfs/inode.h"

#include <algorithm>

#include "image/filesystems/entry_kind.h"

namespace keelson::image {

namespace {

constexpr std::uint16_t kMagic = 0x494E;  // "IN"
constexpr std::uint64_t kBigTime = 0x8;
constexpr std::size_t kDeviceFork = 8;
// Room for two extents of attributes, or the root of a tree: the kernel never leaves less.
constexpr std::size_t kLeastAttributes = 40;
// Where the kernel lets attributes begin if nothing speaks against it.
constexpr std::size_t kUsualData = 192;

constexpr std::size_t in_eights(std::size_t bytes) { return (bytes + 7) / 8 * 8; }

/// Nanoseconds since December 1901, the first second that 32 bits held; the last is in 2486.
std::uint64_t big_time(std::int64_t seconds) {
  constexpr std::int64_t kFirst = -(std::int64_t{1} << 31);
  constexpr std::int64_t kLast = 16'299'260'425;
  return static_cast<std::uint64_t>(std::clamp(seconds, kFirst, kLast) - kFirst) * 1'000'000'000;
}

/// Bytes of the data fork when there are attributes.
std::size_t data_bytes(const XfsInode& inode) {
  if (inode.data.format == XfsForkFormat::Device) return kDeviceFork;
  const std::size_t least = in_eights(std::max(inode.data.bytes.size(), kXfsLeastFork));
  return std::max(least, std::min(kUsualData, xfs_data_room(inode.attributes->bytes.size())));
}

XfsBlock new_inode(std::uint32_t generation) {
  XfsBlock block(kInodeSeal, kXfsInodeSize);
  block.u16(0, kMagic);
  block.u8(4, 3);
  block.u32(92, generation);
  block.u32(96, 0xffffffff);  // next of the files that have no name any more: none
  return block;
}

}  // namespace

std::size_t xfs_attribute_room(EntryType type) {
  const bool has_data = type == EntryType::File || type == EntryType::Folder || type == EntryType::Symlink;
  return kXfsForkRoom - (has_data ? kXfsLeastFork : kDeviceFork);
}

std::size_t xfs_data_room(std::optional<std::size_t> attribute_bytes) {
  if (!attribute_bytes) return kXfsForkRoom;
  return kXfsForkRoom - std::max(in_eights(*attribute_bytes), kLeastAttributes);
}

XfsBlock make_xfs_inode(const XfsInode& inode) {
  XfsBlock block = new_inode(inode.generation);
  block.u16(2, mode_of(inode.type, inode.mode));
  block.u8(5, static_cast<std::uint8_t>(inode.data.format));
  block.u32(8, inode.uid);
  block.u32(12, inode.gid);
  block.u32(16, inode.links);
  block.u64(32, big_time(inode.epoch));
  block.u64(40, big_time(inode.mtime));
  block.u64(48, big_time(inode.epoch));
  block.u64(56, inode.size);
  block.u64(64, inode.data.blocks + (inode.attributes ? inode.attributes->blocks : 0));
  block.u32(76, inode.data.extents);
  block.u8(83, static_cast<std::uint8_t>(XfsForkFormat::Extents));
  block.u16(90, inode.flags);
  block.u64(104, 1);  // times it was changed
  block.u64(120, kBigTime);
  block.u64(144, big_time(inode.epoch));
  block.bytes(kXfsInodeCore, inode.data.bytes);
  if (inode.attributes) {
    const std::size_t data = data_bytes(inode);
    block.u16(80, inode.attributes->extents);
    block.u8(82, data / 8);
    block.u8(83, static_cast<std::uint8_t>(inode.attributes->format));
    block.bytes(kXfsInodeCore + data, inode.attributes->bytes);
  }
  return block;
}

XfsBlock make_free_xfs_inode(std::uint32_t generation) { return new_inode(generation); }

}  // namespace keelson::image
