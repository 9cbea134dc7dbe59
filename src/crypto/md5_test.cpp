#include "crypto/md5.h"

#include <gtest/gtest.h>

namespace keelson {
namespace {

// RFC 1321, A.5.
TEST(Md5, IsTheStandards) {
  const auto of = [](std::string_view text) {
    return md5_hex([&](const auto& take) {
      for (const char& letter : text) take(as_bytes(std::string_view(&letter, 1)));
    });
  };
  const auto empty = of("");
  if (!empty) GTEST_SKIP() << "OpenSSL refuses MD5 here";
  EXPECT_EQ(empty, "d41d8cd98f00b204e9800998ecf8427e");
  EXPECT_EQ(of("message digest"), "f96b697d7cb7938d525a2f31aaf161d0");
}

}  // namespace
}  // namespace keelson
