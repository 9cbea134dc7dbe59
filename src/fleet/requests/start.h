/// Whether a planned rollout may start now, in the cluster as it is now.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "fleet/cluster.h"
#include "fleet/resources/image_release.h"
#include "fleet/resources/node_rollout.h"

namespace keelson::fleet {

struct StartRequest {
  const NodeRollout* rollout = nullptr;
  const Cluster* cluster = nullptr;
  std::vector<std::string> pool_nodes;                  ///< names of the pool's nodes now
  const ImageRelease* release = nullptr;                ///< the resource of the plan's target; absent: there is none
  const std::vector<nlohmann::json>* others = nullptr;  ///< all NodeRollouts that are there, untrusted
  Moment now{};
};

/// Every reason not to, for people; empty: it may. What an existing rollout of the same name says does not count here.
/// Windows are judged by Windows::require_opening().
std::vector<std::string> why_not_start(const StartRequest& request);

/// Whether a NodeRollout that is there was made from the same plan: starting it again is nothing.
bool is_same_rollout(const NodeRollout& there, const NodeRollout& wanted);

}  // namespace keelson::fleet
