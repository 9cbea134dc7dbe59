/// The gate of one node: is it ready, do its DaemonSets run, and does nothing crash there that did not before?
#pragma once

#include <set>
#include <string>

#include "fleet/cluster.h"
#include "fleet/rollout/decide.h"

namespace keelson::fleet {

using Names = std::set<std::string, std::less<>>;

/// What there was before a node was changed.
struct NodeBaseline {
  Names daemon_sets;    ///< "kube-system/DaemonSet/agent": those that had a pod on it
  Names crash_looping;  ///< owners ("shop/ReplicaSet/web-7c9") of crash-looping pods, anywhere in the cluster
  bool operator==(const NodeBaseline&) const = default;
};

struct NodeGate {
  Names ignored_conditions;              ///< types that may say something is wrong: of node-problem-detector, …
  std::set<std::string> ignored_spaces;  ///< namespaces whose pods do not count
};

/// Space and owner of a pod, "shop/ReplicaSet/web-7c9"; of one without an owner its own name.
std::string owner_key(const Pod& pod);

/// Owners of all crash-looping pods.
Names crash_looping(const Cluster& cluster);
/// All DaemonSets that have a pod somewhere.
Names daemon_sets(const Cluster& cluster);

/// @param everywhere crash_looping(cluster), computed once for all nodes of a batch.
NodeBaseline baseline_of(const Cluster& cluster, std::string_view node, Names everywhere);

/// Missing: the node is not in the cluster.
/// @param alive daemon_sets(cluster): one that was deleted in the meantime is not missed.
GateResult judge_node(const NodeGate& gate, const Cluster& cluster, std::string_view node, const NodeBaseline& baseline,
                      const Names& alive);

}  // namespace keelson::fleet
