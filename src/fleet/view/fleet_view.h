/// All rollouts and pools of a cluster, as they are shown together.
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "fleet/view/rollout_view.h"

namespace keelson::fleet::view {

/// As the controller counted them last (fleet/requests/pool_census.h).
struct PoolCounts {
  std::int64_t nodes = 0;
  std::int64_t current = 0;
  std::int64_t outdated = 0;
  std::int64_t unknown = 0;
  std::int64_t quarantined = 0;
  std::int64_t drifted = 0;
  bool operator==(const PoolCounts&) const = default;
};

struct PoolView {
  std::string name;
  std::string mode;                  ///< "Observe", …
  std::string wants;                 ///< "container-host-2026.11", "the newest of stable"; "" when it wants nothing
  std::string release;               ///< what that is, as the controller found it; "": nothing yet
  std::optional<PoolCounts> counts;  ///< nothing: no controller has counted it
  std::string problem;
  std::string rollout;  ///< the one that is under way, else the newest; "" when it has had none
};

struct FleetView {
  std::vector<PoolView> pools;        ///< by name
  std::vector<RolloutView> rollouts;  ///< those that are not over, then the others; the newest first
  std::string pools_note{};           ///< why pools are not known; "": they are
};

PoolView view_pool(const nlohmann::json& resource);

/// Sorts, and finds each pool's rollout.
FleetView view_fleet(std::vector<PoolView> pools, std::vector<RolloutView> rollouts);

/// What has happened between two looks at a rollout, a line for each thing: "n3: Draining → Detaching". Of a great many
/// at once the rest is counted. @param before nothing: it is seen for the first time.
std::vector<std::string> changes_between(const RolloutView* before, const RolloutView& after);

}  // namespace keelson::fleet::view
