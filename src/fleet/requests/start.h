/// Whether a planned rollout may start now, in the cluster as it is now. Asked by whoever creates one, and by the
/// controller just before it begins.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "fleet/cluster.h"
#include "fleet/resources/image_release.h"
#include "fleet/resources/node_pool.h"
#include "fleet/resources/node_rollout.h"
#include "fleet/windows/windows.h"

namespace keelson::fleet {

/// Another rollout, that holds its pool and every node of it.
struct OtherRollout {
  std::string name;
  std::string pool;
  std::vector<std::string> nodes;
};

/// What a NodeRollout that is there holds, by what can be read of it, untrusted. Nothing when it is over, or will not
/// begin: it was aborted or deleted before.
std::optional<OtherRollout> held_by(const nlohmann::json& resource);
/// Whether a controller has begun it.
bool has_begun(const nlohmann::json& resource);

struct StartRequest {
  const NodeRollout* rollout = nullptr;
  const Cluster* cluster = nullptr;
  const NodePool* pool = nullptr;         ///< its own; absent: there is no NodePool of that name
  const ImageRelease* release = nullptr;  ///< of the plan's target; absent: there is none, the plan's own facts count
  std::vector<OtherRollout> others;       ///< one of the same name is passed over
  const Windows* windows = nullptr;       ///< its own; absent: they are not judged
  Moment now{};
};

struct Refusal {
  /// One word: "Aborted", "PoolBusy", "ReleaseDenied", "ReleaseDoesNotFit", "PlanOutdated", "BackEndCannot",
  /// "WindowNeverOpens".
  std::string reason;
  std::string message;  ///< for people
};

/// Everything that speaks against it, what weighs most first, of each reason the first few; empty: it may.
std::vector<Refusal> why_not_start(const StartRequest& request);

/// Nodes of a plan whose pool is no NodePool but the selector that it was made with. None when it is no selector
/// either.
std::vector<std::string> nodes_selected_by(const std::string& pool, const Cluster& cluster);

/// Whether a NodeRollout that is there was made from the same plan: starting it again is nothing.
bool is_same_rollout(const NodeRollout& there, const NodeRollout& wanted);

}  // namespace keelson::fleet
