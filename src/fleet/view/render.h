/// Views as text for a terminal or a file, and as JSON for programs.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "fleet/view/fleet_view.h"

namespace keelson::fleet::view {

struct Drawing {
  Moment now{};
  bool colour = false;
  std::size_t columns = 0;  ///< lines are cut to so many; 0: they are not
  std::size_t rows = 0;     ///< as many lines are there; the least important ones are left out. 0: all are drawn
};

/// One rollout: where it is and why, its batches, the nodes under way, those in trouble, what to do. Ends in a newline.
std::string render_rollout(const RolloutView& view, const Drawing& drawing);

/// Pools and rollouts as tables. Ends in a newline.
std::string render_fleet(const FleetView& view, const Drawing& drawing);

/// schema/rollout-status.schema.json, of one rollout or of all.
nlohmann::json fleet_json(const FleetView& view, Moment now);

}  // namespace keelson::fleet::view
