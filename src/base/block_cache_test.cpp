#include "base/block_cache.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "base/crc32c.h"
#include "base/error.h"

namespace keelson {
namespace {

// Counts what is really read, so that a test sees what the cache saves.
class CountedBlocks final : public BlockSource {
 public:
  explicit CountedBlocks(std::uint64_t size) : size_(size) {}
  ByteCount size() const override { return {size_}; }
  void read(std::uint64_t offset, std::span<std::byte> to) const override {
    if (offset > size_ || to.size() > size_ - offset)
      throw Error(ErrorKind::BadInput, "cannot read 'disk': past its end");
    for (std::size_t i = 0; i < to.size(); ++i) to[i] = at(offset + i);
    ++reads;
  }
  std::optional<BlockRange> next_data(std::uint64_t) const override { return std::nullopt; }
  static std::byte at(std::uint64_t offset) { return static_cast<std::byte>((offset * 2654435761u) >> 13); }

  mutable std::atomic<int> reads = 0;

 private:
  std::uint64_t size_;
};

void expect_range(const BlockCache& cache, std::uint64_t offset, std::size_t length) {
  const Bytes bytes = cache.read(offset, length);
  ASSERT_EQ(bytes.size(), length);
  for (std::size_t i = 0; i < length; ++i) ASSERT_EQ(bytes[i], CountedBlocks::at(offset + i)) << offset + i;
}

TEST(BlockCache, SmallReadsNearEachOtherReadTheDiskOnce) {
  const CountedBlocks disk(1'000'003);
  const BlockCache cache(disk);
  for (std::uint64_t offset = 0; offset < 100'000; offset += 256) expect_range(cache, offset, 256);
  EXPECT_EQ(disk.reads, 1);
}

TEST(BlockCache, AReadAcrossPiecesAndAtTheEndIsWhole) {
  const CountedBlocks disk(1'000'003);
  const BlockCache cache(disk);
  expect_range(cache, 131'072 - 5, 11);
  expect_range(cache, 1'000'003 - 7, 7);
  expect_range(cache, 100, 500'000);
  expect_range(cache, 1'000'003, 0);
}

TEST(BlockCache, PastTheEndIsRefused) {
  const CountedBlocks disk(1000);
  const BlockCache cache(disk);
  EXPECT_THROW(cache.read(990, 11), Error);
  EXPECT_THROW(cache.read(~std::uint64_t{0}, 2), Error);
}

TEST(BlockCache, WhatIsDroppedForTheBoundIsReadAgain) {
  const CountedBlocks disk(4u << 20);
  const BlockCache cache(disk, kibibytes(256));
  for (int round = 0; round < 2; ++round) {
    for (std::uint64_t offset = 0; offset < (4u << 20); offset += 131'072) expect_range(cache, offset, 16);
  }
  EXPECT_EQ(disk.reads, 64);
}

TEST(BlockCache, SeveralThreadsSeeTheSameBytes) {
  const CountedBlocks disk(2u << 20);
  const BlockCache cache(disk, kibibytes(512));
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&cache, t] {
      for (std::uint64_t i = 0; i < 500; ++i) expect_range(cache, (i * 7919 + t * 104729) % (2'000'000), 777);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(Crc32c, MatchesThePublishedVectors) {
  EXPECT_EQ(~crc32c(~0u, as_bytes("123456789")), 0xE3069283u);
  EXPECT_EQ(~crc32c(~0u, Bytes(32)), 0x8A9136AAu);                   // RFC 3720, B.4
  EXPECT_EQ(~crc32c(~0u, Bytes(32, std::byte{0xff})), 0x62A8AB43u);  // RFC 3720, B.4
}

TEST(Crc32c, ContinuesOverParts) {
  EXPECT_EQ(crc32c(crc32c(7, as_bytes("abcdefghijklm")), as_bytes("nopq")), crc32c(7, as_bytes("abcdefghijklmnopq")));
}

}  // namespace
}  // namespace keelson
