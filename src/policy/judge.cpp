#include "policy/judge.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "packages/deb/version.h"
#include "policy/fact_path.h"
#include "policy/pattern.h"

namespace keelson::policy {

namespace {

using nlohmann::json;

constexpr std::size_t kShown = 60;            // characters of an actual value in the report
constexpr std::size_t kNamed = 20;            // entries of a list that fail
constexpr std::size_t kMatchedBytes = 65536;  // of a fact's text that a pattern looks at

double number_of(std::string_view text) {
  double value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

bool is_this(const json& fact, const Operand& operand) {
  if (fact.is_string()) return fact.get_ref<const std::string&>() == operand.text;
  if (operand.quoted) return false;
  if (fact.is_boolean()) return operand.text == (fact.get<bool>() ? "true" : "false");
  if (!fact.is_number()) return false;
  double value = 0;
  const auto* end = operand.text.data() + operand.text.size();
  const auto read = std::from_chars(operand.text.data(), end, value);
  return read.ec == std::errc() && read.ptr == end && fact.get<double>() == value;
}

bool has(const json& fact, const Operand& operand) {
  if (fact.is_array())
    return std::any_of(fact.begin(), fact.end(), [&](const json& item) { return is_this(item, operand); });
  return fact.is_string() && fact.get_ref<const std::string&>().find(operand.text) != std::string::npos;
}

bool later_or_same(const json& fact, const std::string& version) {
  return deb::compare_versions(fact.get_ref<const std::string&>(), version) >= 0;
}

bool occurs(const json& fact, const Pattern& pattern) {
  return fact.is_string() && fact.get_ref<const std::string&>().size() <= kMatchedBytes &&
         pattern.occurs_in(fact.get_ref<const std::string&>());
}

// What can't be looked at as a whole is no proof that nothing of the kind is there.
bool is_free_of(const json& fact, const Pattern& pattern) {
  return fact.is_string() && fact.get_ref<const std::string&>().size() <= kMatchedBytes && !occurs(fact, pattern);
}

bool is_short_list(const json& fact, std::size_t least, std::size_t most) {
  return fact.is_array() && fact.size() >= least && fact.size() <= most;
}

std::size_t count_of(const Operand& operand) { return static_cast<std::size_t>(number_of(operand.text)); }

bool is_of_lists(Operator op) {
  switch (op) {
    case Operator::EachMatches:
    case Operator::NoneMatches:
    case Operator::Contains:
    case Operator::NoneOf:
    case Operator::OnlyFrom:
    case Operator::Empty:
    case Operator::MinItems:
    case Operator::MaxItems:
      return true;
    default:
      return false;
  }
}

/// What a demand looks at: of a map its names, where the demand is one on lists. Nothing when the fact is missing.
std::optional<json> looked_at(const json& facts, const Demand& demand) {
  auto fact = fact_at(facts, demand.fact);
  if (!fact || !fact->is_object() || !is_of_lists(demand.op)) return fact;
  json names = json::array();
  for (const auto& item : fact->items()) names.push_back(item.key());
  return names;
}

bool satisfies(const json& fact, const Demand& demand, const json& facts) {
  const auto& operands = demand.operands;
  const auto holds = [&](auto&& test) { return std::any_of(operands.begin(), operands.end(), test); };
  const auto all = [](const json& list, auto&& test) { return std::all_of(list.begin(), list.end(), test); };
  switch (demand.op) {
    case Operator::Equals:
      return is_this(fact, operands.at(0));
    case Operator::NotEquals:
      return !is_this(fact, operands.at(0));
    case Operator::OneOf:
      return holds([&](const Operand& operand) { return is_this(fact, operand); });
    case Operator::AtLeast:
      return fact.is_number() && fact.get<double>() >= number_of(operands.at(0).text);
    case Operator::AtMost:
      return fact.is_number() && fact.get<double>() <= number_of(operands.at(0).text);
    case Operator::Between:
      return fact.is_number() && fact.get<double>() >= number_of(operands.at(0).text) &&
             fact.get<double>() <= number_of(operands.at(1).text);
    case Operator::VersionAtLeast:
      return fact.is_string() && later_or_same(fact, operands.at(0).text);
    case Operator::VersionBelow:
      return fact.is_string() && !later_or_same(fact, operands.at(0).text);
    case Operator::VersionBetween:
      return fact.is_string() && later_or_same(fact, operands.at(0).text) && !later_or_same(fact, operands.at(1).text);
    case Operator::Matches:
      return occurs(fact, Pattern(operands.at(0).text));
    case Operator::EachMatches:
      return fact.is_array() &&
             all(fact, [pattern = Pattern(operands.at(0).text)](const json& item) { return occurs(item, pattern); });
    case Operator::NoneMatches: {
      const Pattern pattern(operands.at(0).text);
      if (!fact.is_array()) return is_free_of(fact, pattern);
      return all(fact, [&](const json& item) { return is_free_of(item, pattern); });
    }
    case Operator::Contains:
      return !holds([&](const Operand& operand) { return !has(fact, operand); });
    case Operator::NoneOf:
      return !holds(
          [&](const Operand& operand) { return fact.is_array() ? has(fact, operand) : is_this(fact, operand); });
    case Operator::OnlyFrom: {
      const auto is_one = [&](const json& item) {
        return holds([&](const Operand& operand) { return is_this(item, operand); });
      };
      return fact.is_array() ? all(fact, is_one) : is_one(fact);
    }
    case Operator::Empty:
      return (fact.is_array() && fact.empty()) || (fact.is_string() && fact.get_ref<const std::string&>().empty());
    case Operator::MinItems:
      return is_short_list(fact, count_of(operands.at(0)), SIZE_MAX);
    case Operator::MaxItems:
      return is_short_list(fact, 0, count_of(operands.at(0)));
    case Operator::SameAs: {
      const auto other = fact_at(facts, operands.at(0).text);
      return other && fact == *other;
    }
    case Operator::Known:
      return true;
  }
  return false;
}

// Facts come out of a machine that may be hostile: nothing of them may steer a terminal, and none may fill it.
std::string presentable(std::string text) {
  for (char& sign : text) {
    if (static_cast<unsigned char>(sign) < 0x20 || sign == 0x7f) sign = ' ';
  }
  if (text.size() <= kShown) return text;
  std::size_t cut = kShown - 1;
  while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xc0) == 0x80) --cut;  // not within a UTF-8 character
  return text.substr(0, cut) + "…";
}

std::string words_of(const json& value) {
  if (value.is_string()) return value.get_ref<const std::string&>();
  if (value.is_boolean()) return value.get<bool>() ? "true" : "false";
  if (value.is_array()) {
    if (value.empty()) return "none";
    std::string result;
    for (const auto& item : value) {
      if (result.size() > kShown) break;  // presentable() cuts it anyway
      result += (result.empty() ? "" : ", ") + words_of(item);
    }
    return result;
  }
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

bool is_offender(const json& item, const Demand& demand) {
  const auto is_one = [&](const Operand& operand) { return is_this(item, operand); };
  const auto& operands = demand.operands;
  switch (demand.op) {
    case Operator::OnlyFrom:
      return std::none_of(operands.begin(), operands.end(), is_one);
    case Operator::NoneOf:
      return std::any_of(operands.begin(), operands.end(), is_one);
    case Operator::EachMatches:
      return !occurs(item, Pattern(operands.at(0).text));
    case Operator::NoneMatches:
      return !is_free_of(item, Pattern(operands.at(0).text));
    default:
      return false;
  }
}

/// Of a list that fails, the entries by which it does: of three hundred packages the one that must not be there.
json offending(const json& fact, const Demand& demand) {
  if (!fact.is_array()) return fact;
  json found = json::array();
  for (const auto& item : fact) {
    if (found.size() == kNamed) break;
    if (is_offender(item, demand)) found.push_back(item);
  }
  return found.empty() ? fact : found;
}

std::string actual_of(const json& fact, const Demand& demand) {
  if ((demand.op == Operator::MaxItems || demand.op == Operator::MinItems) && fact.is_array())
    return std::to_string(fact.size());
  const std::string words = words_of(fact);
  return presentable(words.empty() ? "empty" : words);
}

bool applies(const Rule& rule, const json& facts) {
  if (!rule.when) return true;
  const auto fact = looked_at(facts, *rule.when);
  return fact && satisfies(*fact, *rule.when, facts);
}

// "2026-11-26": dates of that form are in order when their texts are.
std::string day_of(std::int64_t now) {
  const std::chrono::sys_seconds time{std::chrono::seconds(now)};
  const std::chrono::year_month_day day(std::chrono::floor<std::chrono::days>(time));
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(day.year()), static_cast<unsigned>(day.month()),
                     static_cast<unsigned>(day.day()));
}

void waive(Row& row, std::span<const Waiver> waivers, const std::string& today) {
  for (const auto& waiver : waivers) {
    if (waiver.rule != row.id) continue;
    const bool holds = today <= waiver.expires;
    row.waiver = holds ? fmt::format("{} until {}: {}", waiver.owner, waiver.expires, waiver.reason)
                       : fmt::format("{}'s waiver ended on {}", waiver.owner, waiver.expires);
    if (holds) row.verdict = Verdict::Waived;
    return;
  }
}

bool can_be_told(const Rule& rule, const JudgeOptions& options) {
  if (!options.cannot_be_told) return true;
  return !options.cannot_be_told(rule.fact) &&
         (rule.op != Operator::SameAs || !options.cannot_be_told(rule.operands.at(0).text));
}

Row judge_rule(const Rule& rule, const json& facts) {
  Row row{.id = rule.id,
          .fact = rule.fact,
          .expected = demand_in_words(rule),
          .reason = rule.reason,
          .hint = rule.hint,
          .severity = rule.severity,
          .file = rule.file,
          .line = rule.line};
  if (const auto fact = looked_at(facts, rule)) {
    row.verdict = satisfies(*fact, rule, facts) ? Verdict::Pass : Verdict::Fail;
    row.actual = actual_of(row.verdict == Verdict::Pass ? *fact : offending(*fact, rule), rule);
  }
  if (!applies(rule, facts)) {
    row.verdict = Verdict::NotApplicable;
  } else if (row.verdict != Verdict::Pass && rule.severity == Severity::Warning) {
    row.verdict = Verdict::Warn;
  }
  return row;
}

}  // namespace

std::string_view verdict_name(Verdict verdict) {
  switch (verdict) {
    case Verdict::Pass:
      return "pass";
    case Verdict::Fail:
      return "fail";
    case Verdict::Warn:
      return "warn";
    case Verdict::Unknown:
      return "unknown";
    case Verdict::Waived:
      return "waived";
    case Verdict::NotApplicable:
      return "not-applicable";
  }
  return "unknown";
}

std::size_t Report::count(Verdict verdict) const {
  return static_cast<std::size_t>(
      std::count_if(rows.begin(), rows.end(), [&](const Row& row) { return row.verdict == verdict; }));
}

Report judge(const Policy& policy, const json& facts, const JudgeOptions& options) {
  const std::string today = day_of(options.now);
  Report report;
  report.policy = policy.name.empty() ? policy.file : policy.name;
  for (const auto& rule : policy.rules) {
    Row row = judge_rule(rule, facts);
    if (!can_be_told(rule, options)) {
      row.verdict = Verdict::NotApplicable;
      row.actual.clear();
    }
    if (row.verdict != Verdict::Pass && row.verdict != Verdict::NotApplicable) waive(row, policy.waivers, today);
    report.rows.push_back(std::move(row));
  }
  return report;
}

}  // namespace keelson::policy
