/// A Report for people and for programs.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "policy/judge.h"

namespace keelson::policy {

/// A table with aligned columns (mark, rule, actual, expected), reasons and hints under what did not pass, and a
/// line of totals. `colour`: with ANSI colours. Ends in a newline.
std::string render_report(const Report& report, bool colour);

/// schema/report.schema.json.
nlohmann::json report_json(const Report& report);

/// For code scanning: a run with a result for every rule, passed ones included. OASIS SARIF 2.1.0.
/// @param subject what was judged: the image's path.
nlohmann::json sarif_json(const Report& report, const std::string& subject);

/// For CI systems: a test case for every rule; waived rules and those that do not apply are skipped. The form that
/// Jenkins, GitLab and GitHub actions read: testsuites, testsuite, testcase with failure or skipped.
std::string junit_xml(const Report& report, const std::string& subject);

/// A path as the path of a URI: RFC 3986, 2.1 and 3.3.
std::string uri_of(std::string_view path);

}  // namespace keelson::policy
