#include "formats/efi/signature_list.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace keelson::efi {
namespace {

const Uuid kOwner = parse_uuid("01234567-89ab-cdef-0123-456789abcdef");

TEST(SignatureList, ComesBackAsItWasWritten) {
  Bytes lists = write_certificate_list(kOwner, as_bytes("certificate"));
  EXPECT_EQ(lists.size(), 28U + 16 + 11);
  const Bytes second = write_certificate_list(kOwner, as_bytes("another"));
  lists.insert(lists.end(), second.begin(), second.end());
  const auto read = parse_signature_lists(lists, "db.esl");
  ASSERT_EQ(read.size(), 2U);
  EXPECT_EQ(read[0].type, parse_uuid(kX509Type));
  EXPECT_EQ(read[0].owner, kOwner);
  EXPECT_EQ(as_text(read[0].data), "certificate");
  EXPECT_EQ(as_text(read[1].data), "another");
  EXPECT_TRUE(parse_signature_lists({}, "empty").empty());
}

TEST(SignatureList, BeginsWithTheBytesOfTheSpecification) {
  const Bytes list = write_certificate_list(kOwner, as_bytes("x"));
  EXPECT_EQ(std::to_integer<int>(list[0]), 0xa1);  // the first field of the GUID, least byte first
  EXPECT_EQ(std::to_integer<int>(list[16]), 45);   // the whole list
  EXPECT_EQ(std::to_integer<int>(list[24]), 17);   // owner and one byte
  EXPECT_EQ(std::to_integer<int>(list[28]), 0x67);
}

TEST(SignatureList, EveryTruncationIsRefused) {
  const Bytes list = write_certificate_list(kOwner, as_bytes("certificate"));
  for (std::size_t size = 1; size < list.size(); ++size)
    EXPECT_THROW(parse_signature_lists(ByteView(list).first(size), "cut"), Error) << size;
}

TEST(SignatureList, SizesThatDoNotFitAreRefused) {
  const auto refused = [](std::size_t offset, std::uint32_t value) {
    ByteWriter writer;
    writer.bytes(write_certificate_list(kOwner, as_bytes("certificate")));
    writer.patch_u32le(offset, value);
    EXPECT_THROW(parse_signature_lists(writer.view(), "bad"), Error) << offset << " " << value;
  };
  for (const std::uint32_t value : {0U, 27U, 28U, 44U, 54U, 56U, 0xffffffffU}) refused(16, value);
  for (const std::uint32_t value : {1U, 27U, 28U, 0xffffffffU}) refused(20, value);
  for (const std::uint32_t value : {0U, 16U, 26U, 28U, 0xffffffffU}) refused(24, value);
}

}  // namespace
}  // namespace keelson::efi
