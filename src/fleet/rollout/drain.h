/// What stands between a node and being empty: a verdict for each of its pods, and which of them may be asked to leave
/// now. Nothing is ever forced: a budget's refusal is waited for, until the deadline decides what becomes of the node.
/// Source: kubectl drain's rules (Kubernetes 1.32), KEP-85 PodDisruptionBudget, KEP-3017 unhealthyPodEvictionPolicy.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "fleet/cluster.h"
#include "fleet/rollout/spec.h"

namespace keelson::fleet {

enum class PodVerdict {
  Stays,    ///< of a DaemonSet, of the kubelet itself, or finished: it does not stand in the way
  Leaving,  ///< deleted already, on its way
  Evictable,
  WaitsForOthers,  ///< others with a lower drain order are first
  WaitsToFinish,   ///< it asked to be waited for
  BlockedNow,      ///< its budget allows nothing now, and may later
  BlockedForEver,  ///< its budget can never allow it, or the strategy refuses to lose it
};

enum class Obstacle { None, Unowned, LocalData, SeveralBudgets, AllowsNoneEver, AllowsNoneNow, AllowsNoMoreNow };

/// Good until the cluster changes.
struct PodFate {
  const Pod* pod = nullptr;
  PodVerdict verdict = PodVerdict::Stays;
  Obstacle obstacle = Obstacle::None;  ///< for the Blocked ones
};

/// How many evictions each budget still allows in this decision, shared by all nodes that drain at once.
class Allowances {
 public:
  explicit Allowances(const Cluster& cluster) : cluster_(&cluster) {}
  /// Takes one of every budget that selects the pod; nothing is taken when one of them has none left.
  bool take(const Pod& pod);

 private:
  std::int64_t& left(const Budget& budget);
  const Cluster* cluster_;
  std::unordered_map<const Budget*, std::int64_t> left_;
};

/// In the order in which they should go, then by namespace and name.
std::vector<PodFate> judge_pods(const Cluster& cluster, const Node& node, const Strategy& strategy,
                                Allowances& allowances);

/// A pod that a budget does not protect, because it is not healthy itself.
bool unprotected(const Budget& budget, const Pod& pod);

/// The obstacle in words, or "".
std::string reason_of(const Cluster& cluster, const PodFate& fate);

/// The first pod, in the order in which they should go, that can't leave whatever time passes; for an operator may fail
/// over, one budget alone does not count. Its fate is PodVerdict::Stays when there is none.
PodFate find_hopeless(const Cluster& cluster, const Node& node, const Strategy& strategy);

/// "5 pods wait: 2 for budget web/web (allows 0), 1 to finish, …", or "" when the node is empty.
std::string why_not_empty(const Cluster& cluster, const std::vector<PodFate>& fates);
bool is_empty(const std::vector<PodFate>& fates);

}  // namespace keelson::fleet
