#include "base/data_units.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <thread>

namespace keelson {
namespace {

using testing::ElementsAre;

// A disk that knows exactly where its data is, and is zeros elsewhere.
class Islands final : public BlockSource {
 public:
  Islands(ByteCount size, std::map<std::uint64_t, std::string> data) : size_(size), data_(std::move(data)) {}
  ByteCount size() const override { return size_; }
  void read(std::uint64_t offset, std::span<std::byte> to) const override {
    for (std::size_t i = 0; i < to.size(); ++i) to[i] = at(offset + i);
  }
  std::optional<BlockRange> next_data(std::uint64_t offset) const override {
    for (const auto& [start, text] : data_) {
      if (start + text.size() <= offset) continue;
      const std::uint64_t begin = std::max(start, offset);
      return BlockRange{begin, start + text.size() - begin};
    }
    return std::nullopt;
  }

 private:
  std::byte at(std::uint64_t offset) const {
    auto next = data_.upper_bound(offset);
    if (next == data_.begin()) return {};
    --next;
    if (offset - next->first >= next->second.size()) return {};
    return static_cast<std::byte>(next->second[offset - next->first]);
  }

  ByteCount size_;
  std::map<std::uint64_t, std::string> data_;
};

std::vector<std::uint64_t> indexes_of(const BlockSource& disk, ByteCount unit) {
  std::vector<std::uint64_t> indexes;
  for_each_data_unit(disk, unit, run_serially, [&](std::span<const DataUnit> units) {
    for (const DataUnit& each : units) {
      EXPECT_EQ(each.bytes.size(), unit.value);
      Bytes expected(unit.value);
      const std::uint64_t start = each.index * unit.value;
      disk.read(start, std::span(expected).first(std::min(unit.value, disk.size().value - start)));
      EXPECT_TRUE(std::equal(expected.begin(), expected.end(), each.bytes.begin())) << each.index;
      indexes.push_back(each.index);
    }
  });
  return indexes;
}

TEST(DataUnits, OnlyUnitsThatHoldSomethingAreGivenInOrder) {
  const Islands disk(mebibytes(64), {{0, "a"},
                                     {4095, "bb"},                                   // across a boundary of units
                                     {mebibytes(3).value, std::string(9000, '\0')},  // may hold data, and does not
                                     {mebibytes(63).value + 8192, "c"}});
  EXPECT_THAT(indexes_of(disk, kibibytes(4)), ElementsAre(0, 1, 63 * 256 + 2));
  EXPECT_THAT(indexes_of(disk, mebibytes(2)), ElementsAre(0, 31));
}

TEST(DataUnits, TheLastUnitIsFilledUpWithZeros) {
  EXPECT_THAT(indexes_of(Islands({kibibytes(4).value * 3 + 100}, {{kibibytes(12).value + 99, "z"}}), kibibytes(4)),
              ElementsAre(3));
}

TEST(DataUnits, ManyMoreUnitsThanOneBatchAreAllGiven) {
  std::map<std::uint64_t, std::string> data;
  std::vector<std::uint64_t> expected;
  for (std::uint64_t i = 0; i < 300; ++i) {
    data[i * mebibytes(1).value + 5] = "x";
    expected.push_back(i * 16);
  }
  EXPECT_EQ(indexes_of(Islands(mebibytes(300), data), kibibytes(64)), expected);
}

TEST(DataUnits, AnEmptyDiskGivesNothing) {
  EXPECT_THAT(indexes_of(Islands(gibibytes(4096), {}), kibibytes(64)), ElementsAre());
  EXPECT_THAT(indexes_of(Islands({0}, {}), kibibytes(64)), ElementsAre());
}

TEST(DataUnits, ZeroIsSeenWhereverTheOneOtherByteStands) {
  Bytes bytes(4096);
  EXPECT_TRUE(is_zero(bytes));
  for (const std::size_t place : {0u, 1u, 2047u, 4095u}) {
    bytes[place] = std::byte{1};
    EXPECT_FALSE(is_zero(bytes)) << place;
    bytes[place] = std::byte{0};
  }
  EXPECT_TRUE(is_zero({}));
}

TEST(DataUnits, WhatIsReadAheadOnAnotherThreadComesInOrder) {
  const Runner threads = [](std::size_t count, const std::function<void(std::size_t)>& body) {
    std::vector<std::jthread> running;
    for (std::size_t i = 0; i < count; ++i) running.emplace_back(body, i);
  };
  std::map<std::uint64_t, std::string> data;
  for (std::uint64_t i = 0; i < 40; ++i) data[i * mebibytes(1).value] = fmt::format("{}", i);
  const Islands disk(mebibytes(64), data);
  std::string found;
  for_each_data_unit(disk, kibibytes(4), threads, [&](std::span<const DataUnit> units) {
    for (const auto& unit : units) found += fmt::format("{} ", as_text(unit.bytes).substr(0, 2).data());
  });
  std::string expected;
  for (const auto& [place, text] : data) expected += text + " ";
  EXPECT_EQ(found, expected);
}

}  // namespace
}  // namespace keelson
