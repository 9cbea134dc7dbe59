#include "hardening/assess.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "hardening/demand.h"
#include "hardening/state.h"

namespace keelson::hardening {

namespace {

using nlohmann::json;

constexpr std::string_view kBuiltSo = "the distribution's kernel is built so";

/// Whether the kernel was built so that it does without an argument what the argument asks for.
bool is_settled(const Check& check, const json& facts) {
  if (check.subject != Subject::KernelArgument || check.settled.empty()) return false;
  const bool wants_off = check.settled.starts_with('!');
  const Check option{.source = check.source,
                     .subject = Subject::KernelOption,
                     .name = check.settled.substr(wants_off ? 1 : 0),
                     .wanted = wants_off ? "-|n" : "y",
                     .title = ""};
  const auto value = value_of(option, facts);
  return value && satisfies(*value, option.wanted);
}

/// `wanted` is "max" where the kernel's configuration holds the limit.
bool is_at_limit(const Check& check, const std::string& value, const json& facts) {
  const Check option{
      .source = check.source, .subject = Subject::KernelOption, .name = check.settled, .wanted = "", .title = ""};
  return !value.empty() && value_of(option, facts) == value;
}

bool passes(const Check& check, const std::string& value, const json& facts) {
  if (check.subject == Subject::File) return is_closed(value, check.wanted);
  if (check.wanted == "max") return is_at_limit(check, value, facts);
  if (value.empty() && is_settled(check, facts)) return true;
  return satisfies(value, check.wanted);
}

Finding judge(const Check& check, const json& facts) {
  Finding finding{.check = check, .changeable = check.subject != Subject::KernelOption};
  const auto value = value_of(check, facts);
  finding.observed = value.value_or("");
  finding.reason = not_applicable_because(check, facts);
  if (!finding.reason.empty()) {
    finding.result = Result::NotApplicable;
    return finding;
  }
  if (!value) {
    finding.reason = "the facts do not tell";
    return finding;
  }
  if (passes(check, *value, facts)) {
    finding.result = Result::Pass;
    if (value->empty() && is_settled(check, facts)) finding.observed = "built in";
  } else if (!check.excused.empty()) {
    finding.result = Result::NotApplicable;
    finding.reason = check.excused;
  } else if (!finding.changeable) {
    finding.result = Result::NotApplicable;
    finding.reason = kBuiltSo;
  }
  return finding;
}

void count(Score& score, Result result) {
  if (result == Result::Pass) ++score.passed;
  if (result == Result::Fail) ++score.failed;
}

}  // namespace

std::string_view result_name(Result result) {
  switch (result) {
    case Result::Pass:
      return "pass";
    case Result::Fail:
      return "fail";
    case Result::NotApplicable:
      return "not-applicable";
  }
  return "fail";
}

double Score::percent() const {
  const std::size_t all = passed + failed;
  return all == 0 ? 0 : static_cast<double>(passed * 1000 / all) / 10;
}

Assessment assess(const json& facts) {
  Assessment assessment;
  for (const auto& check : all_checks()) {
    Finding finding = judge(check, facts);
    count(assessment.all, finding.result);
    if (finding.changeable) count(assessment.settings, finding.result);
    if (finding.result == Result::NotApplicable) {
      ++assessment.not_applicable;
      if (finding.reason == kBuiltSo) ++assessment.built_so;
    }
    assessment.findings.push_back(std::move(finding));
  }
  return assessment;
}

}  // namespace keelson::hardening
