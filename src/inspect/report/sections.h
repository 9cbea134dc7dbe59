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

}  // namespace keelson::inspect
