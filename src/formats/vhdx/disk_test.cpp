#include "formats/vhdx/disk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/sample_disk.h"
#include "formats/vhdx/write.h"

namespace keelson::vhdx {
namespace {

using testing::HasSubstr;

const WriteOptions kOptions{.disk_id = parse_uuid("00112233-4455-6677-8899-aabbccddeeff"),
                            .data_write = parse_uuid("10112233-4455-6677-8899-aabbccddeeff")};
constexpr std::size_t kTableAt = 3 * kMebibyte;

Bytes written(const BlockSource& disk) {
  MemorySink sink;
  write_disk(disk, sink, kOptions);
  return sink.take();
}

std::string refusal(const Bytes& bytes) {
  try {
    const MemoryBlocks file(bytes);
    const VhdxDisk disk(file);
    read_blocks(disk, 0, disk.size().value);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::BadInput);
    return error.message() + " | " + error.hint();
  }
  return "accepted";
}

TEST(VhdxDisk, WhatIsWrittenReadsTheSame) {
  for (const ByteCount size : {ByteCount{512}, mebibytes(3), ByteCount{mebibytes(37).value + 512}, gibibytes(10)}) {
    const SampleDisk sample = size.value < mebibytes(4).value ? SampleDisk(size, {{0, size.value}}) : SampleDisk(size);
    const Bytes bytes = written(sample);
    EXPECT_EQ(bytes.size() % kMebibyte, 0u);
    const MemoryBlocks file(bytes);
    const VhdxDisk disk(file);
    EXPECT_EQ(disk.size(), size);
    EXPECT_EQ(disk.metadata().disk_id, kOptions.disk_id);
    EXPECT_FALSE(disk.was_replayed());
    EXPECT_TRUE(same_content(sample, disk)) << size.value;
  }
}

TEST(VhdxDisk, BlocksOfZerosTakeNoSpace) {
  const MemoryBlocks file(written(SampleDisk(gibibytes(30), {{gibibytes(20).value, 1}})));
  EXPECT_EQ(file.size(), mebibytes(6));
  EXPECT_EQ(VhdxDisk(file).next_data(0), (BlockRange{gibibytes(20).value, mebibytes(2).value}));
  EXPECT_EQ(VhdxDisk(file).next_data(gibibytes(21).value), std::nullopt);
}

TEST(VhdxDisk, ABlockWhereNoneCanBeIsRefused) {
  Bytes bytes = written(SampleDisk(mebibytes(9)));
  bytes[kTableAt + 4] = std::byte{1};  // 4 GiB further
  EXPECT_THAT(refusal(bytes), HasSubstr("past the end of the file | the file was cut short"));
  for (std::size_t i = 2; i < 8; ++i) bytes[kTableAt + i] = std::byte{0xFF};
  EXPECT_THAT(refusal(bytes), HasSubstr("past the end"));
  for (std::size_t i = 1; i < 8; ++i) bytes[kTableAt + i] = std::byte{0};
  EXPECT_THAT(refusal(bytes), HasSubstr("where the headers are"));
  for (const unsigned state : {4u, 5u, 7u}) {
    bytes[kTableAt] = static_cast<std::byte>(state);
    EXPECT_NE(refusal(bytes), "accepted") << state;
  }
  for (const unsigned state : {0u, 1u, 2u, 3u}) {
    bytes[kTableAt] = static_cast<std::byte>(state);
    EXPECT_EQ(refusal(bytes), "accepted") << state;
  }
}

TEST(VhdxDisk, AFileThatWasCutShortIsRefused) {
  const Bytes good = written(SampleDisk(mebibytes(8)));  // its last block is whole
  for (std::size_t size = 0; size < good.size(); size += 300'000) {
    EXPECT_NE(refusal({good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size)}), "accepted") << size;
  }
}

TEST(VhdxDisk, AnEmptyOrTooLargeDiskIsNotWritten) {
  EXPECT_THROW(written(SampleDisk({0}, {})), Error);
  EXPECT_THROW(written(SampleDisk(kLargestDisk + ByteCount{512}, {})), Error);
}

}  // namespace
}  // namespace keelson::vhdx
