#include "base/text.h"

#include <gtest/gtest.h>

namespace keelson {
namespace {

TEST(Text, SplitKeepsEmptyPartsAndWordsDropsThem) {
  EXPECT_EQ(split("a,,b", ','), (std::vector<std::string_view>{"a", "", "b"}));
  EXPECT_EQ(split_words("  a \t b\n"), (std::vector<std::string_view>{"a", "b"}));
  EXPECT_EQ(trim(" x y \n"), "x y");
}

TEST(Text, JoinsAsAPersonWould) {
  const std::vector<std::string> parts{"a", "b", "c"};
  EXPECT_EQ(join_words(parts), "a, b and c");
  EXPECT_EQ(join_words(parts, "or"), "a, b or c");
}

TEST(Suggest, FindsTyposSwapsAndWrongCaseButNotStrangers) {
  const std::vector<std::string> keys{"hostname", "packages", "kernelCommandLine"};
  EXPECT_EQ(suggest("hostnmae", keys), "hostname");
  EXPECT_EQ(suggest("KernelCommandline", keys), "kernelCommandLine");
  EXPECT_EQ(suggest("storage", keys), "");
  EXPECT_EQ(did_you_mean("package", keys), "did you mean 'packages'?");
}

}  // namespace
}  // namespace keelson
