#include "formats/qcow2/write.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "base/error.h"
#include "base/sample_disk.h"
#include "formats/qcow2/disk.h"

namespace keelson::qcow2 {
namespace {

Bytes written(const BlockSource& disk, const WriteOptions& options) {
  MemorySink sink;
  write_disk(disk, sink, options);
  return sink.take();
}

void run_in_threads(std::size_t count, const std::function<void(std::size_t)>& body) {
  std::vector<std::jthread> threads;
  for (std::size_t i = 0; i < count; ++i) threads.emplace_back([&body, i] { body(i); });
}

TEST(Qcow2Write, WhatIsWrittenReadsTheSame) {
  for (const ByteCount size : {ByteCount{512}, mebibytes(3), ByteCount{mebibytes(70).value + 512}, gibibytes(3)}) {
    for (const bool compress : {false, true}) {
      const SampleDisk sample =
          size.value < mebibytes(4).value ? SampleDisk(size, {{0, size.value}}) : SampleDisk(size);
      const MemoryBlocks file(written(sample, {.compress = compress}));
      const Qcow2Disk disk(file);
      EXPECT_EQ(disk.size(), size);
      EXPECT_TRUE(same_content(sample, disk)) << size.value << compress;
    }
  }
}

TEST(Qcow2Write, ThreadsNeverChangeTheBytes) {
  const SampleDisk sample(mebibytes(200));
  for (const bool compress : {false, true}) {
    EXPECT_EQ(written(sample, {.compress = compress}), written(sample, {.compress = compress, .run = run_in_threads}));
  }
}

TEST(Qcow2Write, ZerosTakeNoSpace) {
  const SampleDisk empty(gibibytes(30), {});
  EXPECT_LE(written(empty, {}).size(), 4u * 65536);
  const SampleDisk one(gibibytes(30), {{gibibytes(29).value, 1}});
  EXPECT_EQ(written(one, {}).size(), written(empty, {}).size() + 2u * 65536);
}

TEST(Qcow2Write, ADiskOfOddSizeGrowsToWholeSectors) {
  const SampleDisk sample({1'000'001}, {{1'000'000, 1}});
  const MemoryBlocks file(written(sample, {}));
  EXPECT_EQ(Qcow2Disk(file).size().value, 1'000'448u);
  EXPECT_TRUE(same_content(sample, Qcow2Disk(file)));
}

TEST(Qcow2Write, AnEmptyDiskIsRefused) { EXPECT_THROW(written(SampleDisk({0}, {}), {}), Error); }

}  // namespace
}  // namespace keelson::qcow2
