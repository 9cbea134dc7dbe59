/// Whether a rollout that somebody made may begin: looked at once more just before, against the live cluster.
#pragma once

#include <string>
#include <vector>

#include "fleet/resources/image_release.h"
#include "fleet/resources/node_pool.h"
#include "fleet/resources/node_rollout.h"
#include "fleet/windows/windows.h"

namespace keelson::fleet {

/// Another rollout, as far as it matters here.
struct OtherRollout {
  std::string name;
  std::string pool;
  const std::vector<std::string>* nodes = nullptr;  ///< of its pool
};

struct Refusal {
  std::string reason;   ///< one word: "PoolBusy", "PlanOutdated", "BackEndCannot", "WindowNeverOpens", …
  std::string message;  ///< for people
};

/// Nothing when it may begin. @param running the others that have begun and are not over. @param release nullptr when
/// there is no ImageRelease of the target's name: the plan's own facts count then. @param pool likewise nullptr.
std::optional<Refusal> why_not_accepted(const NodeRollout& rollout, const std::vector<OtherRollout>& running,
                                        const ImageRelease* release, const NodePool* pool, const Cluster& cluster,
                                        const Windows& windows, Moment now);

}  // namespace keelson::fleet
