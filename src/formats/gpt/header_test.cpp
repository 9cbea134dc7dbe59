#include "formats/gpt/header.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "formats/gpt/crc32.h"

namespace keelson::gpt {
namespace {

Header example() {
  return {.my_lba = {1},
          .alternate_lba = {20479},
          .first_usable = {2048},
          .last_usable = {20446},
          .disk_uuid = parse_uuid("12345678-9abc-def0-1122-334455667788"),
          .entries_lba = {2},
          .entries_crc32 = 0xCAFEF00D};
}

// A header block with four bytes replaced and the CRC made right again: what an attacker would write.
Bytes forged(std::size_t offset, std::uint32_t value) {
  ByteWriter writer;
  writer.bytes(ByteView(encode_header(example(), 512)).first(92));
  writer.patch_u32le(offset, value);
  writer.patch_u32le(16, 0);
  writer.patch_u32le(16, crc32(writer.view()));
  writer.align(512);
  return writer.take();
}

std::string refusal(ByteView block) {
  try {
    parse_header(block);
  } catch (const Error& error) {
    return error.message();
  }
  return "accepted";
}

TEST(GptHeader, RoundTripsInBothBlockSizes) {
  for (const std::size_t block_size : {512u, 4096u}) {
    const Bytes block = encode_header(example(), block_size);
    ASSERT_EQ(block.size(), block_size);
    EXPECT_EQ(parse_header(block), example());
  }
}

TEST(GptHeader, AnyFlippedBitInTheHeaderIsRefused) {
  for (const std::size_t block_size : {512u, 4096u}) {
    Bytes block = encode_header(example(), block_size);
    for (std::size_t bit = 0; bit < block.size() * 8; ++bit) {
      const auto mask = static_cast<std::byte>(1u << (bit % 8));
      block[bit / 8] ^= mask;
      EXPECT_THROW(parse_header(block), Error) << "bit " << bit % 8 << " of byte " << bit / 8;
      block[bit / 8] ^= mask;
    }
    EXPECT_EQ(parse_header(block), example());
  }
}

TEST(GptHeader, TheDiskUuidStandsInMixedEndianOrder) {
  const Bytes block = encode_header(example(), 512);
  const std::string stored = to_hex(reinterpret_cast<const std::uint8_t*>(block.data()) + 56, 16);
  EXPECT_EQ(stored, "78563412bc9af0de1122334455667788");
}

TEST(GptHeader, TheChecksumIsTheOneThatTheStandardNames) {
  EXPECT_EQ(crc32(as_bytes("123456789")), 0xCBF43926u);  // the check value of CRC-32/ISO-HDLC
}

TEST(GptHeader, ARefusalNamesTheRuleAndTheByte) {
  EXPECT_EQ(refusal(forged(0, 0)), "cannot read 'GPT header': no signature 'EFI PART' (byte 0)");
  EXPECT_EQ(refusal(forged(8, 0x00020000)), "cannot read 'GPT header': its revision is not 1.0 (byte 8)");
  EXPECT_EQ(refusal(forged(12, 91)),
            "cannot read 'GPT header': its size of 91 bytes is not between 92 and the block's 512 (byte 12)");
  EXPECT_EQ(refusal(forged(12, 513)),
            "cannot read 'GPT header': its size of 513 bytes is not between 92 and the block's 512 (byte 12)");
  EXPECT_EQ(refusal(forged(20, 1)), "cannot read 'GPT header': a reserved field is not zero (byte 20)");
}

TEST(GptHeader, CountsAndSizesAreBoundedWhateverTheChecksumSays) {
  EXPECT_EQ(refusal(forged(80, 0)),
            "cannot read 'GPT header': 0 partition entries are not between 1 and 1024 (byte 80)");
  EXPECT_EQ(refusal(forged(80, 0xFFFFFFFF)),
            "cannot read 'GPT header': 4294967295 partition entries are not between 1 and 1024 (byte 80)");
  for (const std::uint32_t size : {0u, 64u, 127u, 129u, 384u, 8192u, 0x80000000u}) {
    EXPECT_THROW(parse_header(forged(84, size)), Error) << size;
  }
  EXPECT_EQ(parse_header(forged(84, 256)).entry_size, 256u);
  EXPECT_EQ(parse_header(forged(80, 1024)).entry_count, 1024u);
}

TEST(GptHeader, ABlockOfAnyOtherLengthIsRefused) {
  for (const std::size_t size : {0u, 91u, 511u, 513u, 1024u}) EXPECT_THROW(parse_header(Bytes(size)), Error) << size;
}

}  // namespace
}  // namespace keelson::gpt
