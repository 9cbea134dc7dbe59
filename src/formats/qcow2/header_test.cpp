#include "formats/qcow2/header.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace keelson::qcow2 {
namespace {

using testing::HasSubstr;

constexpr ByteCount kFile = mebibytes(1);

class Qcow2Header : public testing::Test {
 protected:
  void SetUp() override {
    put(0, 4, 0x514649FB);
    put(4, 4, 3);
    put(20, 4, 16);                  // clusters of 64 KiB
    put(24, 8, gibibytes(1).value);  // needs two second-level tables
    put(36, 4, 2);
    put(40, 8, 3 * 65536);
    put(96, 4, 4);
    put(100, 4, 112);
  }
  void put(std::size_t offset, std::size_t width, std::uint64_t value) {
    for (std::size_t i = 0; i < width; ++i) bytes_[offset + i] = static_cast<std::byte>(value >> (8 * (width - 1 - i)));
  }
  Header parse() const { return parse_header(bytes_, kFile); }
  std::string refusal() const {
    try {
      parse();
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::BadInput);
      return error.message() + " | " + error.hint();
    }
    return "accepted";
  }

  Bytes bytes_ = Bytes(kHeaderBytes);
};

TEST_F(Qcow2Header, IsReadByItsFields) {
  const Header header = parse();
  EXPECT_EQ(header.version, 3u);
  EXPECT_EQ(header.size, gibibytes(1));
  EXPECT_EQ(header.l1_offset, 3u * 65536);
  EXPECT_EQ(header.l1_entries, 2u);
  EXPECT_EQ(header.l2_span(), mebibytes(512).value);
}

TEST_F(Qcow2Header, OfVersion2HasNoFeatures) {
  put(4, 4, 2);
  put(72, 8, ~0ull);  // in version 2 these bytes are no header
  EXPECT_EQ(parse().version, 2u);
}

TEST_F(Qcow2Header, ADirtyImageIsReadSinceItsMappingIsWhole) {
  put(72, 8, 1);
  EXPECT_NO_THROW(parse());
}

TEST_F(Qcow2Header, ACorruptImageIsRefusedWithAHint) {
  put(72, 8, 2);
  EXPECT_THAT(refusal(), HasSubstr("marked as corrupt | run 'qemu-img check"));
}

TEST_F(Qcow2Header, ABackingFileIsRefusedWithAHint) {
  put(8, 8, 500);
  EXPECT_THAT(refusal(), HasSubstr("difference to a backing file | make it whole first"));
}

TEST_F(Qcow2Header, AnExternalDataFileIsRefusedWithAHint) {
  put(72, 8, 4);
  EXPECT_THAT(refusal(), HasSubstr("another file | make it whole first"));
}

TEST_F(Qcow2Header, EncryptionIsRefused) {
  for (const unsigned method : {1u, 2u, 77u}) {
    put(32, 4, method);
    EXPECT_THAT(refusal(), HasSubstr("encrypted"));
  }
}

TEST_F(Qcow2Header, AFeatureThatIsNotKnownIsRefused) {
  put(72, 8, 1ull << 5);
  EXPECT_THAT(refusal(), HasSubstr("feature that is not known"));
}

TEST_F(Qcow2Header, TheCompressionTypeAndItsFeatureBitBelongTogether) {
  put(104, 1, 1);
  EXPECT_THAT(refusal(), HasSubstr("disagree"));
  put(72, 8, 8);
  EXPECT_EQ(parse().compression, Compression::Zstd);
  put(104, 1, 0);
  EXPECT_THAT(refusal(), HasSubstr("disagree"));
  put(104, 1, 2);
  EXPECT_THAT(refusal(), HasSubstr("compression type 2"));
  put(100, 4, 104);  // the header ends before the type
  put(72, 8, 0);
  EXPECT_EQ(parse().compression, Compression::Deflate);
}

TEST_F(Qcow2Header, ClustersOutsideTheSpecificationsBoundsAreRefused) {
  for (const unsigned bits : {0u, 8u, 22u, 63u, 64u, 0xFFFFFFFFu}) {
    put(20, 4, bits);
    EXPECT_THAT(refusal(), HasSubstr("not allowed")) << bits;
  }
}

TEST_F(Qcow2Header, ASizeBeyondTheFirstTableIsRefused) {
  put(24, 8, gibibytes(1).value + 512);
  EXPECT_THAT(refusal(), HasSubstr("its first table has 2 entries"));
  put(24, 8, ~0ull - 511);
  EXPECT_THAT(refusal(), HasSubstr("too large for its clusters"));
  put(24, 8, 513);
  EXPECT_THAT(refusal(), HasSubstr("not whole sectors"));
}

TEST_F(Qcow2Header, AFirstTableOutsideTheFileIsRefused) {
  for (const std::uint64_t place : {std::uint64_t{0}, std::uint64_t{100}, kFile.value, ~std::uint64_t{0} << 16}) {
    put(40, 8, place);
    EXPECT_THAT(refusal(), HasSubstr("its first table lies")) << place;
  }
}

TEST_F(Qcow2Header, LengthsThatCannotBeAreRefused) {
  for (const unsigned length : {0u, 96u, 105u, 0x20000u}) {
    put(100, 4, length);
    EXPECT_THAT(refusal(), HasSubstr("its length is")) << length;
  }
}

TEST_F(Qcow2Header, OtherMagicsVersionsAndShortFilesAreRefused) {
  put(4, 4, 1);
  EXPECT_THAT(refusal(), HasSubstr("version is 1"));
  put(0, 4, 0x514649FA);
  EXPECT_THAT(refusal(), HasSubstr("no magic"));
  EXPECT_THROW(parse_header({}, {0}), Error);
}

}  // namespace
}  // namespace keelson::qcow2
