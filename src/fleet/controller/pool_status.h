/// What a NodePool's nodes run and what they should run, as its status tells it.
///
///     status: {observedGeneration: 2, release: container-host-2026.11, nodes: 40, current: 12, outdated: 27, unknown:
///     1,
///              quarantined: 0, drifted: 2, rollout: workers-2026-11, conditions: [{type: UpToDate, …},
///              {type: Valid, …}]}
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "fleet/requests/pool_census.h"
#include "fleet/requests/pool_plan.h"

namespace keelson::fleet {

/// @param invalid why the pool makes no sense, or "". @param before the status that is there, or null.
nlohmann::json pool_status_json(std::int64_t generation, const PoolCensus& census, const WantedRelease& wanted,
                                const std::string& rollout, const std::string& invalid, const nlohmann::json& before,
                                Moment now);

}  // namespace keelson::fleet
