/// Facts against a policy: a row per rule, in the policy's order.
#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "policy/policy.h"

namespace keelson::policy {

enum class Verdict {
  Pass,
  Fail,
  Warn,           ///< as Fail or Unknown, but the rule's severity is only "warning"
  Unknown,        ///< the fact is missing: that counts as a failure, for what cannot be seen cannot be vouched for
  Waived,         ///< as Fail or Unknown, but somebody answers for it until a day that has not passed
  NotApplicable,  ///< the rule's condition does not hold, or the facts are of a kind that cannot hold this one
};

/// "pass", "fail", "warn", "unknown", "waived", "not-applicable"
std::string_view verdict_name(Verdict verdict);

struct Row {
  std::string id;
  std::string fact;
  std::string actual;    ///< for people: at most 60 characters, without control characters; "" when missing
  std::string expected;  ///< in words
  Verdict verdict = Verdict::Unknown;
  std::string reason;
  std::string hint;
  Severity severity = Severity::Error;
  std::string waiver;    ///< who answers for it, until when, why; or that this is over. "" without one
  std::string file;      ///< where the rule stands
  std::size_t line = 0;  ///< from 1
};

struct Report {
  std::string policy;  ///< its name, or its file
  std::vector<Row> rows;

  std::size_t count(Verdict verdict) const;
  /// No Fail and no Unknown; warnings are allowed.
  bool passed() const { return count(Verdict::Fail) + count(Verdict::Unknown) == 0; }
};

struct JudgeOptions {
  std::int64_t now = 0;  ///< seconds since 1970: which waivers still hold. A waiver ends with its day in UTC
  /// By a fact's path: whether facts of this kind cannot hold it, such as those of a machine that does not run. A rule
  /// about it is not applicable. May be empty.
  std::function<bool(std::string_view)> cannot_be_told = {};
};

/// Judges every rule. A fact of the wrong type fails its rule; it is never an exception.
Report judge(const Policy& policy, const nlohmann::json& facts, const JudgeOptions& options);

}  // namespace keelson::policy
