// The language's description in tables, and its words.
#include <fmt/format.h>

#include <array>

#include "base/text.h"
#include "policy/policy.h"

namespace keelson::policy {

namespace {

constexpr std::array<OperatorInfo, 13> kOperators{{
    {Operator::Equals, "equals", OperandKind::Scalar, "the fact is this value"},
    {Operator::NotEquals, "notEquals", OperandKind::Scalar, "the fact is there and is not this value"},
    {Operator::OneOf, "oneOf", OperandKind::List, "the fact is one of these values"},
    {Operator::AtLeast, "atLeast", OperandKind::Number, "the fact is a number, this or more"},
    {Operator::AtMost, "atMost", OperandKind::Number, "the fact is a number, this or less"},
    {Operator::VersionAtLeast, "versionAtLeast", OperandKind::Version,
     "the fact is this version or a later one, compared as dpkg does"},
    {Operator::VersionBelow, "versionBelow", OperandKind::Version,
     "the fact is an earlier version than this, compared as dpkg does"},
    {Operator::Matches, "matches", OperandKind::Pattern, "the pattern occurs in the fact's text"},
    {Operator::Contains, "contains", OperandKind::List,
     "the fact is a list with all of these, or a text in which they all occur"},
    {Operator::NoneOf, "noneOf", OperandKind::List, "the fact is a list, or a value, with none of these"},
    {Operator::Empty, "empty", OperandKind::True, "the fact is an empty list or text"},
    {Operator::MaxItems, "maxItems", OperandKind::Count, "the fact is a list of at most this many"},
    {Operator::Known, "known", OperandKind::True, "the fact is there, whatever it is"},
}};
constexpr std::array<std::string_view, 5> kRuleKeys{"id", "fact", "severity", "reason", "hint"};
constexpr std::array<std::string_view, 4> kPolicyKeys{"policy", "name", "description", "rules"};

std::string listed(const Rule& rule, std::string_view word) {
  std::vector<std::string> texts;
  for (const auto& operand : rule.operands) texts.push_back(operand.text);
  return join_words(texts, word);
}

}  // namespace

std::span<const OperatorInfo> operators() { return kOperators; }
std::span<const std::string_view> rule_keys() { return kRuleKeys; }
std::span<const std::string_view> policy_keys() { return kPolicyKeys; }

std::string demand_in_words(const Rule& rule) {
  const std::string first = rule.operands.empty() ? "" : rule.operands.front().text;
  switch (rule.op) {
    case Operator::Equals:
      return first.empty() ? "empty text" : first;
    case Operator::NotEquals:
      return "not " + first;
    case Operator::OneOf:
      return listed(rule, "or");
    case Operator::AtLeast:
      return "at least " + first;
    case Operator::AtMost:
      return "at most " + first;
    case Operator::VersionAtLeast:
      return "version " + first + " or later";
    case Operator::VersionBelow:
      return "before version " + first;
    case Operator::Matches:
      return "matches " + first;
    case Operator::Contains:
      return "has " + listed(rule, "and");
    case Operator::NoneOf:
      return "without " + listed(rule, "and");
    case Operator::Empty:
      return "none";
    case Operator::MaxItems:
      return "at most " + first;
    case Operator::Known:
      return "known";
  }
  return {};
}

}  // namespace keelson::policy
