/// Maintenance windows as people write them: a MaintenanceWindow custom resource, or a list in a plan file.
///
///     timeZone: Europe/Berlin
///     start: "22:00"
///     duration: 6h
///     weekly: {days: [Saturday]}      # or daily: {}, monthly: {day: 15}, monthly: {day: last},
///                                     # monthly: {week: Second, weekday: Tuesday}
///     notBefore: 2026-12-01           # a day, or a moment with its offset: 2026-12-01T06:00:00Z
///     notAfter: 2027-06-30            # a day is included
///     blackouts: [{from: 2026-12-20, to: 2027-01-06, reason: year-end freeze}]   # days, both included
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "base/json_findings.h"
#include "fleet/windows/window.h"

namespace keelson::fleet {

/// A whole resource. @param resource untrusted. @throws Error(BadInput) that names every mistake with its place.
Window read_window(const nlohmann::json& resource);

/// A file: one such resource, a List of them as kubectl writes it, or {windows: […]} with the fields above, each with
/// its name. @param name what errors call the file. @throws Error(BadInput) as above.
std::vector<Window> read_window_document(const nlohmann::json& document, std::string_view name);

/// The fields above; what is wrong is among the findings afterwards. @param known fields that the caller reads himself.
Window read_window_fields(const JsonPlace& fields, std::string name, std::vector<std::string_view> known = {});

/// A list of the fields above, each with its `name`; of as many as may hold together. Findings as above.
std::vector<Window> read_window_list(const JsonPlace& list);

}  // namespace keelson::fleet
