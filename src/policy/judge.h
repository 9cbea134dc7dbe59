/// Facts against a policy: a row per rule, in the policy's order.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "policy/policy.h"

namespace keelson::policy {

enum class Verdict {
  Pass,
  Fail,
  Warn,     ///< as Fail or Unknown, but the rule's severity is only "warning"
  Unknown,  ///< the fact is missing: that counts as a failure, for what cannot be seen cannot be vouched for
};

/// "pass", "fail", "warn", "unknown"
std::string_view verdict_name(Verdict verdict);

struct Row {
  std::string id;
  std::string fact;
  std::string actual;    ///< for people: at most 60 characters, without control characters; "" when missing
  std::string expected;  ///< in words
  Verdict verdict = Verdict::Unknown;
  std::string reason;
  std::string hint;
};

struct Report {
  std::string policy;  ///< its name, or its file
  std::vector<Row> rows;

  std::size_t count(Verdict verdict) const;
  /// No Fail and no Unknown; warnings are allowed.
  bool passed() const { return count(Verdict::Fail) + count(Verdict::Unknown) == 0; }
};

/// Judges every rule. A fact of the wrong type fails its rule; it is never an exception.
Report judge(const Policy& policy, const nlohmann::json& facts);

}  // namespace keelson::policy
