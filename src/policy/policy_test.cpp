#include "policy/policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <set>

#include "base/error.h"
#include "sys/file.h"

namespace keelson::policy {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

std::string rule(std::string_view operator_line) {
  return "policy: keelson/1\nname: t\nrules:\n  - id: a\n    fact: versions.kernel\n    " + std::string(operator_line) +
         "\n";
}

std::string mistakes(std::string_view text) {
  try {
    parse_policy(text, "p.yaml");
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::BadInput);
    return error.message();
  }
  return "none";
}

std::filesystem::path source() {
  const char* folder = std::getenv("KEELSON_SOURCE_DIR");
  return folder == nullptr ? std::filesystem::path() : std::filesystem::path(folder);
}

TEST(Policy, ARuleKeepsItsFactOperatorWordsAndLine) {
  const Policy policy = parse_policy(
      "policy: keelson/1\nname: mine\nrules:\n  - id: kernel\n    fact: versions.kernel\n    versionAtLeast: 6.6\n"
      "    severity: warning\n    reason: because\n    hint: try\n",
      "p.yaml");
  ASSERT_EQ(policy.rules.size(), 1u);
  EXPECT_EQ(policy.rules[0].op, Operator::VersionAtLeast);
  EXPECT_EQ(policy.rules[0].operands.at(0).text, "6.6");
  EXPECT_EQ(policy.rules[0].severity, Severity::Warning);
  EXPECT_EQ(policy.rules[0].reason, "because");
  EXPECT_EQ(policy.rules[0].hint, "try");
  EXPECT_EQ(policy.rules[0].line, 4u);
  EXPECT_EQ(demand_in_words(policy.rules[0]), "version 6.6 or later");
}

TEST(Policy, AllMistakesAreToldAtOnceEachWithItsPlace) {
  const std::string said = mistakes(
      "policy: keelson/2\nrules:\n  - id: A b\n    fakt: x\n    equals: 1\n  - id: b\n    fact: a..b\n    atLeast: "
      "many\n"
      "    severity: eror\n");
  EXPECT_THAT(said, HasSubstr("cannot read policy 'p.yaml': 7 mistakes"));
  EXPECT_THAT(said, HasSubstr("p.yaml:1:9: this version"));
  EXPECT_THAT(said, HasSubstr("p.yaml:3:9: 'id' must be"));
  EXPECT_THAT(said, HasSubstr("p.yaml:3:5: the key 'fact' is missing"));
  EXPECT_THAT(said, HasSubstr("p.yaml:4:5: a rule has no key 'fakt'; did you mean 'fact'?"));
  EXPECT_THAT(said, HasSubstr("p.yaml:7:11: 'fact' must be a dotted path"));
  EXPECT_THAT(said, HasSubstr("p.yaml:8:14: 'atLeast' must be a number"));
  EXPECT_THAT(said, HasSubstr("p.yaml:9:15: 'severity' must be 'error' or 'warning'; did you mean 'error'?"));
}

TEST(Policy, AKeyOrRuleThatComesTwiceIsRefused) {
  EXPECT_THAT(mistakes(rule("equals: 1\n    equals: 2")), HasSubstr("p.yaml:7:5: the key 'equals' stands here twice"));
  EXPECT_THAT(mistakes(rule("equals: 1\n  - id: a\n    fact: b\n    known: true")),
              HasSubstr("the rule 'a' is there already, in line 4"));
}

TEST(Policy, ARuleHasExactlyOneOperator) {
  EXPECT_THAT(mistakes(rule("reason: none")), HasSubstr("it needs one of equals, notEquals"));
  EXPECT_THAT(mistakes(rule("equals: 1\n    atMost: 2")), HasSubstr("this one has 'equals' already"));
}

TEST(Policy, OperandsAreTyped) {
  EXPECT_THAT(mistakes(rule("oneOf: x")), HasSubstr("'oneOf' must be a list of 1 to 256 values"));
  EXPECT_THAT(mistakes(rule("maxItems: -1")), HasSubstr("'maxItems' must be a whole number"));
  EXPECT_THAT(mistakes(rule("empty: false")), HasSubstr("'empty' can only be true"));
  EXPECT_THAT(mistakes(rule("matches: '['")), HasSubstr("a '[' is never closed"));
  EXPECT_THAT(mistakes(rule("equals: [a]")), HasSubstr("'equals' must be a text"));
  EXPECT_THAT(mistakes(rule("atLeast: nan")), HasSubstr("'atLeast' must be a number"));
  EXPECT_EQ(mistakes(rule("atLeast: 1.5")), "none");
  EXPECT_THAT(mistakes(rule("between: [1]")), HasSubstr("'between' must be a list of two: from, to"));
  EXPECT_THAT(mistakes(rule("between: [9, 1]")),
              HasSubstr("'between' can be true of nothing: 9 does not come before 1"));
  EXPECT_THAT(mistakes(rule("versionBetween: [1.10, 1.9]")), HasSubstr("1.10 does not come before 1.9"));
  EXPECT_EQ(mistakes(rule("versionBetween: [1.9, 1.10]")), "none");
  EXPECT_THAT(mistakes(rule("sameAs: a..b")), HasSubstr("'sameAs' must be a dotted path"));
  EXPECT_THAT(mistakes(rule("noneMatches: '('")), HasSubstr("p.yaml:6:"));
}

TEST(Policy, AConditionIsAFactAndAnOperator) {
  const Policy policy = parse_policy(rule("known: true\n    when: {fact: security.fips.enabled, equals: true}"), "p");
  ASSERT_TRUE(policy.rules.at(0).when);
  EXPECT_EQ(policy.rules[0].when->fact, "security.fips.enabled");
  EXPECT_THAT(mistakes(rule("known: true\n    when: {fact: a}")), HasSubstr("'when' says nothing about its fact"));
  EXPECT_THAT(mistakes(rule("known: true\n    when: {equals: a}")), HasSubstr("the key 'fact' is missing"));
  EXPECT_THAT(mistakes(rule("known: true\n    when: {fact: a, equals: a, reason: b}")),
              HasSubstr("'when' has no key 'reason'"));
}

TEST(Policy, AWaiverSaysWhoWhyAndUntilWhen) {
  const std::string start = rule("known: true") + "waivers:\n";
  EXPECT_EQ(mistakes(start + "  - {rule: a, owner: o, reason: r, expires: 2027-01-31}\n"), "none");
  EXPECT_THAT(mistakes(start + "  - {rule: a, reason: r, expires: 2027-01-31}\n"),
              HasSubstr("p.yaml:8:5: the key 'owner' is missing"));
  EXPECT_THAT(mistakes(start + "  - {rule: a, owner: '', reason: r, expires: 2027-02-30}\n"),
              AllOf(HasSubstr("'owner' must not be empty"), HasSubstr("'expires' must be a day such as 2027-01-31")));
  EXPECT_THAT(mistakes(start + "  - {rule: a, owner: o, reason: r, expires: 2027-01-31}\n" +
                       "  - {rule: a, owner: p, reason: r, expires: 2027-01-31}\n"),
              HasSubstr("the rule 'a' is waived twice"));
}

TEST(Policy, WhatIsNoPolicyAtAllGetsOneClearMistake) {
  EXPECT_THAT(mistakes(""), HasSubstr("a policy must be a map"));
  EXPECT_THAT(mistakes("- a"), HasSubstr("a policy must be a map"));
  EXPECT_THAT(mistakes("a: [b"), HasSubstr("this is not YAML"));
  EXPECT_THAT(mistakes("policy: keelson/1\nrules: []\n"), HasSubstr("at least one rule"));
  EXPECT_THAT(mistakes(std::string(2u << 20, ' ')), HasSubstr("larger than 1 MiB"));
  EXPECT_THAT(mistakes(std::string(100000, '[')), Not(HasSubstr("none")));
}

TEST(Policy, TheShippedPolicyIsReadWithoutAMistake) {
  if (source().empty()) GTEST_SKIP() << "KEELSON_SOURCE_DIR is not set";
  const Policy policy = read_policy(source() / "policies/container-host.yaml");
  EXPECT_EQ(policy.name, "container-host");
  EXPECT_GE(policy.rules.size(), 15u);
}

TEST(Policy, EveryShippedPolicyIsReadWithoutAMistake) {
  if (source().empty()) GTEST_SKIP() << "KEELSON_SOURCE_DIR is not set";
  std::size_t policies = 0;
  for (const auto& file : std::filesystem::directory_iterator(source() / "policies")) {
    if (file.path().extension() != ".yaml") continue;
    const Policy policy = read_policy(file.path());
    EXPECT_EQ(policy.name, file.path().stem().native());
    EXPECT_FALSE(policy.description.empty()) << file.path();
    ++policies;
  }
  EXPECT_GE(policies, 4U);
}

TEST(Policy, TheFipsPolicyHoldsEveryRuleOfTheDefaultOne) {
  if (source().empty()) GTEST_SKIP() << "KEELSON_SOURCE_DIR is not set";
  const Policy base = read_policy(source() / "policies/container-host.yaml");
  const Policy fips = read_policy(source() / "policies/container-host-fips.yaml");
  EXPECT_EQ(fips.name, "container-host-fips");
  ASSERT_GT(fips.rules.size(), base.rules.size() + 5);
  for (std::size_t i = 0; i < base.rules.size(); ++i) EXPECT_EQ(fips.rules[i].id, base.rules[i].id);
}

TEST(Policy, TheSchemaNamesExactlyTheKeysThatTheReaderKnows) {
  if (source().empty()) GTEST_SKIP() << "KEELSON_SOURCE_DIR is not set";
  const auto schema = nlohmann::json::parse(read_file(source() / "schema/policy.schema.json"));
  std::set<std::string> expected(rule_keys().begin(), rule_keys().end());
  for (const auto& info : operators()) expected.insert(std::string(info.name));
  std::set<std::string> found;
  for (const auto& [key, value] : schema["$defs"]["rule"]["properties"].items()) found.insert(key);
  EXPECT_EQ(found, expected);
  found.clear();
  for (const auto& [key, value] : schema["properties"].items()) found.insert(key);
  EXPECT_EQ(found, std::set<std::string>(policy_keys().begin(), policy_keys().end()));
  found.clear();
  for (const auto& [key, value] : schema["$defs"]["waiver"]["properties"].items()) found.insert(key);
  EXPECT_EQ(found, std::set<std::string>(waiver_keys().begin(), waiver_keys().end()));
}

TEST(Policy, TheReferencePageExplainsEveryOperator) {
  if (source().empty()) GTEST_SKIP() << "KEELSON_SOURCE_DIR is not set";
  const std::string page = read_file(source() / "docs/reference/policy.md");
  for (const auto& info : operators()) EXPECT_THAT(page, HasSubstr("`" + std::string(info.name) + "`")) << info.meaning;
}

}  // namespace
}  // namespace keelson::policy
