#include "base/bytes.h"

#include <gtest/gtest.h>

#include <limits>

#include "base/error.h"

namespace keelson {
namespace {

TEST(ByteReader, ReadsBothByteOrders) {
  const ByteReader reader(as_bytes(std::string_view("\x01\x02\x03\x04\x05\x06\x07\x08", 8)), "sample");
  EXPECT_EQ(reader.u16le(0), 0x0201);
  EXPECT_EQ(reader.u16be(0), 0x0102);
  EXPECT_EQ(reader.u32le(0), 0x04030201u);
  EXPECT_EQ(reader.u64be(0), 0x0102030405060708ULL);
}

TEST(ByteReader, AReadPastTheEndIsRefusedEvenWhenTheOffsetWouldOverflow) {
  const ByteReader reader(as_bytes("abc"), "sample");
  EXPECT_THROW(reader.u32le(0), Error);
  EXPECT_THROW(reader.bytes(4, 0), Error);
  EXPECT_THROW(reader.bytes(1, std::numeric_limits<std::size_t>::max()), Error);
  EXPECT_NO_THROW(reader.bytes(3, 0));
}

TEST(ByteWriter, WritesWhatTheReaderReads) {
  ByteWriter writer;
  writer.u32le(7);
  writer.u16be(0x0102);
  writer.align(16);
  writer.patch_u32be(8, 0xdeadbeef);
  const ByteReader reader(writer.view(), "sample");
  EXPECT_EQ(writer.size(), 16u);
  EXPECT_EQ(reader.u32le(0), 7u);
  EXPECT_EQ(reader.u16be(4), 0x0102);
  EXPECT_EQ(reader.u32be(8), 0xdeadbeefu);
}

}  // namespace
}  // namespace keelson
