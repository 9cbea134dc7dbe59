#include "crypto/hash.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "sys/file.h"
#include "sys/temp_dir.h"

namespace keelson {
namespace {

constexpr auto kAbc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";  // FIPS 180-2, appendix B.1

TEST(Hash, MatchesTheStandardsExampleWholeInPiecesAndFromAFile) {
  EXPECT_EQ(sha256(std::string_view("abc")).hex(), kAbc);
  Sha256Hasher hasher;
  hasher.update("a");
  hasher.update("bc");
  EXPECT_EQ(hasher.finish().hex(), kAbc);
  const TempDir dir("keelson-test");
  write_file(dir.path() / "f", "abc");
  EXPECT_EQ(sha256_file(dir.path() / "f").hex(), kAbc);
}

TEST(Hash, ASaltComesBeforeEachOfManyPieces) {
  SaltedSha256 hasher(as_bytes("a"));
  EXPECT_EQ(hasher.digest(as_bytes("bc")).hex(), kAbc);
  EXPECT_EQ(hasher.digest(as_bytes("")), sha256(std::string_view("a")));
  EXPECT_EQ(hasher.digest(as_bytes("bc")).hex(), kAbc);
}

TEST(Hash, ADigestThatIsNotHexadecimalIsRefused) {
  EXPECT_EQ(parse_sha256(kAbc), sha256(std::string_view("abc")));
  EXPECT_THROW(parse_sha256("abc"), Error);
  EXPECT_THROW(parse_sha256(std::string(64, 'g')), Error);
}

}  // namespace
}  // namespace keelson
