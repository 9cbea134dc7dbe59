/// The parts of the page, each from what it shows. "" where there is nothing to show.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "inspect/report/report.h"

namespace keelson::inspect {

std::string glance_section(const Report& report);
std::string packages_section(const ReportedSystem& system);
std::string verdicts_section(const std::vector<policy::Report>& reports);
/// Seconds of each stage, as a drawing and as tables.
std::string boot_section(const nlohmann::json& boot_facts);
std::string hardening_section(const nlohmann::json& facts);
std::string vulnerabilities_section(const nlohmann::json& vulnerabilities);
std::string differences_section(const nlohmann::json& differences);

}  // namespace keelson::inspect
