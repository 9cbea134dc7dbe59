#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "hardening/assess.h"

namespace keelson::hardening {

/// The fact `hardening` (schema/facts.schema.json).
nlohmann::json to_json(const Assessment& assessment);

/// "hardening: 87.5 % (140 of 160) …", from the fact as to_json() made it; "" when there is none.
std::string summary_line(const nlohmann::json& facts);
/// A line for each check that fails: "sysctl:kernel.sysrq: found 438, wanted 0: …"
std::vector<std::string> failing_lines(const nlohmann::json& facts);

}  // namespace keelson::hardening
