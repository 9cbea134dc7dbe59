#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "policy/policy.h"
#include "sys/file.h"
#include "sys/temp_dir.h"

namespace keelson::policy {
namespace {

using testing::HasSubstr;

class Include : public testing::Test {
 protected:
  void put(const std::string& name, const std::string& text) {
    const auto path = folder_.path() / name;
    std::filesystem::create_directories(path.parent_path());
    write_file(path, "policy: keelson/1\n" + text);
  }
  Policy read(const std::string& name) { return read_policy(folder_.path() / name); }
  std::string refusal(const std::string& name) {
    try {
      read(name);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::BadInput);
      return error.message();
    }
    return "none";
  }

  TempDir folder_{"include"};
};

TEST_F(Include, RulesOfTheOtherComeFirstAndTheOuterOneWins) {
  put("base/base.yaml", "rules: [{id: a, fact: x, equals: 1}, {id: b, fact: x, equals: 2}]");
  put("mine.yaml",
      "name: mine\ninclude: [base/base.yaml]\nrules: [{id: c, fact: x, equals: 3}, {id: a, fact: x, equals: 4}]");
  const Policy policy = read("mine.yaml");
  EXPECT_EQ(policy.name, "mine");
  ASSERT_EQ(policy.rules.size(), 3U);
  EXPECT_EQ(policy.rules[0].id, "a");
  EXPECT_EQ(policy.rules[0].operands[0].text, "4");
  EXPECT_THAT(policy.rules[0].file, HasSubstr("mine.yaml"));
  EXPECT_EQ(policy.rules[1].id, "b");
  EXPECT_THAT(policy.rules[1].file, HasSubstr("base/base.yaml"));
  EXPECT_EQ(policy.rules[2].id, "c");
}

TEST_F(Include, AWaiverMayNameARuleOfTheOther) {
  put("base.yaml", "rules: [{id: a, fact: x, equals: 1}]");
  put("mine.yaml", "include: [base.yaml]\nwaivers: [{rule: a, owner: o, reason: r, expires: 2027-01-01}]");
  EXPECT_EQ(read("mine.yaml").waivers.size(), 1U);
  put("typo.yaml", "include: [base.yaml]\nwaivers: [{rule: aa, owner: o, reason: r, expires: 2027-01-01}]");
  EXPECT_THAT(refusal("typo.yaml"), HasSubstr("it waives the rule 'aa', which it does not have"));
}

TEST_F(Include, CirclesDepthAndMissingFilesAreRefused) {
  put("a.yaml", "include: [b.yaml]");
  put("b.yaml", "include: [./a.yaml]");
  EXPECT_THAT(refusal("a.yaml"), HasSubstr("it includes itself"));
  for (int i = 0; i < 10; ++i) put(std::to_string(i) + ".yaml", "include: [" + std::to_string(i + 1) + ".yaml]");
  EXPECT_THAT(refusal("0.yaml"), HasSubstr("too deeply"));
  put("c.yaml", "include: [nothing.yaml]");
  EXPECT_THROW(read("c.yaml"), Error);
  put("d.yaml", "include: []");
  EXPECT_THAT(refusal("d.yaml"), HasSubstr("'include' must be a list of 1 to 32 policies"));
}

}  // namespace
}  // namespace keelson::policy
