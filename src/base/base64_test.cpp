#include "base/base64.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace keelson {
namespace {

TEST(Base64, AgreesWithRfc4648) {
  const std::pair<const char*, const char*> vectors[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, coded] : vectors) {
    EXPECT_EQ(base64(as_bytes(std::string_view(plain))), coded);
    EXPECT_EQ(parse_base64(coded), plain);
  }
}

TEST(Base64, LineBreaksArePassedOverAndAnythingElseIsRefused) {
  EXPECT_EQ(parse_base64("Zm9v\r\nYmFy\n"), "foobar");
  EXPECT_EQ(parse_base64("/+8="), "\xff\xef");
  for (const char* wrong : {"Z", "Zg", "Zg=", "Zg===", "Zg==Zg==", "=", "====", "Z===", "Zm9v YmFy", "Zm-v", "Zg=g"}) {
    EXPECT_EQ(parse_base64(wrong), std::nullopt) << wrong;
  }
}

}  // namespace
}  // namespace keelson
