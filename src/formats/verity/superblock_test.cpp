#include "formats/verity/superblock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace keelson::verity {
namespace {

using testing::HasSubstr;

Superblock sample() {
  return {
      .uuid = parse_uuid("00112233-4455-6677-8899-aabbccddeeff"), .data_blocks = 300, .salt = Bytes(32, std::byte{7})};
}

std::string refusal(const Bytes& bytes) {
  try {
    parse_superblock(bytes, "sample");
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::BadInput);
    return error.what();
  }
  return "";
}

TEST(VeritySuperblock, WhatIsWrittenIsRead) {
  const Bytes bytes = encode_superblock(sample());
  ASSERT_EQ(bytes.size(), kSuperblockSize);
  const Superblock read = parse_superblock(bytes, "sample");
  EXPECT_EQ(read.uuid, sample().uuid);
  EXPECT_EQ(read.data_blocks, 300u);
  EXPECT_EQ(read.salt, sample().salt);
}

TEST(VeritySuperblock, WhatIsNotReadHereIsRefusedByName) {
  const Bytes good = encode_superblock(sample());
  const auto with = [&](std::size_t at, std::uint64_t value, std::size_t width) {
    Bytes bytes = good;
    put_le(bytes, at, value, width);
    return refusal(bytes);
  };
  EXPECT_THAT(with(0, 'V', 1), HasSubstr("does not begin with 'verity'"));
  EXPECT_THAT(with(8, 2, 4), HasSubstr("version 2"));
  EXPECT_THAT(with(12, 0, 4), HasSubstr("hash type 1"));
  EXPECT_THAT(with(32, 'S', 1), HasSubstr("sha256"));
  EXPECT_THAT(with(38, '0', 1), HasSubstr("sha256"));  // "sha2560"
  EXPECT_THAT(with(64, 512, 4), HasSubstr("4096"));
  EXPECT_THAT(with(68, 1 << 16, 4), HasSubstr("4096"));
  EXPECT_THAT(with(72, 0, 8), HasSubstr("0 blocks"));
  EXPECT_THAT(with(72, ~std::uint64_t{0}, 8), HasSubstr("blocks"));
  EXPECT_THAT(with(80, 257, 2), HasSubstr("salt"));
  EXPECT_THAT(refusal(Bytes(511)), HasSubstr("shorter"));
}

TEST(VeritySuperblock, ImpossibleOnesAreNotWritten) {
  Superblock superblock = sample();
  superblock.salt.resize(257);
  EXPECT_THROW(encode_superblock(superblock), Error);
  superblock = sample();
  superblock.data_blocks = 0;
  EXPECT_THROW(encode_superblock(superblock), Error);
}

}  // namespace
}  // namespace keelson::verity
