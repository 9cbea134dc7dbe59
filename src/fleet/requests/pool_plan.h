/// From a NodePool to the rollout that it wants: which release, which nodes, and by which rules. For whoever asks for
/// one by hand, and for the controller where a pool asks for it by itself.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "fleet/plan/plan.h"
#include "fleet/requests/present.h"
#include "fleet/resources/image_release.h"
#include "fleet/resources/node_pool.h"
#include "fleet/resources/node_rollout.h"

namespace keelson::fleet {

inline constexpr std::string_view kAllNodes = "all nodes";      ///< the pool of a plan that selects nothing
inline constexpr std::string_view kUnnamedRollout = "rollout";  ///< the name of a plan that was given none

/// What a pool shall run now: the release that it pins, or the newest of its channel.
struct WantedRelease {
  const ImageRelease* release = nullptr;
  // When there is none:
  ErrorKind kind = ErrorKind::NotFound;  ///< BadInput: it wants nothing
  std::string why;                       ///< a sentence about the pool: "it wants neither a release nor a channel"
  std::string hint;
};
WantedRelease wanted_release(const NodePool& pool, const std::vector<ImageRelease>& releases, Moment now);
/// @throws Error when there is none.
const ImageRelease& require_wanted_release(const NodePool& pool, const std::vector<ImageRelease>& releases, Moment now);

/// Nodes that must not get the release, as what blocks a plan: a finding for each reason.
std::vector<PlanFinding> release_findings(const ImageRelease& release, const Cluster& cluster,
                                          const std::vector<std::string>& nodes, Moment now);

/// Made fit for a name of the API; no longer than 200 characters.
std::string rollout_name_for(const std::string& text);
/// "<pool>-<release>", likewise.
std::string rollout_name_for(const std::string& pool, const std::string& release);

/// Of those of its nodes that do not run the release already. The cluster must outlive the request.
/// @throws Error(NotFound) when the pool has no node; Error(Refused) when all of them run it.
PlanRequest plan_request_for(const NodePool& pool, const ImageRelease& release, const Cluster& cluster,
                             const NodeRecords& records);

/// Gates, windows and back end are the pool's.
void take_rules(NodeRollout& rollout, const NodePool& pool);
/// The rollout of a plan_request_for(). Its name is the plan's.
NodeRollout rollout_for(const NodePool& pool, const ImageRelease& release, const PlanRequest& request);

}  // namespace keelson::fleet
