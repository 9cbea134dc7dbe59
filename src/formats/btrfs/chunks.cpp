#include "formats/btrfs/chunks.h"

#include <fmt/format.h>

#include <array>

namespace keelson::btrfs {

namespace {

constexpr std::uint64_t kChunksOwner = 256;
constexpr std::uint8_t kChunkType = 228;
constexpr std::size_t kLengthAt = 0;
constexpr std::size_t kProfileAt = 24;
constexpr std::size_t kStripesAt = 44;
constexpr std::size_t kHeaderSize = 48;
constexpr std::size_t kStripeSize = 32;
constexpr std::uint64_t kDup = 1 << 5;
constexpr std::uint64_t kProfiles = 0x7f8;

std::string profile_name(std::uint64_t profile) {
  constexpr std::array<std::string_view, 8> kNames = {"RAID0", "RAID1", "DUP",     "RAID10",
                                                      "RAID5", "RAID6", "RAID1C3", "RAID1C4"};
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (profile == std::uint64_t{8} << i) return std::string(kNames[i]);
  }
  return fmt::format("{:#x}", profile);
}

}  // namespace

Key read_key(const ByteReader& reader, std::size_t at) {
  return {reader.u64le(at), reader.u8(at + 8), reader.u64le(at + 9)};
}

std::size_t ChunkMap::add(const Key& key, ByteView item) {
  const std::string name = fmt::format("chunk at {}", key.offset);
  const ByteReader reader(item, "btrfs chunk");
  if (key.object != kChunksOwner || key.type != kChunkType) refuse(name, "its key is not one of a chunk");
  Chunk chunk{.length = reader.u64le(kLengthAt)};
  const std::uint64_t profile = reader.u64le(kProfileAt) & kProfiles;
  if (profile != 0 && profile != kDup) {
    refuse(name, fmt::format("its profile {} is not supported, only single and DUP are", profile_name(profile)));
  }
  const std::size_t stripes = reader.u16le(kStripesAt);
  if (stripes != (profile == kDup ? 2u : 1u)) refuse(name, "its number of stripes is not possible");
  const std::uint64_t sector = superblock_.sector_size;
  if (chunk.length == 0 || chunk.length % sector != 0 || key.offset % sector != 0 ||
      key.offset + chunk.length < key.offset)
    refuse(name, "its length is not possible");
  for (std::size_t i = 0; i < stripes; ++i) {
    const std::size_t at = kHeaderSize + i * kStripeSize;
    const std::uint64_t start = reader.u64le(at + 8);
    if (reader.u64le(at) != superblock_.device_id) refuse(name, "it is on another device");
    if (start > superblock_.device_bytes || chunk.length > superblock_.device_bytes - start) {
      refuse(name, fmt::format("its {} bytes from {} on lie outside the disk", chunk.length, start));
    }
    chunk.starts.push_back(start);
  }
  const auto after = chunks_.lower_bound(key.offset);
  if (after != chunks_.end() && after->first == key.offset && after->second == chunk) {
    return kHeaderSize + stripes * kStripeSize;
  }
  if ((after != chunks_.end() && after->first - key.offset < chunk.length) ||
      (after != chunks_.begin() && key.offset - std::prev(after)->first < std::prev(after)->second.length)) {
    refuse(name, "it overlaps another");
  }
  chunks_.emplace(key.offset, std::move(chunk));
  return kHeaderSize + stripes * kStripeSize;
}

void ChunkMap::add_system_chunks() {
  const ByteView bytes = superblock_.system_chunks;
  const ByteReader reader(bytes, "btrfs system chunks");
  for (std::size_t at = 0; at < bytes.size();) {
    const Key key = read_key(reader, at);
    at += kKeySize;
    at += add(key, bytes.subspan(at));
  }
}

std::vector<std::uint64_t> ChunkMap::places(std::uint64_t logical, std::uint64_t length, std::string_view owner) const {
  const auto after = chunks_.upper_bound(logical);
  if (after != chunks_.begin()) {
    const auto& [first, chunk] = *std::prev(after);
    const std::uint64_t within = logical - first;
    if (within < chunk.length && length <= chunk.length - within) {
      std::vector<std::uint64_t> places = chunk.starts;
      for (std::uint64_t& place : places) place += within;
      return places;
    }
  }
  refuse(owner, fmt::format("{} bytes at address {} lie in no chunk", length, logical));
}

}  // namespace keelson::btrfs
