#include "formats/gpt/table.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/error.h"

namespace keelson::gpt {
namespace {

// A whole small disk in memory.
struct Disk {
  Geometry geometry;
  Bytes bytes;

  explicit Disk(const Table& table, const Geometry& of) : geometry(of), bytes(of.size.value) {
    for (const Extent& extent : encode_table(table, of)) {
      std::copy(extent.bytes.begin(), extent.bytes.end(), bytes.begin() + static_cast<std::ptrdiff_t>(extent.offset));
    }
  }
  Table read() const {
    return read_table(
        [this](std::uint64_t offset, std::size_t size) {
          const ByteView view = ByteReader(bytes, "disk").bytes(offset, size);
          return Bytes(view.begin(), view.end());
        },
        geometry);
  }
};

Table example(const Geometry& geometry) {
  const std::uint64_t first = mebibytes(1).value / geometry.block_size;
  return make_table(parse_uuid("12345678-9abc-def0-1122-334455667788"),
                    {{.slot = 0,
                      .type = parse_uuid("c12a7328-f81f-11d2-ba4b-00a0c93ec93b"),
                      .uuid = parse_uuid("00112233-4455-6677-8899-aabbccddeeff"),
                      .first = {first},
                      .last = {2 * first - 1},
                      .label = "esp"}},
                    geometry);
}

const Geometry kSmall{.size = mebibytes(4), .block_size = 512};
const Geometry kLargeBlocks{.size = mebibytes(4), .block_size = 4096};

TEST(GptTable, RoundTripsInBothBlockSizes) {
  for (const Geometry& geometry : {kSmall, kLargeBlocks}) {
    const Table table = example(geometry);
    EXPECT_EQ(Disk(table, geometry).read(), table);
  }
}

TEST(GptTable, TheSmallestDiskHoldsBothCopiesAndOneBlock) {
  const Geometry geometry{.size = {512 * 68}, .block_size = 512};
  const Table table = make_table(parse_uuid("12345678-9abc-def0-1122-334455667788"), {}, geometry);
  EXPECT_EQ(table.header.first_usable, table.header.last_usable);
  EXPECT_EQ(Disk(table, geometry).read(), table);
  EXPECT_THROW(make_table({}, {}, {.size = {512 * 67}, .block_size = 512}), Error);
}

TEST(GptTable, DamageToEitherCopyIsFoundWhereverItIs) {
  const Disk good(example(kSmall), kSmall);
  const std::size_t size = good.bytes.size();
  // Headers, arrays and signature of both copies, a byte in each block.
  std::vector<std::size_t> places{510, 446 + 4, 512 + 60, size - 512 + 60};
  for (std::size_t block = 2; block < 34; ++block) places.push_back(block * 512 + 17);
  for (std::size_t block = 1; block <= 32; ++block) places.push_back(size - 512 - block * 512 + 17);
  for (const std::size_t place : places) {
    Disk bad = good;
    bad.bytes[place] ^= std::byte{1};
    EXPECT_THROW(bad.read(), Error) << "byte " << place;
  }
}

TEST(GptTable, AnErrorSaysWhichCopyIsMeant) {
  Disk bad(example(kSmall), kSmall);
  bad.bytes[bad.bytes.size() - 512] = std::byte{0};
  try {
    bad.read();
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.context().at(0), "reading the backup partition table");
  }
}

Disk grown(ByteCount size) {
  Disk disk(example(kSmall), kSmall);
  disk.bytes.resize(size.value);
  disk.geometry.size = size;
  return disk;
}

TEST(GptTable, ADiskCutShortIsRefused) {
  Disk disk(example(kSmall), kSmall);
  for (const ByteCount size : {mebibytes(3), ByteCount{mebibytes(4).value - 512}}) {
    disk.geometry.size = size;
    try {
      disk.read();
      FAIL() << "accepted";
    } catch (const Error& error) {
      EXPECT_EQ(error.message(), fmt::format("cannot use 'GPT': the disk ends at block {}, and its table says that it "
                                             "has a block 8191",
                                             size.value / 512 - 1));
      EXPECT_EQ(error.hint(), "a part of the disk is missing: copy it again");
    }
  }
}

TEST(GptTable, ADiskThatGrewIsReadAsItWasAndCanBeExtended) {
  // By one block too: the new backup's place then overlaps the old one.
  for (const ByteCount size : {ByteCount{mebibytes(4).value + 512}, mebibytes(5)}) {
    Disk disk = grown(size);
    const Table read = disk.read();
    EXPECT_EQ(read, example(kSmall));
    EXPECT_TRUE(ends_with_disk(read, kSmall));
    EXPECT_FALSE(ends_with_disk(read, disk.geometry));
    const Table extended = extend_to_end(read, disk.geometry);
    EXPECT_TRUE(ends_with_disk(extended, disk.geometry));
    EXPECT_EQ(extended, example(disk.geometry));  // as if it had been made for this size
    EXPECT_EQ(Disk(extended, disk.geometry).read(), extended);
  }
  EXPECT_EQ(extend_to_end(example(kSmall), kSmall), example(kSmall));
  EXPECT_THROW(extend_to_end(example(kSmall), {.size = mebibytes(3), .block_size = 512}), Error);
}

TEST(GptTable, TheBackupOfADiskThatGrewIsCheckedWhereItIs) {
  for (const std::size_t from_end : {std::size_t{512}, std::size_t{512 + 17}}) {
    Disk disk = grown(mebibytes(5));
    disk.bytes[mebibytes(4).value - from_end] ^= std::byte{1};
    try {
      disk.read();
      FAIL() << "accepted";
    } catch (const Error& error) {
      EXPECT_EQ(error.context().at(0), "reading the backup partition table");
    }
  }
}

TEST(GptTable, TheErrorOfABrokenPrimarySaysWhetherTheBackupIsGood) {
  const auto hint = [](const Disk& disk) -> std::string {
    try {
      disk.read();
      return "accepted";
    } catch (const Error& error) {
      EXPECT_EQ(error.context(), std::vector<std::string>{"reading the primary partition table"});
      return error.hint();
    }
  };
  Disk disk(example(kSmall), kSmall);
  disk.bytes[512 + 60] ^= std::byte{1};
  EXPECT_EQ(hint(disk), "its backup is good: let a tool such as sgdisk or gdisk restore the table from it, on a copy");
  disk.bytes[mebibytes(4).value - 1024] ^= std::byte{1};
  EXPECT_EQ(hint(disk), "");
}

TEST(GptTable, AHybridMbrIsRefused) {
  Disk disk(example(kSmall), kSmall);
  disk.bytes[446 + 16 + 4] = std::byte{0x0c};
  EXPECT_THROW(disk.read(), Error);
}

}  // namespace
}  // namespace keelson::gpt
