#include "packages/deb/resolve/candidates.h"

#include <gtest/gtest.h>

#include "packages/deb/resolve/test_indices.h"

namespace keelson::deb {
namespace {

// Names that are looked up come from goals, relations and messages: not all of these live as long as the candidates.
TEST(Candidates, ANameThatWasAskedForMayDie) {
  const std::string text = testing::packages_text(
      "carrier-of-a-name 1\nProvides: a-name-that-nobody-bears-but-one-provides\n"
      "a-package-with-a-long-name 2");
  const std::vector<std::string_view> texts{text};
  const Bytes bytes = make_name_directory(texts, "amd64");
  const NameDirectory directory(bytes);
  Candidates candidates(texts, directory, Goal{.architecture = "amd64"}, {});
  const auto ask = [&](const std::string& name) { return candidates.find(name); };
  const auto providers = [&](const std::string& name) { return candidates.providers(name).size(); };
  EXPECT_EQ(ask("a-name-that-nobody-bears-but-one-provides"), nullptr);
  EXPECT_EQ(ask("a-name-that-is-not-there-at-all-anywhere-"), nullptr);
  ASSERT_NE(ask("a-package-with-a-long-name"), nullptr);
  EXPECT_EQ(providers("a-name-that-nobody-bears-but-one-provides"), 1u);
  EXPECT_EQ(providers("a-name-that-is-not-there-at-all-anywhere-"), 0u);
  EXPECT_EQ(ask("a-package-with-a-long-name")->version, "2");
}

}  // namespace
}  // namespace keelson::deb
