/// A Report for people and for programs.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "policy/judge.h"

namespace keelson::policy {

/// A table with aligned columns (mark, rule, actual, expected), reasons and hints under what did not pass, and a
/// line of totals. `colour`: with ANSI colours. Ends in a newline.
std::string render_report(const Report& report, bool colour);

/// schema/report.schema.json.
nlohmann::json report_json(const Report& report);

}  // namespace keelson::policy
