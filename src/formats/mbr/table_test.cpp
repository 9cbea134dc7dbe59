#include "formats/mbr/table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "sys/file.h"
#include "sys/file_blocks.h"
#include "sys/process.h"
#include "sys/temp_dir.h"

namespace keelson::mbr {
namespace {

using testing::HasSubstr;

struct Record {
  std::uint8_t type;
  std::uint32_t start, count;
  std::uint8_t status = 0;
};

class SampleDisk {
 public:
  explicit SampleDisk(std::size_t sectors = 2048) : bytes_(sectors * kSector) {}

  SampleDisk& table(std::size_t sector, const std::vector<Record>& records) {
    const auto block = std::span(bytes_).subspan(sector * kSector, kSector);
    put_le(block, 510, 0xAA55, 2);
    for (std::size_t i = 0; i < records.size(); ++i) {
      const std::size_t at = 446 + i * 16;
      put_le(block, at, records[i].status, 1);
      put_le(block, at + 4, records[i].type, 1);
      put_le(block, at + 8, records[i].start, 4);
      put_le(block, at + 12, records[i].count, 4);
    }
    return *this;
  }
  MemoryBlocks blocks() const { return MemoryBlocks(bytes_); }

 private:
  Bytes bytes_;
};

std::string refusal(const SampleDisk& disk) {
  const MemoryBlocks blocks = disk.blocks();
  try {
    read_table(blocks);
  } catch (const Error& error) {
    return error.message();
  }
  return "accepted";
}

TEST(Mbr, WhatSfdiskWritesIsRead) {
  const TempDir dir("mbr-test");
  const auto path = dir.path() / "disk";
  write_file(path, "");
  std::filesystem::resize_file(path, 64 << 20);
  require_process({.arguments = {"sfdisk", "-q", path},
                   .standard_input = "label: dos\nlabel-id: 0x1234abcd\n"
                                     "start=2048, size=8192, type=ef\n"
                                     "start=10240, size=40960, type=83, bootable\n"
                                     "start=51200, size=61440, type=5\n"
                                     "start=53248, size=2048, type=82\n"
                                     "start=57344, size=4096, type=83\n"},
                  "run", "sfdisk");
  const FileBlocks disk(path);
  EXPECT_TRUE(looks_like_mbr(disk));
  EXPECT_FALSE(is_protective(disk));
  const Table expected{
      .identifier = 0x1234abcd,
      .partitions = {{.number = 1, .type = 0xef, .range = {2048 * 512, 8192 * 512}},
                     {.number = 2, .type = 0x83, .is_active = true, .range = {10240 * 512, 40960 * 512}},
                     {.number = 5, .type = 0x82, .range = {53248 * 512, 2048 * 512}},
                     {.number = 6, .type = 0x83, .range = {57344 * 512, 4096 * 512}}}};
  EXPECT_EQ(read_table(disk), expected);
}

TEST(Mbr, ABootSectorOrAProtectiveMbrIsNoTable) {
  EXPECT_FALSE(looks_like_mbr(SampleDisk().blocks()));
  EXPECT_FALSE(looks_like_mbr(SampleDisk().table(0, {}).blocks()));
  EXPECT_FALSE(looks_like_mbr(SampleDisk().table(0, {{0x83, 1, 5, 0x41}}).blocks()));  // code, not a status
  const auto protective = SampleDisk().table(0, {{0xee, 1, 2047}});
  EXPECT_FALSE(looks_like_mbr(protective.blocks()));
  EXPECT_TRUE(is_protective(protective.blocks()));
  EXPECT_FALSE(looks_like_mbr(MemoryBlocks(Bytes(100))));
}

TEST(Mbr, PartitionsThatReachOutOrOverlapAreRefused) {
  EXPECT_EQ(refusal(SampleDisk().table(0, {{0x83, 1, 2047}})), "accepted");
  EXPECT_THAT(refusal(SampleDisk().table(0, {{0x83, 1, 2048}})), HasSubstr("partition 1 reaches out of the disk"));
  EXPECT_THAT(refusal(SampleDisk().table(0, {{0x83, 0xffffffff, 0xffffffff}})), HasSubstr("reaches out"));
  EXPECT_THAT(refusal(SampleDisk().table(0, {{0x83, 100, 100}, {0x83, 199, 1}})), HasSubstr("1 and 2 overlap"));
  EXPECT_THAT(refusal(SampleDisk().table(0, {{0x83, 100, 100}, {0x05, 150, 100}})), HasSubstr("1 and 2 overlap"));
  EXPECT_THAT(refusal(SampleDisk().table(0, {{0x05, 100, 100}, {0x0f, 300, 100}})), HasSubstr("two extended"));
}

TEST(Mbr, AChainThatLeadsBackOrOutIsRefused) {
  const auto chain = [](const std::vector<Record>& first, const std::vector<Record>& second) {
    return SampleDisk().table(0, {{0x05, 100, 1000}}).table(100, first).table(300, second);
  };
  EXPECT_EQ(refusal(chain({{0x83, 1, 50}, {0x05, 200, 100}}, {{0x83, 1, 50}})), "accepted");
  EXPECT_THAT(refusal(chain({{0x83, 1, 50}, {0x05, 200, 100}}, {{0x83, 1, 50}, {0x05, 200, 100}})),
              HasSubstr("into itself"));
  EXPECT_THAT(refusal(chain({{0x83, 1, 50}, {0x05, 1000, 100}}, {})), HasSubstr("out of its place"));
  EXPECT_THAT(refusal(chain({{0x83, 1, 50}, {0x05, 0, 100}}, {})), HasSubstr("out of its place"));
  EXPECT_THAT(refusal(chain({{0x83, 1, 2000}}, {})), HasSubstr("partition 5 reaches out of the extended partition"));
  EXPECT_THAT(refusal(chain({{0x83, 1, 250}, {0x05, 200, 100}}, {{0x83, 1, 50}})), HasSubstr("5 and 6 overlap"));
  EXPECT_THAT(refusal(chain({{0x83, 1, 50}, {0x05, 500, 100}}, {})), HasSubstr("no signature"));
  EXPECT_EQ(refusal(SampleDisk().table(0, {{0x05, 100, 1000}})), "accepted");  // it holds nothing yet
}

TEST(Mbr, ALongChainEnds) {
  SampleDisk disk(8192);
  disk.table(0, {{0x05, 10, 8000}});
  for (std::uint32_t i = 0; i < 200; ++i) disk.table(10 + i * 10, {{0x83, 1, 5}, {0x05, (i + 1) * 10, 10}});
  EXPECT_THAT(refusal(disk), HasSubstr("more than 128 logical partitions"));
}

}  // namespace
}  // namespace keelson::mbr
