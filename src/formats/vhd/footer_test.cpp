#include "formats/vhd/footer.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace keelson::vhd {
namespace {

const Uuid kUuid = parse_uuid("00112233-4455-6677-8899-aabbccddeeff");
constexpr std::int64_t kTime = 1'700'000'000;

TEST(VhdFooter, RoundTrips) {
  const Bytes footer = encode_footer(gibibytes(2), kUuid, kTime);
  ASSERT_EQ(footer.size(), kFooterSize);
  EXPECT_EQ(parse_footer(footer),
            (Footer{.size = gibibytes(2), .uuid = kUuid, .epoch = kTime, .geometry = geometry_for(gibibytes(2))}));
}

TEST(VhdFooter, TheSameDiskGivesTheSameBytes) {
  EXPECT_EQ(encode_footer(gibibytes(2), kUuid, kTime), encode_footer(gibibytes(2), kUuid, kTime));
  EXPECT_NE(encode_footer(gibibytes(2), kUuid, kTime), encode_footer(gibibytes(2), kUuid, kTime + 1));
}

TEST(VhdFooter, AnyFlippedBitIsRefused) {
  Bytes footer = encode_footer(mebibytes(64), kUuid, kTime);
  for (std::size_t bit = 0; bit < footer.size() * 8; ++bit) {
    const auto mask = static_cast<std::byte>(1u << (bit % 8));
    footer[bit / 8] ^= mask;
    EXPECT_THROW(parse_footer(footer), Error) << "bit " << bit % 8 << " of byte " << bit / 8;
    footer[bit / 8] ^= mask;
  }
}

TEST(VhdFooter, TheGeometryFollowsTheSpecificationsAlgorithm) {
  // Worked through by hand from the appendix, one value per branch.
  EXPECT_EQ(geometry_for(mebibytes(1)), (Chs{.cylinders = 30, .heads = 4, .sectors = 17}));
  EXPECT_EQ(geometry_for(mebibytes(64)), (Chs{.cylinders = 963, .heads = 8, .sectors = 17}));
  EXPECT_EQ(geometry_for(mebibytes(200)), (Chs{.cylinders = 825, .heads = 16, .sectors = 31}));
  EXPECT_EQ(geometry_for(gibibytes(1)), (Chs{.cylinders = 2080, .heads = 16, .sectors = 63}));
  EXPECT_EQ(geometry_for(gibibytes(2040)), (Chs{.cylinders = 65535, .heads = 16, .sectors = 255}));
}

TEST(VhdFooter, TheGeometryNeverClaimsMoreSectorsThanThereAre) {
  for (std::uint64_t size = mebibytes(1).value; size < gibibytes(300).value; size = size * 5 / 4 / 512 * 512) {
    EXPECT_LE(geometry_for({size}).total_sectors() * 512, size);
  }
}

TEST(VhdFooter, ATimeBefore2000BecomesItsBeginning) {
  EXPECT_EQ(parse_footer(encode_footer(mebibytes(1), kUuid, 0)).epoch, 946684800);
}

TEST(VhdFooter, ASizeThatTheFormatCannotHoldIsRefused) {
  EXPECT_THROW(encode_footer({0}, kUuid, kTime), Error);
  EXPECT_THROW(encode_footer({513}, kUuid, kTime), Error);
  EXPECT_THROW(encode_footer(kLargestDisk + ByteCount{512}, kUuid, kTime), Error);
  EXPECT_NO_THROW(encode_footer(kLargestDisk, kUuid, kTime));
}

TEST(VhdFooter, ADynamicDiskIsRefusedAndSaysWhy) {
  Bytes footer = encode_footer(mebibytes(1), kUuid, kTime);
  footer[63] = std::byte{3};  // dynamic
  // One more in the sum is one less in its complement.
  ByteWriter writer;
  writer.bytes(footer);
  writer.patch_u32be(64, ByteReader(footer, "footer").u32be(64) - 1);
  try {
    parse_footer(writer.view());
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.message(), "cannot read 'VHD footer': its disk type is 3, not 2 (fixed)");
  }
}

TEST(VhdFooter, AzureTakesWholeMebibytesOnly) {
  EXPECT_TRUE(is_azure_size(mebibytes(5)));
  EXPECT_FALSE(is_azure_size({mebibytes(5).value + 512}));
  EXPECT_FALSE(is_azure_size({0}));
}

}  // namespace
}  // namespace keelson::vhd
