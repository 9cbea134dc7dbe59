/// What a cluster's nodes run, by pool, and what is wrong with that: the first question before anything is moved.
///
/// A value: nothing in it refers to what it was taken from. Texts are made harmless for terminals and pages.
/// Deterministic: pools and values are sorted, and the day is passed in.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "fleet/cluster.h"
#include "fleet/inventory/aks.h"
#include "fleet/lifecycle/resolve.h"

namespace keelson::fleet {

/// How many nodes have which value. A node that does not tell is not counted.
using Tally = std::map<std::string, std::size_t>;

enum class Concern {
  Problem,  ///< not supported, or over
  Warning,  ///< will be, or may be meant otherwise
  Note,
};

struct PoolFinding {
  Concern concern = Concern::Note;
  std::string code;  ///< for programs: "kubelet-skew", "end-of-life", …
  std::string text;
};

struct InventoryPool {
  std::string name;
  std::string named_by;  ///< the label that groups it, or "operating system and architecture", or "az"
  std::string platform;  ///< "aks", "eks", "gke", "keelson"; "" when nothing tells
  std::size_t nodes = 0;
  std::size_t ready = 0;
  std::size_t cordoned = 0;
  std::optional<std::int64_t> count;  ///< that the platform says it should have
  std::string mode;
  std::string sku_requested;
  std::string sku_effective;
  Tally os_images, node_images, kernels, runtimes, kubelets, architectures, zones, hardware;
  std::optional<bool> fips, secure_boot, selinux;

  std::string runs;   ///< operating system by the lifecycle data, else what nodes call it: "Azure Linux 2.0"
  std::string meant;  ///< what its SKU means under its version of Kubernetes; "" when that is not known
  std::optional<lifecycle::KubernetesMinor> kubernetes;  ///< of its oldest kubelet
  lifecycle::Deadline deadline;
  std::optional<lifecycle::Change> change;  ///< with a target version; its streams are not kept
  std::string becomes;                      ///< what it runs under the target; "" when it is not offered or not known
  std::vector<PoolFinding> findings;        ///< worst first
};

struct Inventory {
  std::string cluster;  ///< its name; "" when nothing tells
  std::optional<lifecycle::KubernetesVersion> server;
  std::optional<lifecycle::KubernetesMinor> target;
  std::string day;  ///< on which it was judged
  std::size_t nodes = 0, ready = 0, pods = 0, budgets = 0;
  std::vector<InventoryPool> pools;

  std::size_t count(Concern concern) const;
};

struct InventoryRequest {
  const Cluster* cluster = nullptr;                 ///< nodes; may be absent when az is there
  const AksCluster* aks = nullptr;                  ///< may be absent
  const lifecycle::Lifecycle* lifecycle = nullptr;  ///< absent: nothing is judged by it
  std::string cluster_name;
  std::string pool_label;                              ///< to group by before all others; "" for none
  std::optional<lifecycle::KubernetesVersion> server;  ///< of the API server, when somebody knows it
  std::optional<lifecycle::KubernetesMinor> target;    ///< "and if the cluster goes there?"
  std::chrono::sys_days today;
  std::chrono::days soon{90};  ///< what ends within that is warned of
};

Inventory take_inventory(const InventoryRequest& request);

}  // namespace keelson::fleet
