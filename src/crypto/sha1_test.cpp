#include "crypto/sha1.h"

#include <gtest/gtest.h>

namespace keelson {
namespace {

// RFC 3174, section 7.3.
TEST(Sha1, IsThatOfTheStandard) {
  EXPECT_EQ(sha1(as_bytes("abc")).hex(), "a9993e364706816aba3e25717850c26c9cd0d89d");
  Sha1Hasher hasher;
  hasher.update(as_bytes("abcdbcdecdefdefgefghfghighij"));
  hasher.update(as_bytes("hijkijkljklmklmnlmnomnopnopq"));
  EXPECT_EQ(hasher.finish().hex(), "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
}

}  // namespace
}  // namespace keelson
