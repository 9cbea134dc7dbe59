#include "formats/vhdx/header.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/sample_disk.h"
#include "formats/vhdx/guid.h"
#include "formats/vhdx/metadata.h"

namespace keelson::vhdx {
namespace {

const Header kHeader{.sequence = 7,
                     .file_write = parse_uuid("00112233-4455-6677-8899-aabbccddeeff"),
                     .data_write = parse_uuid("10112233-4455-6677-8899-aabbccddeeff"),
                     .log_length = 1 << 20,
                     .log_offset = 1 << 20};

TEST(VhdxHeader, RoundTrips) {
  const Bytes bytes = encode_header(kHeader);
  EXPECT_EQ(bytes.size(), kHeaderSize);
  EXPECT_EQ(parse_header(bytes), kHeader);
}

TEST(VhdxHeader, AnyFlippedBitMakesItNoHeader) {
  Bytes bytes = encode_header(kHeader);
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    bytes[at] ^= std::byte{0x10};
    EXPECT_EQ(parse_header(bytes), std::nullopt) << at;
    bytes[at] ^= std::byte{0x10};
  }
}

TEST(VhdxHeader, TheOneWithTheHigherSequenceNumberCounts) {
  MemorySink sink;
  sink.set_size({4 * kMebibyte});
  Header other = kHeader;
  other.sequence = 9;
  sink.write(kHeaderPlaces[0], encode_header(other));
  sink.write(kHeaderPlaces[1], encode_header(kHeader));
  Bytes bytes = sink.take();
  EXPECT_EQ(read_header(MemoryBlocks(bytes)).sequence, 9u);
  bytes[kHeaderPlaces[0] + 100] ^= std::byte{1};
  EXPECT_EQ(read_header(MemoryBlocks(bytes)).sequence, 7u);
  bytes[kHeaderPlaces[1] + 100] ^= std::byte{1};
  EXPECT_THROW(read_header(MemoryBlocks(bytes)), Error);
}

TEST(VhdxHeader, ALogOutsideTheFileIsRefused) {
  for (const std::uint64_t place : {std::uint64_t{0}, std::uint64_t{1000}, 8 * kMebibyte, ~std::uint64_t{0} << 20}) {
    MemorySink sink;
    sink.set_size({4 * kMebibyte});
    Header header = kHeader;
    header.log_offset = place;
    sink.write(kHeaderPlaces[0], encode_header(header));
    EXPECT_THROW(read_header(MemoryBlocks(sink.take())), Error) << place;
  }
}

class RegionTable : public testing::Test {
 protected:
  static Regions read(const Regions& regions, std::size_t place = 0) {
    MemorySink sink;
    sink.set_size({8 * kMebibyte});
    sink.write(kRegionTablePlaces[place], encode_regions(regions));
    return read_regions(MemoryBlocks(sink.take()));
  }
  static constexpr Regions kGood{.block_table = {3 * kMebibyte, kMebibyte}, .metadata = {2 * kMebibyte, kMebibyte}};
};

TEST_F(RegionTable, EitherOfTheTwoServes) {
  EXPECT_EQ(read(kGood, 0), kGood);
  EXPECT_EQ(read(kGood, 1), kGood);
  EXPECT_THROW(read_regions(MemoryBlocks(Bytes(8 * kMebibyte))), Error);
}

TEST_F(RegionTable, ARegionWhereNoneCanBeIsRefused) {
  for (const BlockRange bad :
       {BlockRange{0, kMebibyte}, BlockRange{3 * kMebibyte + 512, kMebibyte}, BlockRange{3 * kMebibyte, 1000},
        BlockRange{3 * kMebibyte, 0}, BlockRange{8 * kMebibyte, kMebibyte}, BlockRange{3 * kMebibyte, 0xFFF00000},
        BlockRange{std::uint64_t{0} - kMebibyte, kMebibyte}}) {
    EXPECT_THROW(read({.block_table = bad, .metadata = kGood.metadata}), Error) << bad.offset << " " << bad.length;
  }
}

TEST(VhdxMetadata, RoundTripsAndRefusesWhatBreaksARule) {
  const Metadata good{
      .block_size = 2 << 20, .size = gibibytes(30), .disk_id = parse_uuid("00112233-4455-6677-8899-aabbccddeeff")};
  const auto read = [](const Metadata& metadata) {
    Bytes bytes = encode_metadata(metadata);
    bytes.resize(kMebibyte);
    return read_metadata(MemoryBlocks(bytes), {0, kMebibyte});
  };
  EXPECT_EQ(read(good), good);
  for (const std::uint32_t size : {0u, 1u << 19, 3u << 20, 1u << 29}) {
    Metadata bad = good;
    bad.block_size = size;
    EXPECT_THROW(read(bad), Error) << size;
  }
  Metadata bad = good;
  bad.size = kLargestDisk + ByteCount{512};
  EXPECT_THROW(read(bad), Error);
  bad.size = {1000};
  EXPECT_THROW(read(bad), Error);
  bad = good;
  bad.logical_sector = 520;
  EXPECT_THROW(read(bad), Error);
  Bytes parent = encode_metadata(good);
  parent.resize(kMebibyte);
  parent[kMetadataTableSize + 4] = std::byte{2};
  EXPECT_THROW(read_metadata(MemoryBlocks(parent), {0, kMebibyte}), Error);
}

TEST(VhdxMetadata, ItemsOutsideTheRegionUnknownOrMissingAreRefused) {
  const Metadata good{.block_size = 2 << 20, .size = gibibytes(30)};
  Bytes bytes = encode_metadata(good);
  bytes.resize(kMebibyte);
  const auto refused_with = [&](std::size_t at, std::byte value) {
    Bytes changed = bytes;
    changed[at] = value;
    try {
      read_metadata(MemoryBlocks(changed), {0, kMebibyte});
    } catch (const Error&) {
      return true;
    }
    return false;
  };
  EXPECT_TRUE(refused_with(0, std::byte{'x'}));             // signature
  EXPECT_TRUE(refused_with(11, std::byte{5}));              // more than 1023 items
  EXPECT_TRUE(refused_with(10, std::byte{4}));              // one is missing
  EXPECT_TRUE(refused_with(32 + 16 + 3, std::byte{0xFF}));  // an offset past the region
  EXPECT_TRUE(refused_with(32 + 18, std::byte{0}));         // an offset inside the table
  EXPECT_TRUE(refused_with(32 + 20, std::byte{9}));         // a length that is not the item's
  EXPECT_TRUE(refused_with(32, std::byte{0}));              // required and not known
  EXPECT_FALSE(refused_with(40000, std::byte{1}));          // not looked at
}

TEST(VhdxMetadata, EntriesOfSectorBitmapsAreCounted) {
  const Metadata metadata{.block_size = 32 << 20, .size = gibibytes(10)};
  EXPECT_EQ(metadata.chunk_ratio(), 128u);
  EXPECT_EQ(metadata.blocks(), 320u);
  EXPECT_EQ(metadata.table_entries(), 322u);
  EXPECT_EQ(metadata.entry_of_block(127), 127u);
  EXPECT_EQ(metadata.entry_of_block(128), 129u);
}

}  // namespace
}  // namespace keelson::vhdx
