// The language's description in tables, and its words.
#include <fmt/format.h>

#include <array>

#include "base/text.h"
#include "policy/policy.h"

namespace keelson::policy {

namespace {

constexpr std::array<OperatorInfo, 20> kOperators{{
    {Operator::Equals, "equals", OperandKind::Scalar, "the fact is this value"},
    {Operator::NotEquals, "notEquals", OperandKind::Scalar, "the fact is there and is not this value"},
    {Operator::OneOf, "oneOf", OperandKind::List, "the fact is one of these values"},
    {Operator::AtLeast, "atLeast", OperandKind::Number, "the fact is a number, this or more"},
    {Operator::AtMost, "atMost", OperandKind::Number, "the fact is a number, this or less"},
    {Operator::Between, "between", OperandKind::NumberPair,
     "the fact is a number, not below the first and not above the second"},
    {Operator::VersionAtLeast, "versionAtLeast", OperandKind::Version,
     "the fact is this version or a later one, compared as dpkg does"},
    {Operator::VersionBelow, "versionBelow", OperandKind::Version,
     "the fact is an earlier version than this, compared as dpkg does"},
    {Operator::VersionBetween, "versionBetween", OperandKind::VersionPair,
     "the fact is the first version or a later one, and before the second"},
    {Operator::Matches, "matches", OperandKind::Pattern, "the pattern occurs in the fact's text"},
    {Operator::EachMatches, "eachMatches", OperandKind::Pattern,
     "the fact is a list, and the pattern occurs in each of its texts"},
    {Operator::NoneMatches, "noneMatches", OperandKind::Pattern,
     "the fact is a list, or a text, and the pattern occurs nowhere in it"},
    {Operator::Contains, "contains", OperandKind::List,
     "the fact is a list with all of these, or a text in which they all occur"},
    {Operator::NoneOf, "noneOf", OperandKind::List, "the fact is a list, or a value, with none of these"},
    {Operator::OnlyFrom, "onlyFrom", OperandKind::List, "the fact is a list, or a value, with nothing but these"},
    {Operator::Empty, "empty", OperandKind::True, "the fact is a list, a map or a text that is empty"},
    {Operator::MinItems, "minItems", OperandKind::Count, "the fact is a list of at least this many"},
    {Operator::MaxItems, "maxItems", OperandKind::Count, "the fact is a list of at most this many"},
    {Operator::SameAs, "sameAs", OperandKind::Fact, "the fact has the value of this other fact"},
    {Operator::Known, "known", OperandKind::True, "the fact is there, whatever it is"},
}};
constexpr std::array<std::string_view, 6> kRuleKeys{"id", "fact", "when", "severity", "reason", "hint"};
constexpr std::array<std::string_view, 4> kWaiverKeys{"rule", "owner", "expires", "reason"};
constexpr std::array<std::string_view, 6> kPolicyKeys{"policy", "name", "description", "include", "rules", "waivers"};

std::string listed(const Demand& demand, std::string_view word) {
  std::vector<std::string> texts;
  for (const auto& operand : demand.operands) texts.push_back(operand.text);
  return join_words(texts, word);
}

}  // namespace

std::span<const OperatorInfo> operators() { return kOperators; }
std::span<const std::string_view> rule_keys() { return kRuleKeys; }
std::span<const std::string_view> waiver_keys() { return kWaiverKeys; }
std::span<const std::string_view> policy_keys() { return kPolicyKeys; }

std::string demand_in_words(const Demand& demand) {
  const std::string first = demand.operands.empty() ? "" : demand.operands.front().text;
  const std::string last = demand.operands.empty() ? "" : demand.operands.back().text;
  switch (demand.op) {
    case Operator::Equals:
      return first.empty() ? "empty text" : first;
    case Operator::NotEquals:
      return "not " + first;
    case Operator::OneOf:
      return listed(demand, "or");
    case Operator::AtLeast:
      return "at least " + first;
    case Operator::AtMost:
      return "at most " + first;
    case Operator::Between:
      return first + " to " + last;
    case Operator::VersionAtLeast:
      return "version " + first + " or later";
    case Operator::VersionBelow:
      return "before version " + first;
    case Operator::VersionBetween:
      return "version " + first + " or later, before " + last;
    case Operator::Matches:
      return "matches " + first;
    case Operator::EachMatches:
      return "each matches " + first;
    case Operator::NoneMatches:
      return "none matches " + first;
    case Operator::Contains:
      return "has " + listed(demand, "and");
    case Operator::NoneOf:
      return "without " + listed(demand, "and");
    case Operator::OnlyFrom:
      return "only " + listed(demand, "and");
    case Operator::Empty:
      return "none";
    case Operator::MinItems:
      return "at least " + first;
    case Operator::MaxItems:
      return "at most " + first;
    case Operator::SameAs:
      return "as " + first;
    case Operator::Known:
      return "known";
  }
  return {};
}

}  // namespace keelson::policy
