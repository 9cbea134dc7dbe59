#include "image/filesystems/xfs/geometry.h"

#include <algorithm>
#include <bit>

namespace keelson::image {

namespace {

constexpr std::uint64_t kTebibyte = (std::uint64_t{1} << 40) / kXfsBlockSize;
constexpr std::uint64_t kLargestGroup = kTebibyte - 1;
constexpr std::uint64_t kSmallestGroup = mebibytes(16).value / kXfsBlockSize;
constexpr std::uint64_t kSmallestLog = mebibytes(64).value / kXfsBlockSize;
constexpr std::uint64_t kLargestLog = 521'728;  // a little less than 2 GiB
constexpr std::uint64_t kLogShare = 2048;       // a block of log for so many blocks
constexpr std::uint32_t kUsualGroups = 4;

}  // namespace

std::uint32_t XfsGeometry::length(std::uint32_t group) const {
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(group_blocks, blocks - linear(group, 0)));
}

std::uint32_t XfsGeometry::start(std::uint32_t group) const {
  const std::uint32_t log_end = XfsGroupBlocks::kFirst + (group == log_group() ? log_blocks : 0);
  return (log_end + kXfsChunkBlocks - 1) / kXfsChunkBlocks * kXfsChunkBlocks;
}

std::uint32_t XfsGeometry::limit(std::uint32_t group) const {
  const std::uint32_t kept = group_blocks / 128 + 32;
  return std::max(start(group), length(group) > kept ? length(group) - kept : 0);
}

std::uint64_t XfsGeometry::room() const {
  std::uint64_t sum = 0;
  for (std::uint32_t group = 0; group < groups; ++group) sum += limit(group) - start(group);
  return sum;
}

std::uint32_t XfsGeometry::inode_groups() const {
  const std::uint64_t fit = (std::uint64_t{1} << 31) / (std::uint64_t{kXfsInodesPerBlock} << group_bits);
  return static_cast<std::uint32_t>(std::clamp<std::uint64_t>(fit, 1, groups));
}

unsigned XfsGeometry::inode_percent() const {
  if (blocks < kTebibyte) return 25;
  return blocks < 50 * kTebibyte ? 5 : 1;
}

XfsGeometry xfs_geometry(ByteCount size) {
  XfsGeometry geometry;
  geometry.blocks = size.value / kXfsBlockSize;
  const std::uint64_t quarter = (geometry.blocks + kUsualGroups - 1) / kUsualGroups;
  geometry.group_blocks = static_cast<std::uint32_t>(std::min(quarter, kLargestGroup));
  const std::uint64_t rest = geometry.blocks % geometry.group_blocks;
  if (rest > 0 && rest < kSmallestGroup) geometry.blocks -= rest;
  geometry.groups = static_cast<std::uint32_t>((geometry.blocks + geometry.group_blocks - 1) / geometry.group_blocks);
  geometry.group_bits = static_cast<unsigned>(std::bit_width(geometry.group_blocks - 1));
  geometry.log_blocks = static_cast<std::uint32_t>(std::clamp(geometry.blocks / kLogShare, kSmallestLog, kLargestLog));
  return geometry;
}

}  // namespace keelson::image
