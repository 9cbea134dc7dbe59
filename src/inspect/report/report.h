/// An image as one page for people: what it is, what takes its space, its packages, and what others say of it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "inspect/disk_facts.h"
#include "inspect/report/space.h"
#include "inventory/packages.h"
#include "policy/judge.h"

namespace keelson::inspect {

/// What is read of the image itself.
struct ReportedSystem {
  std::string name;      ///< of its file or folder, without the folders it lies in
  nlohmann::json facts;  ///< as inspect() gives them
  SpaceFolder space;
  std::vector<inventory::Package> packages;
  std::string sha256;  ///< of the image's file; "" when it was not asked for
};

struct ReportRequest {
  std::filesystem::path target;  ///< as InspectRequest has it
  Digests digests = Digests::No;
  std::int64_t now = 0;
};

/// @throws Error as inspect() does.
ReportedSystem read_reported_system(const ReportRequest& request);

struct Report {
  ReportedSystem system;
  std::vector<policy::Report> verdicts;
  nlohmann::json boot_facts;       ///< what a machine that was started from it said of itself; null: none was
  nlohmann::json vulnerabilities;  ///< schema/vulnerabilities.schema.json; null: nobody looked
  nlohmann::json differences;      ///< schema/diff.schema.json; null: not compared
};

/// One HTML page that needs nothing else: no script, no network; light and dark. Of long lists the first are shown and
/// the rest counted. The same report gives the same bytes.
std::string report_html(const Report& report);

}  // namespace keelson::inspect
