/// NodePool: which nodes belong together, what they shall run, and by which rules they are moved.
///
///     spec:
///       selector: {matchLabels: {pool: workers}, matchExpressions: […]}
///       release: container-host-2026.11     # pinned; or
///       channel: stable                     # the newest ImageRelease of it
///       mode: Observe                       # Observe (report only; the default), Plan (makes rollouts that wait for
///                                           # approval of every batch), Automatic (makes them and lets them go)
///       strategy: {maxUnavailable: 10%, …}  # as in a rollout's plan
///       batches: {canaries: 1, shares: [10, 50, 100], approvals: none | canary | batches}
///       windows: [nightly]                  # names of MaintenanceWindows
///       gates: […]                          # fleet/gates/read_gates.h
///       backEnd: {agent: {}}
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "fleet/gates/gates.h"
#include "fleet/plan/batches.h"
#include "fleet/resources/back_end_choice.h"
#include "fleet/rollout/spec.h"
#include "kube/selector.h"

namespace keelson::fleet {

enum class PoolMode { Observe, Plan, Automatic };

struct NodePool {
  std::string name;
  std::string uid;
  std::int64_t generation = 0;
  kube::Selector selector;
  std::string release;  ///< "": by channel
  std::string channel;  ///< "": by release; both "": nothing is wanted
  PoolMode mode = PoolMode::Observe;
  Strategy strategy;
  BatchOptions batches;
  std::vector<std::string> windows;
  std::vector<Gate> gates;
  BackEndChoice back_end;
};

/// @param resource untrusted. @throws Error(BadInput) that names every mistake with its place.
NodePool read_node_pool(const nlohmann::json& resource);

/// Names of its nodes, sorted.
std::vector<std::string> nodes_of(const NodePool& pool, const Cluster& cluster);

}  // namespace keelson::fleet
