/// What a NodePool's nodes run and what they should run, as its status tells it; and the rollout that its mode asks
/// for.
///
///     status: {observedGeneration: 2, release: container-host-2026.11, nodes: 40, current: 12, outdated: 27, unknown:
///     1,
///              quarantined: 0, drifted: 2, rollout: workers-2026-11, conditions: [{type: UpToDate, …},
///              {type: Valid, …}]}
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "fleet/controller/cluster_view.h"
#include "fleet/resources/image_release.h"
#include "fleet/resources/node_pool.h"
#include "fleet/resources/node_rollout.h"

namespace keelson::fleet {

struct PoolCensus {
  std::int64_t nodes = 0;
  std::int64_t current = 0;          ///< report the wanted release, in every fact that it names
  std::int64_t outdated = 0;         ///< report another
  std::int64_t unknown = 0;          ///< report nothing of their boot
  std::int64_t quarantined = 0;      ///< whatever they run
  std::int64_t drifted = 0;          ///< their own check found changes
  std::vector<std::string> to_move;  ///< outdated and unknown ones
};

/// @param wanted nullptr: nothing is wanted, and no node is outdated.
PoolCensus take_census(const NodePool& pool, const Release* wanted, const ClusterView& view);

/// What a pool's nodes shall run. @return nullptr when nothing is wanted, or what is wanted is not there; `why` says
/// so.
const ImageRelease* wanted_release_of(const NodePool& pool, const std::vector<ImageRelease>& releases, Moment now,
                                      std::string& why);

/// The rollout that would move a pool's outdated nodes. Its name follows from pool and release, so that it is made
/// once.
/// @throws Error(BadInput) when there is nothing to move.
NodeRollout plan_for(const NodePool& pool, const ImageRelease& release, const PoolCensus& census,
                     const ClusterView& view);

/// @param invalid why the pool makes no sense, or "". @param before the status that is there, or null.
nlohmann::json pool_status_json(std::int64_t generation, const PoolCensus& census, const ImageRelease* release,
                                const std::string& why_no_release, const std::string& rollout,
                                const std::string& invalid, const nlohmann::json& before, Moment now);

}  // namespace keelson::fleet
