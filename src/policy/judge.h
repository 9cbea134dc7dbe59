/// Facts against a policy: a row per rule, in the policy's order.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "policy/policy.h"

namespace keelson::policy {

enum class Verdict {
  Pass,
  Fail,
  Warn,           ///< as Fail or Unknown, but the rule's severity is only "warning"
  Unknown,        ///< the fact is missing: that counts as a failure, for what cannot be seen cannot be vouched for
  Waived,         ///< as Fail or Unknown, but somebody answers for it until a day that has not passed
  NotApplicable,  ///< the rule's condition does not hold
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

/// Judges every rule. A fact of the wrong type fails its rule; it is never an exception.
/// @param now seconds since 1970: which waivers still hold. A waiver ends with its day in UTC.
Report judge(const Policy& policy, const nlohmann::json& facts, std::int64_t now);

}  // namespace keelson::policy
