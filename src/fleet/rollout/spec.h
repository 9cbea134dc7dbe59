/// A rollout as it was planned: which nodes move to which release, in which order, and by which rules. Frozen: what
/// happens on the way is in RolloutStatus, and another plan is another rollout.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "fleet/cluster.h"

namespace keelson::fleet {

/// What a node must turn out to have booted. An empty member is not asked for.
struct Release {
  std::string name;           ///< "container-host-2026.11"
  std::string image_digest;   ///< "sha256:…", of the image as it is published
  std::string manifest_hash;  ///< of its list of packages
  std::string kernel;
  std::string containerd;
  std::string selinux;  ///< "enforcing", …
  std::string fips;     ///< "enabled", "disabled"

  bool operator==(const Release&) const = default;
};

/// A number of nodes, or a share of a pool in per cent. Source: as Kubernetes' IntOrString.
struct Limit {
  std::int64_t count = 0;
  bool percent = false;

  /// Of a pool of so many nodes; a share is rounded down, but a share that is not 0 is at least one node.
  std::int64_t of(std::size_t nodes) const;
  bool operator==(const Limit&) const = default;
};

/// What becomes of a node whose pods do not leave in time.
enum class Undrainable {
  Skip,        ///< it is uncordoned, keeps its image, and counts as a failure
  Quarantine,  ///< it stays cordoned and marked, for somebody to look at, and counts as a failure
  Halt,        ///< it is uncordoned, and the rollout halts until somebody decides
};

/// What happens with pods that nothing would make again.
enum class Unowned { Refuse, Delete };
/// What happens with pods whose data is on the node: an emptyDir dies in any case when a node is made anew.
enum class LocalData { Refuse, Delete };

enum class Rollback {
  Never,   ///< somebody decides: `keelson fleet rollout rollback`
  OnHalt,  ///< the nodes that were changed go back by themselves
};

struct Strategy {
  Limit max_unavailable{1, false};  ///< of the pool, whatever the reason of their absence
  Limit max_per_zone{100, true};
  std::int64_t max_failures = 0;   ///< nodes that may fail before it halts
  std::int64_t max_rollback = 10;  ///< nodes that may go back by themselves; more need somebody's word
  Rollback rollback = Rollback::OnHalt;
  Undrainable undrainable = Undrainable::Quarantine;
  Unowned unowned = Unowned::Refuse;
  LocalData local_data = LocalData::Delete;

  std::chrono::seconds balancer_delay{0};  ///< between leaving the load balancers and the cordon
  std::chrono::seconds drain_time{30 * 60};
  std::chrono::seconds detach_time{10 * 60};
  std::chrono::seconds act_time{20 * 60};
  std::chrono::seconds prove_time{15 * 60};
  std::chrono::seconds gate_time{10 * 60};  ///< until gates must have an answer; afterwards it counts as missing
  std::chrono::seconds node_soak{0};
  std::chrono::seconds batch_soak{0};
  std::chrono::seconds final_soak{0};
  std::chrono::seconds evict_again{5};  ///< after a refusal by a budget, when the server says nothing of it
  bool finish_outside_window = true;    ///< a node that has begun is finished although its window has closed
};

struct Batch {
  std::string name;  ///< "canary", "zone-a 2"
  std::vector<std::string> nodes;
  bool needs_approval = false;  ///< before it begins
};

struct RolloutSpec {
  std::string name;
  std::string uid;   ///< of the NodeRollout; part of every token and operation
  std::string pool;  ///< whose limits hold
  std::vector<std::string> pool_nodes;
  Release target;
  std::map<std::string, Release> previous;  ///< by node: what a rollback goes back to; absent: it can't
  std::vector<Batch> batches;
  Strategy strategy;
};

/// What people ask of a running rollout.
struct Wishes {
  bool paused = false;
  bool aborted = false;
  bool roll_back = false;
  std::vector<std::string> approved;    ///< names of batches
  std::int64_t acknowledged_halts = 0;  ///< "go on": as many halts as somebody has looked at
};

}  // namespace keelson::fleet
