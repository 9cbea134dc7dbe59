/// Counts for comparing nodes: pods that restarted, pods whose image could not be pulled, and the node-hours over which
/// they were counted.
///
/// Pods are counted, not restarts: a pod that crashes all the time is one event, for its crashes have one cause, and
/// the test of rates wants events that happen independently.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "fleet/cluster.h"
#include "fleet/gates/rates.h"

namespace keelson::fleet {

/// Promise: what happened before the first observe() is not counted, and no pod is counted twice on its node. It is
/// kept in memory only: after a restart of its owner it begins anew, and a comparison is Missing until there is enough
/// again.
class PodTally {
 public:
  /// Adds what happened since the last time. A node that is not ready, then or now, adds no time; a clock that went
  /// back adds none either.
  void observe(const Cluster& cluster, Moment now);

  Events restarts(const std::vector<std::string>& nodes) const;
  Events pull_errors(const std::vector<std::string>& nodes) const;
  /// Forgets what was counted on a node: it was changed, and begins anew.
  void forget(const std::string& node);

 private:
  struct Node {
    double hours = 0;
    std::int64_t restarted = 0;
    std::int64_t pull_failed = 0;
    bool ready = false;  ///< at the last observe()
  };
  struct Seen {
    std::int64_t restarts = 0;
    bool restarted = false;
    bool pull_failed = false;
    std::uint64_t round = 0;  ///< of the last observe() that saw it
  };
  void observe_pod(const Pod& pod, Node& node);
  Events sum(const std::vector<std::string>& nodes, std::int64_t Node::*count) const;

  std::map<std::string, Node, std::less<>> nodes_;
  std::unordered_map<std::string, Seen> pods_;
  std::optional<Moment> last_;
  std::uint64_t round_ = 0;
};

}  // namespace keelson::fleet
