/// Who gives a node its image, as pools and rollouts say it:
///
///     backEnd: {agent: {}}                                     # keelson-node, by the node's own NodeRecord
///     backEnd: {exec: {command: [/hooks/reimage], timeout: 20m}}   # a program beside the controller
///     backEnd: {clusterAPI: {templatePatch: {…}}}              # a machine of Cluster API
///     backEnd: {aks: {command: [az], resourceGroup: rg, cluster: prod}}
#pragma once

#include <chrono>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <variant>
#include <vector>

#include "base/json_findings.h"

namespace keelson::fleet {

struct AgentBackEnd {
  bool operator==(const AgentBackEnd&) const = default;
};

/// The program gets the operation as JSON on its standard input (docs/formats/operation.md) and ends when the node has
/// the image and is about to boot it, or has. It may be called again for an operation that it has begun: by its name.
struct ExecBackEnd {
  std::vector<std::string> command;
  std::chrono::seconds timeout{20 * 60};
  bool operator==(const ExecBackEnd&) const = default;
};

/// The node's Machine is replaced: its MachineDeployment (whose strategy must be OnDelete, so that Cluster API replaces
/// nothing by itself) gets a copy of its infrastructure machine template that is changed by this merge patch, in which
/// "${image}", "${digest}" and "${release}" are the release's; then the Machine is deleted. The node that its successor
/// becomes has another name.
struct ClusterApiBackEnd {
  std::string template_patch;  ///< JSON text: {"spec": {"template": {"spec": {"image": "${image}"}}}}
  bool operator==(const ClusterApiBackEnd&) const = default;
};

struct AksBackEnd {
  std::vector<std::string> command{"az"};
  std::string resource_group;
  std::string cluster;
  std::chrono::seconds timeout{60 * 60};
  bool operator==(const AksBackEnd&) const = default;
};

using BackEndChoice = std::variant<AgentBackEnd, ExecBackEnd, ClusterApiBackEnd, AksBackEnd>;

/// @param place of `backEnd`; not there: the agent. What is wrong is among its findings afterwards.
BackEndChoice read_back_end(const JsonPlace& place);
nlohmann::json back_end_json(const BackEndChoice& choice);
std::string_view back_end_name(const BackEndChoice& choice);  ///< "agent", "exec", "clusterAPI", "aks"

}  // namespace keelson::fleet
