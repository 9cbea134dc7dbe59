/// Cluster API's objects, as far as replacing a machine needs them; v1beta1 and v1beta2 look the same here.
/// Source: Cluster API, api/core/v1beta1 and v1beta2 (Machine, MachineDeployment, MachineSet), and its well-known
/// labels and annotations.
#pragma once

#include <string>

#include "kube/discovery.h"

namespace keelson::fleet {

// Cluster API's.
inline constexpr std::string_view kMachineOfNode = "cluster.x-k8s.io/machine";
inline constexpr std::string_view kSpaceOfNode = "cluster.x-k8s.io/cluster-namespace";
inline constexpr std::string_view kDeploymentOf = "cluster.x-k8s.io/deployment-name";
inline constexpr std::string_view kPaused = "cluster.x-k8s.io/paused";
inline constexpr std::string_view kOfTopology = "topology.cluster.x-k8s.io/owned";
inline constexpr std::string_view kNoDraining = "machine.cluster.x-k8s.io/exclude-node-draining";
// Ours. On a Machine that goes: the operation; on its successor: the same; on a copied template: what it was made of.
inline constexpr std::string_view kOperationOf = "keelson.dev/operation";
inline constexpr std::string_view kSuccessorOf = "keelson.dev/successor-of";
inline constexpr std::string_view kCopyOf = "keelson.dev/copy-of";
inline constexpr std::string_view kContentOf = "keelson.dev/content";

struct ClusterApiNames {
  kube::Resource machines;
  kube::Resource machine_sets;
  kube::Resource machine_deployments;
};
/// The newest version that the server has and we know. @throws Error(NotFound) when it has none.
ClusterApiNames find_cluster_api(kube::Discovery& discovery, const std::stop_token& stop);

struct Machine {
  std::string space;
  std::string name;
  std::string uid;
  std::string resource_version;
  std::string deployment;  ///< "": of none (a control plane's, a MachinePool's)
  std::string set;
  std::string created;  ///< RFC 3339 in UTC, whole seconds: later is greater
  bool is_going = false;
  std::string phase;  ///< "Running", "Failed", …
  std::string failure;
  std::string node;          ///< "": none yet
  std::string successor_of;  ///< an operation; "": of none of ours
};
/// Whatever the object holds.
Machine read_machine(const kube::json& object);
/// Takes all away that read_machine() does not read.
void trim_machine(kube::json& object);

/// The infrastructure template that new Machines are made of: of a MachineDeployment or a MachineSet.
struct TemplateReference {
  std::string group;
  std::string version;  ///< "": v1beta2 names none
  std::string kind;
  std::string space;
  std::string name;
};
TemplateReference template_of(const kube::json& object);

/// Why we must not touch a MachineDeployment, or "": it would replace Machines by itself, or is not ours to change.
std::string why_not_to_change(const kube::json& deployment);
/// Whether its controller has seen it as it is now.
bool is_observed(const kube::json& deployment);

}  // namespace keelson::fleet
