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
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "fleet/changes.h"
#include "kube/labels.h"

namespace keelson::fleet {

using Moment = std::chrono::sys_seconds;  ///< UTC
using Labels = kube::Labels;

struct Taint {
  std::string key;
  std::string value;
  std::string effect;        ///< "NoSchedule", "PreferNoSchedule", "NoExecute"
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
  Slot place = 0;                          ///< kept by Cluster

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
  Slot slot = 0;  ///< kept by Cluster, as all that follow
  Slot place = 0;
  Slot group = 0;
  Slot in_group = 0;
};

/// A pod, for who comes back to it later. It finds nothing once that one has gone, or another has taken its place.
struct PodHandle {
  Slot slot = 0;
  std::uint32_t generation = 0;  ///< no pod has 0
};

enum class UnhealthyPods { IfHealthyBudget, AlwaysAllow };

struct Budget {
  std::string space;
  std::string name;
  std::function<bool(const Labels&)> selects;  ///< its selector; absent: selects nothing
  std::string needs;                           ///< "app=web": a label without which it selects nothing; "": none
  std::string rule;                            ///< "minAvailable 2", "maxUnavailable 25%": as somebody wrote it
  std::int64_t allowed = 0;                    ///< status.disruptionsAllowed
  std::int64_t healthy = 0;                    ///< status.currentHealthy
  std::int64_t desired = 0;                    ///< status.desiredHealthy
  std::int64_t expected = 0;                   ///< status.expectedPods
  bool observed = true;                        ///< its status is of its newest generation
  UnhealthyPods unhealthy = UnhealthyPods::IfHealthyBudget;

  std::string key() const { return space + "/" + name; }
};

/// UIDs of pods, sorted. Good until the cluster changes.
class Uids {
 public:
  class const_iterator {
   public:
    using value_type = std::string;
    using difference_type = std::ptrdiff_t;
    explicit const_iterator(const Pod* const* at = nullptr) : at_(at) {}
    const std::string& operator*() const { return (*at_)->uid; }
    const_iterator& operator++() {
      ++at_;
      return *this;
    }
    const_iterator operator++(int) { return const_iterator(at_++); }
    bool operator==(const const_iterator&) const = default;

   private:
    const Pod* const* at_;
  };
  using value_type = std::string;
  using iterator = const_iterator;

  explicit Uids(std::span<const Pod* const> pods) : pods_(pods) {}
  const_iterator begin() const { return const_iterator(pods_.data()); }
  const_iterator end() const { return const_iterator(pods_.data() + pods_.size()); }
  std::size_t size() const { return pods_.size(); }
  bool empty() const { return pods_.empty(); }

 private:
  std::span<const Pod* const> pods_;
};

/// Promise: a pod is found under its node exactly as long as it is there, and under the budgets that select it.
///
/// Nodes, pods and budgets stay where they are in memory as long as they are in it. A copy is a whole one.
class Cluster {
 public:
  Cluster() = default;
  Cluster(const Cluster& other);
  Cluster& operator=(const Cluster& other);
  Cluster(Cluster&&) = default;
  Cluster& operator=(Cluster&&) = default;
  ~Cluster() = default;

  /// Adds it, or takes the place of the one with the same name (nodes, budgets) or UID (pods).
  void put(Node node);
  void put(Pod pod);
  void put(Budget budget);
  void remove_node(std::string_view name);
  void remove_pod(std::string_view uid);
  void remove_budget(std::string_view key);
  /// To another node, or to none with "". @param pod, node of this cluster.
  void move_pod(Pod& pod, std::string_view node);
  void move_pod(Pod& pod, const Node& node);
  /// In its place another that is like it, but for these two, and is on no node yet. @param pod of this cluster.
  void replace_pod(Pod& pod, std::string uid, std::string name);

  const std::map<std::string, Node, std::less<>>& nodes() const { return nodes_; }
  const std::map<std::string, Budget, std::less<>>& budgets() const { return budgets_; }
  std::size_t pod_count() const { return pods_.size(); }

  const Node* find_node(std::string_view name) const;
  const Pod* find_pod(std::string_view uid) const;
  const Budget* find_budget(std::string_view key) const;
  /// The one that a pod of this cluster is on; nullptr when it is not known.
  const Node* node_of(const Pod& pod) const { return places_by_slot_[pod.place]->node; }
  PodHandle handle_of(const Pod& pod) const { return {pod.slot, pods_by_slot_[pod.slot].generation}; }
  /// For changing in place what does not change an index: not name, UID, node, labels or selector. To be asked for
  /// anew for each change: changes() counts the asking.
  Node* edit_node(std::string_view name);
  Pod* edit_pod(std::string_view uid);
  Pod* edit_pod(PodHandle handle);
  Budget* edit_budget(std::string_view key);

  /// The pods on a node, sorted by UID; of "" those that are not scheduled. Good until one of them leaves or comes.
  std::span<const Pod* const> pods_at(std::string_view node) const;
  std::span<const Pod* const> pods_at(const Node& node) const { return pods_in(places_by_slot_[node.place]->pods); }
  std::span<Pod* const> edit_pods_at(std::string_view node);
  /// Their UIDs.
  Uids pods_on(std::string_view node) const { return Uids(pods_at(node)); }
  /// UIDs of the pods that a budget selects, sorted.
  std::vector<std::string> pods_of(std::string_view budget) const;
  /// The budgets that select a pod of this cluster, by key.
  std::span<const Budget* const> budgets_of(const Pod& pod) const;
  const std::vector<std::string>& budget_keys_of(const Pod& pod) const { return groups_[pod.group].keys; }
  std::span<Budget* const> edit_budgets_of(const Pod& pod) { return groups_[pod.group].budgets; }
  /// What the pods of a node ask for together; finished ones ask for nothing.
  Resources requested_on(std::string_view node) const;

  /// What has changed: a node, or a pod on it, counts as changed whenever somebody could have changed it.
  const Changes& changes() const { return changes_; }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  template <class Value>
  using Table = std::unordered_map<std::string, Value, Hash, std::equal_to<>>;
  /// A node's name and the pods that say it, whether the node is known or not.
  struct Place {
    std::string name;
    Slot slot = 0;
    Node* node = nullptr;
    std::vector<Pod*> pods;
  };
  struct PodPlace {
    Pod* pod = nullptr;
    std::uint32_t generation = 0;
  };
  /// Pods of a namespace with the same labels: thousands have the same ones, and a selector looks at nothing else, so
  /// that each budget judges a group once.
  struct Group {
    std::string text;  ///< all that they have in common
    std::vector<Pod*> pods;
    std::vector<Budget*> budgets;   ///< by key
    std::vector<std::string> keys;  ///< theirs
  };
  /// Of one namespace: who may have to do with whom. A group stands under each of its labels and a budget under one
  /// that it needs, or both under "", so that thousands of either do not look at each other.
  struct Space {
    std::map<std::string, std::set<Slot>, std::less<>> groups;
    std::map<std::string, std::set<std::string>, std::less<>> budgets;
  };

  static std::span<const Pod* const> pods_in(const std::vector<Pod*>& pods) { return {pods.data(), pods.size()}; }
  Place& place_of(std::string_view node);
  void drop_if_empty(Place& place);
  void enter_place(Pod& pod);
  void enter_place(Pod& pod, Place& place);
  void leave_place(Pod& pod);
  Group new_group(const Pod& pod);
  void enter_group(Pod& pod);
  void leave_group(Pod& pod);
  void drop_group(const Pod& last);
  void enter_slot(Pod& pod);

  std::map<std::string, Node, std::less<>> nodes_;
  std::map<std::string, Budget, std::less<>> budgets_;
  Table<Pod> pods_;
  Table<Place> places_;
  std::vector<Place*> places_by_slot_;
  std::vector<Slot> free_places_;
  std::vector<PodPlace> pods_by_slot_;
  std::vector<Slot> free_pods_;
  std::vector<Group> groups_;
  std::vector<Slot> free_groups_;
  Table<Slot> groups_by_text_;
  std::map<std::string, Space, std::less<>> spaces_;
  Changes changes_;
};

}  // namespace keelson::fleet
