#include "base/block_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace keelson {
namespace {

Bytes counting(std::size_t count) {
  Bytes bytes(count);
  for (std::size_t i = 0; i < count; ++i) bytes[i] = static_cast<std::byte>(i);
  return bytes;
}

TEST(BlockSource, ASliceReadsItsPartAndNothingElse) {
  const MemoryBlocks disk(counting(100));
  const BlockSlice part(disk, {10, 20});
  EXPECT_EQ(part.size(), ByteCount{20});
  EXPECT_EQ(read_blocks(part, 0, 20), read_blocks(disk, 10, 20));
  EXPECT_THROW(read_blocks(part, 0, 21), Error);
  EXPECT_THROW(read_blocks(part, 21, 0), Error);
  EXPECT_NO_THROW(read_blocks(part, 20, 0));
}

TEST(BlockSource, ARangeThatOverflowsIsRefused) {
  const MemoryBlocks disk(counting(100));
  EXPECT_THROW(BlockSlice(disk, {1, ~0ULL}), Error);
  EXPECT_THROW(BlockSlice(disk, {~0ULL, 2}), Error);
  std::byte one{};
  EXPECT_THROW(disk.read(~0ULL, {&one, 1}), Error);
}

TEST(BlockSource, DataOfASliceIsCutAtItsEnds) {
  const MemoryBlocks disk(counting(100));
  const BlockSlice part(disk, {10, 20});
  EXPECT_EQ(part.next_data(5), (BlockRange{5, 15}));
  EXPECT_EQ(part.next_data(20), std::nullopt);
}

TEST(BlockSource, ALengthBeyondTheLimitIsRefusedBeforeItIsAllocated) {
  const MemoryBlocks disk(counting(100));
  EXPECT_THROW(read_blocks(disk, 0, 1ULL << 60), Error);
}

}  // namespace
}  // namespace keelson
