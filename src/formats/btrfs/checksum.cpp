#include "formats/btrfs/checksum.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>

#include "base/crc32c.h"
#include "crypto/hash.h"
#include "formats/btrfs/superblock.h"

namespace keelson::btrfs {

namespace {

constexpr std::uint64_t kPrime1 = 0x9E3779B185EBCA87;
constexpr std::uint64_t kPrime2 = 0xC2B2AE3D27D4EB4F;
constexpr std::uint64_t kPrime3 = 0x165667B19E3779F9;
constexpr std::uint64_t kPrime4 = 0x85EBCA77C2B2AE63;
constexpr std::uint64_t kPrime5 = 0x27D4EB2F165667C5;

std::uint64_t mix_lane(std::uint64_t lane, std::uint64_t input) {
  return std::rotl(lane + input * kPrime2, 31) * kPrime1;
}

std::uint64_t merge_lane(std::uint64_t sum, std::uint64_t lane) {
  return (sum ^ mix_lane(0, lane)) * kPrime1 + kPrime4;
}

}  // namespace

std::uint64_t xxhash64(ByteView bytes) {
  const ByteReader reader(bytes, "bytes");
  std::size_t at = 0;
  std::uint64_t sum = kPrime5;
  if (bytes.size() >= 32) {
    std::array<std::uint64_t, 4> lanes = {kPrime1 + kPrime2, kPrime2, 0, 0 - kPrime1};
    for (; at + 32 <= bytes.size(); at += 32) {
      for (std::size_t i = 0; i < 4; ++i) lanes[i] = mix_lane(lanes[i], reader.u64le(at + i * 8));
    }
    sum = std::rotl(lanes[0], 1) + std::rotl(lanes[1], 7) + std::rotl(lanes[2], 12) + std::rotl(lanes[3], 18);
    for (const std::uint64_t lane : lanes) sum = merge_lane(sum, lane);
  }
  sum += bytes.size();
  for (; at + 8 <= bytes.size(); at += 8) {
    sum = std::rotl(sum ^ mix_lane(0, reader.u64le(at)), 27) * kPrime1 + kPrime4;
  }
  if (at + 4 <= bytes.size()) {
    sum = std::rotl(sum ^ (reader.u32le(at) * kPrime1), 23) * kPrime2 + kPrime3;
    at += 4;
  }
  for (; at < bytes.size(); ++at) sum = std::rotl(sum ^ (reader.u8(at) * kPrime5), 11) * kPrime1;
  sum = (sum ^ sum >> 33) * kPrime2;
  sum = (sum ^ sum >> 29) * kPrime3;
  return sum ^ sum >> 32;
}

std::size_t checksum_size(ChecksumType type) {
  switch (type) {
    case ChecksumType::Crc32c:
      return 4;
    case ChecksumType::XxHash64:
      return 8;
    case ChecksumType::Sha256:
      return 32;
    case ChecksumType::Blake2b:
      refuse("superblock", "checksums of type BLAKE2b are not supported");
  }
  refuse("superblock", fmt::format("checksums of type {} are unknown", static_cast<unsigned>(type)));
}

bool checksum_matches(ChecksumType type, ByteView stored, ByteView bytes) {
  const ByteReader reader(stored, "btrfs checksum");
  if (type == ChecksumType::Crc32c) return reader.u32le(0) == static_cast<std::uint32_t>(~crc32c(~0u, bytes));
  if (type == ChecksumType::XxHash64) return reader.u64le(0) == xxhash64(bytes);
  const Sha256 sum = sha256(bytes);
  return std::ranges::equal(std::as_bytes(std::span(sum.bytes)), reader.bytes(0, sum.bytes.size()));
}

}  // namespace keelson::btrfs
