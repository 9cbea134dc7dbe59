// Images made by hand, with clusters of 512 bytes: header at 0, first table at 1, second table at 2, data from 3 on.
#include "formats/qcow2/disk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/sample_disk.h"

namespace keelson::qcow2 {
namespace {

using testing::HasSubstr;

constexpr std::uint64_t kCluster = 512;
constexpr std::uint64_t kSpan = 64 * kCluster;  // what one second table describes

class HandMade : public testing::Test {
 protected:
  void SetUp() override {
    put(0, 4, 0x514649FB);
    put(4, 4, 3);
    put(20, 4, 9);
    put(24, 8, 3 * kSpan);
    put(36, 4, 3);
    put(40, 8, 1 * kCluster);
    put(100, 4, 104);
    first(1, 2 * kCluster);  // only the middle third of the disk has a table
    for (std::size_t i = 0; i < kCluster; ++i) {
      bytes_[3 * kCluster + i] = std::byte{'a'};
      bytes_[4 * kCluster + i] = std::byte{'b'};
    }
  }
  void put(std::size_t offset, std::size_t width, std::uint64_t value) {
    for (std::size_t i = 0; i < width; ++i) bytes_[offset + i] = static_cast<std::byte>(value >> (8 * (width - 1 - i)));
  }
  void first(std::size_t index, std::uint64_t entry) { put(kCluster + index * 8, 8, entry); }
  void second(std::size_t index, std::uint64_t entry) { put(2 * kCluster + index * 8, 8, entry); }

  std::string at(std::uint64_t offset, std::size_t count) const {
    const MemoryBlocks file(bytes_);
    const Qcow2Disk disk(file);
    Bytes bytes(count);
    disk.read(offset, bytes);
    return std::string(as_text(bytes));
  }
  std::optional<BlockRange> next(std::uint64_t offset) const {
    const MemoryBlocks file(bytes_);
    return Qcow2Disk(file).next_data(offset);
  }
  std::string refusal() const {
    try {
      at(0, 3 * kSpan);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::BadInput);
      return error.message();
    }
    return "accepted";
  }

  Bytes bytes_ = Bytes(5 * kCluster);
};

TEST_F(HandMade, ClustersAreFoundWhereTheTablesSay) {
  second(1, 4 * kCluster);
  second(2, 3 * kCluster | 1ull << 63);
  EXPECT_EQ(at(kSpan + 1 * kCluster - 1, 4), std::string("\0bbb", 4));
  EXPECT_EQ(at(kSpan + 2 * kCluster - 2, 4), "bbaa");
  EXPECT_EQ(at(3 * kSpan - 4, 4), std::string(4, '\0'));
}

TEST_F(HandMade, DataIsToldFromTheTablesAlone) {
  EXPECT_EQ(next(0), std::nullopt);
  second(1, 4 * kCluster);
  second(2, 3 * kCluster);
  second(3, 1);  // zeros by its mark
  second(63, 3 * kCluster);
  EXPECT_EQ(next(0), (BlockRange{kSpan + kCluster, 2 * kCluster}));
  EXPECT_EQ(next(kSpan + kCluster + 100), (BlockRange{kSpan + kCluster + 100, 2 * kCluster - 100}));
  EXPECT_EQ(next(kSpan + 3 * kCluster), (BlockRange{kSpan + 63 * kCluster, kCluster}));
  EXPECT_EQ(next(2 * kSpan), std::nullopt);
  EXPECT_EQ(next(~0ull), std::nullopt);
}

TEST_F(HandMade, AClusterMarkedAsZerosReadsAsZerosThoughItHasAPlace) {
  second(0, 3 * kCluster | 1);
  EXPECT_EQ(at(kSpan, 4), std::string(4, '\0'));
  put(4, 4, 2);
  EXPECT_THAT(refusal(), HasSubstr("version 2"));
}

TEST_F(HandMade, AnEntryThatPointsWhereNoClusterCanBeIsRefused) {
  second(0, 3 * kCluster + 512 * 100);
  EXPECT_THAT(refusal(), HasSubstr("past the end of the file"));
  second(0, 0x00FF'FFFF'FFFF'FE00);
  EXPECT_THAT(refusal(), HasSubstr("past the end of the file"));
}

TEST_F(HandMade, ATableThatPointsWhereNoTableCanBeIsRefused) {
  first(0, 100 * kCluster);
  EXPECT_THAT(refusal(), HasSubstr("its table lies past the end"));
  first(0, 0x00FF'FFFF'FFFF'FE00);
  EXPECT_THAT(refusal(), HasSubstr("its table lies past the end"));
}

TEST_F(HandMade, ATableThatIsUsedTwiceIsRefused) {
  first(0, 2 * kCluster);
  EXPECT_THAT(refusal(), HasSubstr("is used twice"));
}

TEST_F(HandMade, ATableThatIsItsOwnContentEndsInAnErrorOrInBytesAndNeverInALoop) {
  first(1, 1 * kCluster);  // the first table as a second one
  EXPECT_NO_THROW(at(0, 3 * kSpan));
  second(0, 2 * kCluster);  // a cluster that is a table
  EXPECT_NO_THROW(at(0, 3 * kSpan));
}

TEST_F(HandMade, AFileThatWasCutShortIsRefusedAndIsNotZeros) {
  second(0, 4 * kCluster);
  bytes_.resize(5 * kCluster - 1);
  EXPECT_THAT(refusal(), HasSubstr("past the end of the file"));
  bytes_.resize(3 * kCluster - 1);
  EXPECT_THAT(refusal(), HasSubstr("its table lies past the end"));
  for (std::size_t size = 0; size < 3 * kCluster; size += 7) {
    bytes_.resize(size);
    EXPECT_NE(refusal(), "accepted") << size;
  }
}

TEST_F(HandMade, ACompressedClusterThatIsNoStreamIsRefused) {
  second(0, 1ull << 62 | 3 * kCluster);
  EXPECT_THAT(refusal(), HasSubstr("deflate stream is broken"));
  second(0, 1ull << 62 | 100);
  EXPECT_THAT(refusal(), HasSubstr("where the header is"));
  second(0, 1ull << 62 | 0xFFFFFFFF);
  EXPECT_THAT(refusal(), HasSubstr("past the end of the file"));
}

TEST_F(HandMade, ReadingPastTheEndIsRefused) {
  EXPECT_THROW(at(3 * kSpan - 1, 2), Error);
  EXPECT_THROW(at(~0ull, 1), Error);
}

TEST(Qcow2Subclusters, EachIsDataOrZerosByItsBit) {
  constexpr std::uint64_t cluster = 16384;
  Bytes bytes(4 * cluster);
  const auto put = [&](std::size_t offset, std::size_t width, std::uint64_t value) {
    for (std::size_t i = 0; i < width; ++i) bytes[offset + i] = static_cast<std::byte>(value >> (8 * (width - 1 - i)));
  };
  put(0, 4, 0x514649FB);
  put(4, 4, 3);
  put(20, 4, 14);
  put(24, 8, 2 * cluster);
  put(36, 4, 1);
  put(40, 8, cluster);
  put(72, 8, 1 << 4);
  put(100, 4, 104);
  put(cluster, 8, 2 * cluster);
  put(2 * cluster, 8, 3 * cluster);
  put(2 * cluster + 8, 8, 0x00000001'80000006);  // 0 is marked zeros; 1, 2 and 31 are data; the rest is not there
  for (std::size_t i = 0; i < cluster; ++i) bytes[3 * cluster + i] = static_cast<std::byte>('A' + i / 512);
  const auto at = [&](std::uint64_t offset, std::size_t count) {
    const MemoryBlocks file(bytes);
    Bytes read(count);
    Qcow2Disk(file).read(offset, read);
    return std::string(as_text(read));
  };
  EXPECT_EQ(at(510, 4), std::string("\0\0BB", 4));
  EXPECT_EQ(at(1022, 4), "BBCC");
  EXPECT_EQ(at(1534, 4), std::string("CC\0\0", 4));
  EXPECT_EQ(at(cluster - 513, 2), std::string("\0`", 2));
  EXPECT_EQ(at(cluster, 2), std::string(2, '\0'));
  const MemoryBlocks file(bytes);
  const Qcow2Disk disk(file);
  EXPECT_EQ(disk.next_data(0), (BlockRange{512, 1024}));
  EXPECT_EQ(disk.next_data(1600), (BlockRange{cluster - 512, 512}));
  put(2 * cluster + 8, 8, 0x00000002'00000002);
  EXPECT_THROW(at(0, 1), Error);
}

}  // namespace
}  // namespace keelson::qcow2
