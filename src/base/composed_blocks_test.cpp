#include "base/composed_blocks.h"

#include <gtest/gtest.h>

#include <random>

#include "base/data_units.h"
#include "base/error.h"

namespace keelson {
namespace {

Bytes filled(std::size_t size, int value) { return Bytes(size, std::byte(value)); }

Bytes all_of(const BlockSource& disk) { return read_blocks(disk, 0, disk.size().value); }

TEST(ComposedBlocks, ShowsTheBottomWhereNothingLies) {
  const MemoryBlocks bottom(filled(100, 1));
  const ComposedBlocks disk(bottom);
  EXPECT_EQ(disk.size().value, 100u);
  EXPECT_EQ(all_of(disk), filled(100, 1));
  EXPECT_EQ(disk.next_data(10), (BlockRange{10, 90}));
}

TEST(ComposedBlocks, AnyPlacesInAnyOrderReadAsIfTheyHadBeenCopied) {
  std::mt19937 random(7);
  Bytes content(500);
  for (auto& byte : content) byte = std::byte(random() % 255 + 1);
  const MemoryBlocks other(content);
  for (int round = 0; round < 300; ++round) {
    Bytes expected = filled(400, 0);
    const MemoryBlocks bottom(expected);
    ComposedBlocks disk(bottom);
    for (int i = 0; i < 8; ++i) {
      const std::size_t at = random() % 400, length = random() % (400 - at) + 1, from = random() % (500 - length);
      disk.place(at, other, {from, length});
      std::copy_n(content.begin() + static_cast<std::ptrdiff_t>(from), length,
                  expected.begin() + static_cast<std::ptrdiff_t>(at));
    }
    ASSERT_EQ(all_of(disk), expected);
    const std::size_t at = random() % 399;
    Bytes part(random() % (400 - at));
    disk.read(at, part);
    ASSERT_TRUE(std::equal(part.begin(), part.end(), expected.begin() + static_cast<std::ptrdiff_t>(at)));
  }
}

// A disk that is all hole but for one range.
class Sparse final : public BlockSource {
 public:
  ByteCount size() const override { return {1000}; }
  void read(std::uint64_t offset, std::span<std::byte> to) const override {
    for (std::size_t i = 0; i < to.size(); ++i) to[i] = std::byte(offset + i >= 300 && offset + i < 400 ? 5 : 0);
  }
  std::optional<BlockRange> next_data(std::uint64_t offset) const override {
    if (offset >= 400) return std::nullopt;
    const std::uint64_t begin = std::max<std::uint64_t>(offset, 300);
    return BlockRange{begin, 400 - begin};
  }
};

TEST(ComposedBlocks, HolesOfWhatLiesThereAreHoles) {
  const Sparse sparse;
  const MemoryBlocks empty(filled(1000, 0));
  ComposedBlocks disk(sparse);
  disk.place(500, sparse, {250, 300});
  EXPECT_EQ(disk.next_data(0), (BlockRange{300, 100}));
  EXPECT_EQ(disk.next_data(350), (BlockRange{350, 50}));
  EXPECT_EQ(disk.next_data(400), (BlockRange{550, 100}));
  EXPECT_EQ(disk.next_data(650), std::nullopt);
}

TEST(ComposedBlocks, NeighboursOfOneDiskAreOnePlace) {
  const MemoryBlocks bottom(filled(100, 0));
  const MemoryBlocks other(filled(100, 3));
  ComposedBlocks disk(bottom);
  disk.place(0, other, {50, 10});
  disk.place(10, other, {60, 10});
  EXPECT_EQ(disk.next_data(0), (BlockRange{0, 20}));
}

TEST(ComposedBlocks, WhatReachesPastAnEndIsRefused) {
  const MemoryBlocks bottom(filled(100, 0));
  const MemoryBlocks other(filled(50, 3));
  ComposedBlocks disk(bottom);
  EXPECT_THROW(disk.place(90, other, {0, 11}), Error);
  EXPECT_THROW(disk.place(0, other, {40, 11}), Error);
  EXPECT_THROW(disk.place(0, other, {51, UINT64_MAX}), Error);
  Bytes bytes(2);
  EXPECT_THROW(disk.read(99, bytes), Error);
}

}  // namespace
}  // namespace keelson
