/// A cluster as far as moving its nodes needs it: nodes, pods, disruption budgets, attached volumes. The one model that
/// recorded files, a live cluster and the simulator all fill, so that a plan and a rollout judge the same thing.
///
/// Shapes: values with plain members; names are those of the API. Not thread-safe. Source: Kubernetes API reference,
/// Node v1, Pod v1, PodDisruptionBudget policy/v1, VolumeAttachment storage.k8s.io/v1.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "kube/labels.h"

namespace keelson::fleet {

using Moment = std::chrono::sys_seconds;  ///< UTC
using Labels = kube::Labels;

struct Taint {
  std::string key;
  std::string value;
  std::string effect;      ///< "NoSchedule", "PreferNoSchedule", "NoExecute"
  std::string time_added{};  ///< as the API writes it: of NoExecute ones; "" of others
  bool operator==(const Taint&) const = default;
};

/// What a node's pods ask for, or what a node has for them. CPU in thousandths, memory in bytes.
struct Resources {
  std::int64_t cpu = 0;
  std::int64_t memory = 0;
  std::int64_t pods = 0;

  Resources& operator+=(const Resources& other);
  Resources& operator-=(const Resources& other);
  bool fits_in(const Resources& room) const;
  bool operator==(const Resources&) const = default;
};

struct Node {
  std::string name;
  std::string uid;
  std::string resource_version;  ///< opaque; "" in a simulation
  Labels labels;
  Labels annotations;  ///< those of Keelson only
  std::vector<Taint> taints;
  bool unschedulable = false;
  bool ready = false;
  std::vector<std::string> bad_conditions;  ///< types that say something is wrong: "MemoryPressure", …
  std::string boot_id;
  std::string os_image;
  std::string kernel;
  std::string runtime;  ///< "containerd://1.7.24"
  std::string kubelet;  ///< "v1.32.4"
  std::string architecture;
  Resources allocatable;
  std::set<std::string> attached_volumes;  ///< names of its VolumeAttachments

  /// The value of a label or annotation, or "".
  const std::string& label(std::string_view key) const;
  const std::string& annotation(std::string_view key) const;
  const std::string& zone() const { return label("topology.kubernetes.io/zone"); }
  const std::string& hardware() const { return label("node.kubernetes.io/instance-type"); }
};

/// What owns a pod and would make another in its place.
enum class Owner { None, Workload, DaemonSet, Node };

struct Pod {
  std::string space;  ///< namespace
  std::string name;
  std::string uid;
  std::string node;  ///< "" while it is not scheduled
  Labels labels;
  Owner owner = Owner::None;
  std::string owner_name;  ///< "ReplicaSet/web-7c9"; "" when there is none
  bool mirror = false;     ///< a static pod of the kubelet, seen through the API
  bool finished = false;   ///< Succeeded or Failed
  bool ready = false;
  bool crash_looping = false;  ///< a container of it waits in CrashLoopBackOff
  bool pull_failing = false;   ///< … or for an image that could not be pulled
  std::int64_t restarts = 0;   ///< of all its containers together
  bool local_data = false;     ///< an emptyDir, which dies with it
  bool pinned = false;         ///< a volume that only this node has (local, hostPath through a claim)
  bool tolerates_cordon = false;
  std::optional<Moment> deleted;  ///< its deletionTimestamp: when it must be gone
  std::int64_t drain_order = 0;   ///< keelson.dev/drain-order: lower ones leave first
  bool wait_until_done = false;   ///< keelson.dev/drain: wait-completed
  Resources requests;
  std::vector<std::string> budgets;  ///< keys of the budgets that select it; kept by Cluster
};

enum class UnhealthyPods { IfHealthyBudget, AlwaysAllow };

struct Budget {
  std::string space;
  std::string name;
  std::function<bool(const Labels&)> selects;  ///< its selector; absent: selects nothing
  std::string rule;                            ///< "minAvailable 2", "maxUnavailable 25%": as somebody wrote it
  std::int64_t allowed = 0;                    ///< status.disruptionsAllowed
  std::int64_t healthy = 0;                    ///< status.currentHealthy
  std::int64_t desired = 0;                    ///< status.desiredHealthy
  std::int64_t expected = 0;                   ///< status.expectedPods
  bool observed = true;                        ///< its status is of its newest generation
  UnhealthyPods unhealthy = UnhealthyPods::IfHealthyBudget;

  std::string key() const { return space + "/" + name; }
};

/// Promise: a pod is found under its node exactly as long as it is there, and knows the budgets that select it.
class Cluster {
 public:
  /// Adds it, or takes the place of the one with the same name (nodes, budgets) or UID (pods).
  void put(Node node);
  void put(Pod pod);
  void put(Budget budget);
  void remove_node(std::string_view name);
  void remove_pod(std::string_view uid);
  void remove_budget(std::string_view key);

  const std::map<std::string, Node, std::less<>>& nodes() const { return nodes_; }
  const std::map<std::string, Budget, std::less<>>& budgets() const { return budgets_; }
  std::size_t pod_count() const { return pods_.size(); }

  const Node* find_node(std::string_view name) const;
  const Pod* find_pod(std::string_view uid) const;
  const Budget* find_budget(std::string_view key) const;
  /// For changing in place what does not change an index: not name, UID, node, labels or selector.
  Node* edit_node(std::string_view name);
  Pod* edit_pod(std::string_view uid);
  Budget* edit_budget(std::string_view key);

  /// UIDs of the pods on a node, sorted; of "" those that are not scheduled.
  const std::set<std::string, std::less<>>& pods_on(std::string_view node) const;
  /// UIDs of the pods that a budget selects, sorted.
  const std::set<std::string, std::less<>>& pods_of(std::string_view budget) const;
  /// What the pods of a node ask for together; finished ones ask for nothing.
  Resources requested_on(std::string_view node) const;

 private:
  using Uids = std::set<std::string, std::less<>>;
  using KeysByLabels = std::unordered_map<std::string, std::vector<std::string>>;
  void unlink(const Pod& pod);
  void link(Pod& pod);
  const std::vector<std::string>& budgets_for(const Pod& pod, const std::string& labels);

  std::map<std::string, Node, std::less<>> nodes_;
  std::map<std::string, Budget, std::less<>> budgets_;
  std::unordered_map<std::string, Pod> pods_;
  std::map<std::string, Uids, std::less<>> by_node_;
  std::map<std::string, Uids, std::less<>> by_budget_;
  // By namespace, then by all labels as one text: thousands of pods have the same ones, and a selector looks at nothing
  // else, so that each budget judges a set of labels once.
  std::map<std::string, std::unordered_map<std::string, Uids>, std::less<>> by_labels_;
  std::map<std::string, KeysByLabels, std::less<>> budgets_by_labels_;
  std::map<std::string, std::set<std::string>, std::less<>> budgets_by_space_;
};

}  // namespace keelson::fleet
