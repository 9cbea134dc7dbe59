/// From a NodePool to the plan of a rollout: what it wants, and by which rules.
#pragma once

#include <string>
#include <vector>

#include "fleet/plan/plan.h"
#include "fleet/resources/image_release.h"
#include "fleet/resources/node_pool.h"
#include "fleet/resources/node_record.h"

namespace keelson::fleet {

inline constexpr std::string_view kAllNodes = "all nodes";      ///< the pool of a plan that selects nothing
inline constexpr std::string_view kUnnamedRollout = "rollout";  ///< the name of a plan that was given none

/// What the pool shall run now: the release that it pins, or the newest of its channel.
/// @throws Error(NotFound): there is none; Error(BadInput): it wants nothing.
const ImageRelease& wanted_release(const NodePool& pool, const std::vector<ImageRelease>& releases, Moment now);

/// Nodes that must not get the release, as what blocks a plan: a finding for each reason.
std::vector<PlanFinding> release_findings(const ImageRelease& release, const Cluster& cluster,
                                          const std::vector<std::string>& nodes, Moment now);

/// What a node runs, so that a rollback can go back to it: by its NodeRecord, when that is of its present boot, else as
/// far as its kubelet tells. @param record may be null.
Release present_release(const Node& node, const NodeRecord* record);

/// Made fit for a name of the API; no longer than 200 characters.
std::string rollout_name_for(const std::string& text);
/// "<pool>-<release>", likewise.
std::string rollout_name_for(const std::string& pool, const std::string& release);

/// @param records of any nodes. The cluster must outlive the request. @throws Error(NotFound) when the pool has no
/// node.
PlanRequest plan_request_for(const NodePool& pool, const ImageRelease& release, const Cluster& cluster,
                             const std::vector<NodeRecord>& records);

}  // namespace keelson::fleet
