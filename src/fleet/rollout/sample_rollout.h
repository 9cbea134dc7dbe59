/// Rollouts for tests.
#pragma once

#include "fleet/rollout/spec.h"

namespace keelson::fleet::sample {

inline Release release(const std::string& name) {
  return {.name = name, .image_digest = "sha256:" + name, .kernel = "6.12-" + name};
}

/// All nodes of the cluster to release "new" from "old": the first one as canary, then the others.
inline RolloutSpec rollout(const Cluster& cluster) {
  RolloutSpec spec;
  spec.name = "november";
  spec.uid = "rollout-1";
  spec.pool = "workers";
  spec.target = release("new");
  Batch canary{"canary", {}, false};
  Batch rest{"rest", {}, false};
  for (const auto& [name, node] : cluster.nodes()) {
    spec.pool_nodes.push_back(name);
    spec.previous[name] = release("old");
    (canary.nodes.empty() ? canary : rest).nodes.push_back(name);
  }
  spec.batches = {canary};
  if (!rest.nodes.empty()) spec.batches.push_back(rest);
  return spec;
}

}  // namespace keelson::fleet::sample
