/// For tests: a disk whose content is computed, so that it may be large, and a sink in memory.
#pragma once

#include <mutex>

#include <algorithm>
#include <cstring>
#include <vector>

#include "base/block_source.h"

namespace keelson {

/// Zeros except for islands, in which pieces of 32 KiB are noise, repeated words, or zeros that look like data.
class SampleDisk final : public BlockSource {
 public:
  /// @param islands in rising order, apart from each other, within the disk.
  SampleDisk(ByteCount size, std::vector<BlockRange> islands) : size_(size), islands_(std::move(islands)) {}

  /// Islands of every awkward kind: at the beginning, at the very end, shorter than a sector, across boundaries.
  explicit SampleDisk(ByteCount size) : size_(size) {
    const std::uint64_t n = size.value;
    islands_ = {{0, 512}, {n / 8 - 100, 200}, {n / 4 + 1, 300'000}, {n / 2 / 65536 * 65536, 1u << 20}, {n - 700, 700}};
  }

  ByteCount size() const override { return size_; }

  void read(std::uint64_t offset, std::span<std::byte> to) const override {
    std::memset(to.data(), 0, to.size());
    for (const BlockRange& island : islands_) {
      const std::uint64_t begin = std::max(offset, island.offset);
      const std::uint64_t end = std::min(offset + to.size(), island.end());
      for (std::uint64_t at = begin; at < end; ++at) to[at - offset] = byte_at(at);
    }
  }

  std::optional<BlockRange> next_data(std::uint64_t offset) const override {
    for (const BlockRange& island : islands_) {
      if (island.end() <= offset) continue;
      const std::uint64_t begin = std::max(offset, island.offset);
      return BlockRange{begin, island.end() - begin};
    }
    return std::nullopt;
  }

 private:
  static std::uint64_t mix(std::uint64_t x) {  // splitmix64
    x += 0x9E3779B97F4A7C15;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
    return x ^ (x >> 31);
  }
  static std::byte byte_at(std::uint64_t at) {
    switch (mix(at / 32768) % 3) {
      case 0:
        return static_cast<std::byte>(mix(at / 8) >> (at % 8 * 8));
      case 1:
        return static_cast<std::byte>("keelson "[at % 8]);
      default:
        return at % 32768 == 0 ? std::byte{1} : std::byte{0};
    }
  }

  ByteCount size_;
  std::vector<BlockRange> islands_;
};

/// What was written, in memory.
class MemorySink final : public BlockSink {
 public:
  void write(std::uint64_t offset, ByteView bytes) override {
    const std::lock_guard lock(mutex_);
    if (bytes_.size() < offset + bytes.size()) bytes_.resize(offset + bytes.size());
    std::copy(bytes.begin(), bytes.end(), bytes_.begin() + static_cast<std::ptrdiff_t>(offset));
  }
  void set_size(ByteCount size) override { bytes_.resize(size.value); }

  Bytes take() { return std::move(bytes_); }

 private:
  std::mutex mutex_;
  Bytes bytes_;
};

/// True if both disks read the same where both are, and the rest of the longer one is zeros. Reads through next_data()
/// of both, so that a range that next_data() forgets is seen as a difference.
inline bool same_content(const BlockSource& a, const BlockSource& b) {
  const std::uint64_t piece = 65536 + 512;  // no boundary of any container
  const auto bytes_at = [&](const BlockSource& disk, std::uint64_t offset) {
    Bytes bytes(piece);
    if (offset >= disk.size().value) return bytes;
    const std::uint64_t length = std::min(piece, disk.size().value - offset);
    const auto data = disk.next_data(offset);
    if (data && data->offset < offset + length) disk.read(offset, std::span(bytes).first(length));
    return bytes;
  };
  const std::uint64_t end = std::max(a.size().value, b.size().value);
  for (std::uint64_t at = 0; at < end;) {
    const auto in_a = a.next_data(at);
    const auto in_b = b.next_data(at);
    if (!in_a && !in_b) return true;
    at = std::min(in_a ? in_a->offset : end, in_b ? in_b->offset : end);
    if (bytes_at(a, at) != bytes_at(b, at)) return false;
    at += piece;
  }
  return true;
}

}  // namespace keelson
