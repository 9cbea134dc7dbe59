#include "base/der.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/sha256.h"

namespace keelson::der {
namespace {

std::string hex(const Bytes& bytes) {
  return to_hex(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
}

Bytes from(std::initializer_list<int> values) {
  Bytes bytes;
  for (const int value : values) bytes.push_back(static_cast<std::byte>(value));
  return bytes;
}

TEST(Der, WritesTheExamplesOfTheStandard) {
  EXPECT_EQ(hex(object_identifier("2.999.3")), "0603883703");  // X.690 8.19.5
  EXPECT_EQ(hex(object_identifier("1.2.840.113549.1.7.2")), "06092a864886f70d010702");
  EXPECT_EQ(hex(integer(0)), "020100");
  EXPECT_EQ(hex(integer(128)), "02020080");
  EXPECT_EQ(hex(integer(65537)), "0203010001");
  EXPECT_EQ(hex(sequence({null(), integer(1)})), "30050500020101");
}

TEST(Der, LongElementsComeBackAsTheyWere) {
  for (const std::size_t size : {0U, 1U, 127U, 128U, 255U, 256U, 65535U, 65536U, 70000U}) {
    const Bytes content(size, std::byte{7});
    const Bytes written = element(kOctetString, {content});
    Reader reader(written, "test");
    const Element read = reader.require(kOctetString, "the text");
    EXPECT_EQ(read.content.size(), size);
    EXPECT_EQ(read.whole.size(), written.size());
    EXPECT_TRUE(reader.at_end());
  }
}

TEST(Der, WhatIsNotDerIsRefused) {
  const auto refused = [](const Bytes& bytes) { EXPECT_THROW(Reader(bytes, "test").next(), Error) << hex(bytes); };
  refused({});
  refused(from({0x30}));
  refused(from({0x30, 0x01}));                                // longer than the bytes
  refused(from({0x30, 0x80, 0x00, 0x00}));                    // indefinite
  refused(from({0x30, 0x81, 0x01, 0x00}));                    // could be shorter
  refused(from({0x30, 0x82, 0x00, 0x80}));                    // could be shorter
  refused(from({0x1f, 0x81, 0x01, 0x00}));                    // tag of several bytes
  refused(from({0x30, 0x84, 0xff, 0xff, 0xff, 0xff}));        // 4 GiB
  refused(from({0x30, 0x88, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}));  // wraps
}

TEST(Der, AnElementOfAnotherKindIsNamed) {
  const Bytes bytes = integer(1);
  Reader reader(bytes, "signature");
  EXPECT_FALSE(reader.find(kSequence));
  try {
    reader.require(kSequence, "the signer");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.message(), "cannot read 'signature': it has a tag 0x02 where the signer should be");
  }
  reader.next();
  EXPECT_NO_THROW(reader.require_end("the signer"));
}

}  // namespace
}  // namespace keelson::der
