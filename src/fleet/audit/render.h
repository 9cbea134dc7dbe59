/// A FleetAudit for people and for programs.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "fleet/audit/audit.h"

namespace keelson::fleet {

/// A table of the nodes, under each what is wrong with it, and a line of totals. Ends in a newline.
std::string render_audit(const FleetAudit& audit, bool colour);
/// schema/audit.schema.json.
nlohmann::json audit_json(const FleetAudit& audit);
/// One page that needs no network and no script.
std::string audit_html(const FleetAudit& audit);

/// "12 nodes: 10 on their release, 1 drifted, 1 other release, 0 unknown"
std::string audit_totals(const FleetAudit& audit);

}  // namespace keelson::fleet
