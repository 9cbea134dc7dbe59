#include "policy/judge.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "packages/deb/version.h"
#include "policy/pattern.h"

namespace keelson::policy {

namespace {

using nlohmann::json;

constexpr std::size_t kShown = 60;            // characters of an actual value in the report
constexpr std::size_t kMatchedBytes = 65536;  // of a fact's text that a pattern looks at

const json* find_fact(const json& facts, std::string_view path) {
  const json* here = &facts;
  for (const auto part : split(path, '.')) {
    if (!here->is_object()) return nullptr;
    const auto found = here->find(std::string(part));
    if (found == here->end()) return nullptr;
    here = &*found;
  }
  return here->is_null() ? nullptr : here;
}

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

bool satisfies(const json& fact, const Rule& rule) {
  const auto& operands = rule.operands;
  const auto holds = [&](auto&& test) { return std::any_of(operands.begin(), operands.end(), test); };
  switch (rule.op) {
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
    case Operator::VersionAtLeast:
      return fact.is_string() && later_or_same(fact, operands.at(0).text);
    case Operator::VersionBelow:
      return fact.is_string() && !later_or_same(fact, operands.at(0).text);
    case Operator::Matches:
      return fact.is_string() && fact.get_ref<const std::string&>().size() <= kMatchedBytes &&
             Pattern(operands.at(0).text).occurs_in(fact.get_ref<const std::string&>());
    case Operator::Contains:
      return !holds([&](const Operand& operand) { return !has(fact, operand); });
    case Operator::NoneOf:
      return !holds(
          [&](const Operand& operand) { return fact.is_array() ? has(fact, operand) : is_this(fact, operand); });
    case Operator::Empty:
      return (fact.is_array() && fact.empty()) || (fact.is_string() && fact.get_ref<const std::string&>().empty());
    case Operator::MaxItems:
      return fact.is_array() && static_cast<double>(fact.size()) <= number_of(operands.at(0).text);
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

std::string actual_of(const json& fact, const Rule& rule) {
  if (rule.op == Operator::MaxItems && fact.is_array()) return std::to_string(fact.size());
  const std::string words = words_of(fact);
  return presentable(words.empty() ? "empty" : words);
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
  }
  return "unknown";
}

std::size_t Report::count(Verdict verdict) const {
  return static_cast<std::size_t>(
      std::count_if(rows.begin(), rows.end(), [&](const Row& row) { return row.verdict == verdict; }));
}

Report judge(const Policy& policy, const json& facts) {
  Report report;
  report.policy = policy.name.empty() ? policy.file : policy.name;
  for (const auto& rule : policy.rules) {
    Row row{
        .id = rule.id, .fact = rule.fact, .expected = demand_in_words(rule), .reason = rule.reason, .hint = rule.hint};
    const json* fact = find_fact(facts, rule.fact);
    if (fact != nullptr) {
      row.actual = actual_of(*fact, rule);
      row.verdict = satisfies(*fact, rule) ? Verdict::Pass : Verdict::Fail;
    }
    if (row.verdict != Verdict::Pass && rule.severity == Severity::Warning) row.verdict = Verdict::Warn;
    report.rows.push_back(std::move(row));
  }
  return report;
}

}  // namespace keelson::policy
