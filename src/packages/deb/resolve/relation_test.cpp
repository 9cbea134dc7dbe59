#include "packages/deb/resolve/relation.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace keelson::deb {
namespace {

TEST(Relation, AlternativesVersionsAndQualifiersAreKeptInOrder) {
  const auto all =
      parse_relations("libc6 (>= 2.38), python3:any | python3-minimal:amd64 (<< 4~),\n default-mta", "Depends of x");
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0], (Alternatives{{"libc6", "", VersionTest::LaterOrEqual, "2.38"}}));
  EXPECT_EQ(all[1], (Alternatives{{"python3", "any"}, {"python3-minimal", "amd64", VersionTest::Earlier, "4~"}}));
  EXPECT_EQ(all[2], (Alternatives{{"default-mta"}}));
  EXPECT_EQ(to_text(all[1]), "python3:any or python3-minimal:amd64 (<< 4~)");
  EXPECT_EQ(to_text(all[0]), "libc6 (>= 2.38)");
}

TEST(Relation, ArchitectureListsAndBuildProfilesAreSkipped) {
  const auto all = parse_relations("a [amd64 !arm64], b (= 1) [linux-any] <!nocheck> <stage1> | c", "Depends of x");
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0], (Alternatives{{"a"}}));
  EXPECT_EQ(all[1], (Alternatives{{"b", "", VersionTest::Equal, "1"}, {"c"}}));
}

TEST(Relation, EmptyFieldsAndStrayCommasHaveNoRelations) {
  EXPECT_TRUE(parse_relations("", "x").empty());
  EXPECT_TRUE(parse_relations(" \n ", "x").empty());
  EXPECT_EQ(parse_relations("a,, b,", "x").size(), 2u);
}

TEST(Relation, BrokenSyntaxIsRefusedAndNamed) {
  for (const std::string broken :
       {"a (", "a (>=", "a (1)", "a (>= )", "a (>= 1", "a:", "a |", "| a", "a b", "a [amd64", "a (>= 1 2)", "\x01"}) {
    try {
      parse_relations(broken, "Depends of x");
      ADD_FAILURE() << broken;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::BadInput);
      EXPECT_EQ(error.message().find("cannot read 'Depends of x': "), 0u) << error.message();
    }
  }
  EXPECT_THROW(parse_relations(std::string((1u << 20) + 1, 'a'), "x"), Error);
  EXPECT_THROW(parse_relations(std::string(300, 'a'), "x"), Error);
  EXPECT_THROW(parse_relation_list("a | b", "Conflicts of x"), Error);
}

TEST(Relation, VersionTestsCompareAsDpkgDoes) {
  const auto accepts = [](std::string_view text, std::string_view version) {
    return is_version_accepted(parse_relations(text, "x").at(0).at(0), version);
  };
  EXPECT_TRUE(accepts("a", "1"));
  EXPECT_TRUE(accepts("a (<< 1.10)", "1.9"));
  EXPECT_FALSE(accepts("a (<< 1.10)", "1.10"));
  EXPECT_TRUE(accepts("a (<= 1.10)", "1.10"));
  EXPECT_TRUE(accepts("a (< 1.10)", "1.10"));  // the deprecated spelling of <=
  EXPECT_TRUE(accepts("a (= 1.0)", "1.00"));
  EXPECT_FALSE(accepts("a (>= 1:1)", "2"));
  EXPECT_TRUE(accepts("a (>> 1~rc1)", "1"));
  EXPECT_FALSE(accepts("a (>> 1)", "1"));
}

}  // namespace
}  // namespace keelson::deb
