#include "formats/vhd/disk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/sample_disk.h"
#include "formats/vhd/write.h"

namespace keelson::vhd {
namespace {

using testing::HasSubstr;

const WriteOptions kOptions{.uuid = parse_uuid("00112233-4455-6677-8899-aabbccddeeff"), .epoch = 1'700'000'000};
constexpr std::size_t kHeaderAt = 512;
constexpr std::size_t kTableAt = 1536;

Bytes dynamic(const BlockSource& disk) {
  MemorySink sink;
  write_dynamic(disk, sink, kOptions);
  return sink.take();
}

void put_u32(Bytes& bytes, std::size_t offset, std::uint32_t value) {
  for (std::size_t i = 0; i < 4; ++i) bytes[offset + i] = static_cast<std::byte>(value >> (8 * (3 - i)));
}

// Puts a changed header's checksum right, so that the rule behind it is reached.
void seal_header(Bytes& bytes) {
  put_u32(bytes, kHeaderAt + 36, checksum(ByteView(bytes).subspan(kHeaderAt, kDynamicHeaderSize), 36));
}

std::string refusal(const Bytes& bytes) {
  try {
    const MemoryBlocks file(bytes);
    const VhdDisk disk(file);
    read_blocks(disk, 0, disk.size().value);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::BadInput);
    return error.message() + " | " + error.hint();
  }
  return "accepted";
}

TEST(VhdDisk, WhatIsWrittenReadsTheSame) {
  for (const ByteCount size : {ByteCount{512}, mebibytes(3), ByteCount{mebibytes(37).value + 512}, gibibytes(3)}) {
    const SampleDisk sample = size.value < mebibytes(4).value ? SampleDisk(size, {{0, size.value}}) : SampleDisk(size);
    const MemoryBlocks file(dynamic(sample));
    const VhdDisk disk(file);
    EXPECT_EQ(disk.size(), size);
    EXPECT_EQ(disk.footer().uuid, kOptions.uuid);
    EXPECT_TRUE(same_content(sample, disk)) << size.value;
  }
  const SampleDisk sample(mebibytes(9));
  MemorySink sink;
  write_fixed(sample, sink, kOptions);
  const MemoryBlocks file(sink.take());
  EXPECT_EQ(file.size(), sample.size() + ByteCount{512});
  EXPECT_TRUE(same_content(sample, VhdDisk(file)));
}

TEST(VhdDisk, BlocksOfZerosTakeNoSpaceAndDataIsAligned) {
  const MemoryBlocks file(dynamic(SampleDisk(gibibytes(30), {{gibibytes(20).value, 1}})));
  EXPECT_LT(file.size(), mebibytes(3));
  EXPECT_EQ(VhdDisk(file).next_data(0), (BlockRange{gibibytes(20).value, mebibytes(2).value}));
  EXPECT_EQ(VhdDisk(file).next_data(gibibytes(21).value), std::nullopt);
  const auto place = ByteReader(read_blocks(file, kTableAt + 10240 * 4, 4), "table").u32be(0);
  EXPECT_EQ((place + 1) * 512 % 4096, 0u);
  EXPECT_EQ(dynamic(SampleDisk(mebibytes(8), {})).size(), kTableAt + 512 + 512);
}

TEST(VhdDisk, TheCopyServesWhenTheFooterIsBroken) {
  Bytes bytes = dynamic(SampleDisk(mebibytes(9)));
  bytes[bytes.size() - 100] ^= std::byte{1};
  EXPECT_EQ(refusal(bytes), "accepted");
  bytes.resize(bytes.size() - 512);
  EXPECT_EQ(refusal(bytes), "accepted");
  bytes[10] ^= std::byte{1};
  EXPECT_THAT(refusal(bytes), HasSubstr("VHD footer"));
}

TEST(VhdDisk, SectorsThatWereNeverWrittenAreZerosWhateverLiesThere) {
  Bytes bytes = dynamic(SampleDisk(mebibytes(2), {{0, mebibytes(2).value}}));
  const std::size_t bitmap = (ByteReader(bytes, "file").u32be(kTableAt)) * std::size_t{512};
  bytes[bitmap] = std::byte{0b1011'1111};
  for (std::size_t i = 0; i < 2048; ++i) bytes[bitmap + 512 + i] = std::byte{'x'};
  const MemoryBlocks file(bytes);
  EXPECT_EQ(as_text(read_blocks(VhdDisk(file), 510, 516)), "xx" + std::string(512, '\0') + "xx");
}

TEST(VhdDisk, ADifferencingDiskIsRefusedWithAHint) {
  Bytes bytes = dynamic(SampleDisk(mebibytes(9)));
  const std::size_t footer = bytes.size() - 512;
  bytes[footer + 63] = std::byte{4};
  put_u32(bytes, footer + 64, checksum(ByteView(bytes).subspan(footer), 64));
  EXPECT_THAT(refusal(bytes), HasSubstr("difference to a parent disk | merge"));
}

TEST(VhdDisk, AHeaderThatBreaksARuleIsRefused) {
  const Bytes good = dynamic(SampleDisk(mebibytes(9)));
  Bytes bytes = good;
  bytes[kHeaderAt + 40] ^= std::byte{1};
  EXPECT_THAT(refusal(bytes), HasSubstr("checksum is wrong"));
  for (const std::uint32_t size : {0u, 512u, 3u << 20, 1u << 31}) {
    bytes = good;
    put_u32(bytes, kHeaderAt + 32, size);
    seal_header(bytes);
    EXPECT_THAT(refusal(bytes), HasSubstr("are not allowed")) << size;
  }
  bytes = good;
  put_u32(bytes, kHeaderAt + 28, 4);
  seal_header(bytes);
  EXPECT_THAT(refusal(bytes), HasSubstr("has 4 entries"));
  bytes = good;
  put_u32(bytes, kHeaderAt + 16, 0xFFFFFFFF);
  seal_header(bytes);
  EXPECT_THAT(refusal(bytes), HasSubstr("past the end"));
  bytes = good;
  bytes[kHeaderAt] = std::byte{'x'};
  EXPECT_THAT(refusal(bytes), HasSubstr("cxsparse"));
}

TEST(VhdDisk, ABlockWhereNoneCanBeIsRefused) {
  Bytes bytes = dynamic(SampleDisk(mebibytes(9)));
  put_u32(bytes, kTableAt, 0xFFFFFFFE);
  EXPECT_THAT(refusal(bytes), HasSubstr("past the end of the file | the file was cut short"));
  put_u32(bytes, kTableAt, 0);
  EXPECT_THAT(refusal(bytes), HasSubstr("footer's copy"));
  put_u32(bytes, kTableAt, 1);  // a block that is the header itself: bytes, no loop
  EXPECT_EQ(refusal(bytes), "accepted");
}

TEST(VhdDisk, AFileThatWasCutShortIsRefused) {
  const Bytes good = dynamic(SampleDisk(mebibytes(8)));  // its last block is whole
  for (const std::size_t size : {std::size_t{0}, std::size_t{511}, std::size_t{512}, std::size_t{1535},
                                 std::size_t{1600}, std::size_t{2500}, good.size() - 512 - 1}) {
    EXPECT_NE(refusal({good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size)}), "accepted") << size;
  }
  MemorySink sink;
  write_fixed(SampleDisk(mebibytes(9)), sink, kOptions);
  Bytes fixed = sink.take();
  fixed.erase(fixed.begin(), fixed.begin() + 512);
  EXPECT_THAT(refusal(fixed), HasSubstr("its footer promises 9437184 bytes and there are 9436672"));
}

}  // namespace
}  // namespace keelson::vhd
