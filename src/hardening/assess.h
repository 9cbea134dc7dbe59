/// Facts against every check, and the score.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "hardening/check.h"

namespace keelson::hardening {

enum class Result { Pass, Fail, NotApplicable };
/// "pass", "fail", "not-applicable"
std::string_view result_name(Result result);

struct Finding {
  Check check;
  Result result = Result::Fail;
  std::string reason;      ///< of NotApplicable: because
  std::string observed;    ///< "" when there is nothing
  bool changeable = true;  ///< false: settled when the kernel was built
};

struct Score {
  std::size_t passed = 0;
  std::size_t failed = 0;
  /// 100 × passed / (passed + failed), rounded down to a tenth; 0 when nothing was checked.
  double percent() const;
};

struct Assessment {
  std::vector<Finding> findings;  ///< every check, in the tables' order
  std::size_t not_applicable = 0;
  std::size_t built_so = 0;  ///< of these: kernel options that the distribution's kernel settles otherwise
  Score all;                 ///< of what the kernel as it is built can satisfy
  Score settings;            ///< of these, what an image decides: without the options that the kernel is built with
};

/// A fact that is missing or of the wrong type fails its check. @param facts schema/facts.schema.json, untrusted.
Assessment assess(const nlohmann::json& facts);

}  // namespace keelson::hardening
