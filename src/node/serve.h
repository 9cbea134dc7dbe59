/// keelson-node as a service: connection, watch and agent put together, until a signal ends it.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "node/config.h"
#include "node/drift.h"
#include "sys/environment.h"

namespace keelson::node {

struct NodePlace {
  std::filesystem::path root = "/";
  std::filesystem::path config;  ///< below root unless it was given
  std::filesystem::path state;   ///< likewise
  std::string node_name;         ///< "": the configuration's, $NODE_NAME, or the host's name
  std::string kubeconfig;        ///< "": the configuration's, or the pod's service account
};

/// The configuration of that place: all defaults when there is no file and none was asked for.
NodeConfig read_config(const NodePlace& place, bool must_exist);

/// The node against what its configuration says of its release. @throws as read_reference() and audit().
Drift audit_node(const NodePlace& place, const NodeConfig& config);

/// Until SIGTERM or SIGINT. Call it before any thread exists. @throws Error for what can't get better by waiting.
void serve(const NodePlace& place, const NodeConfig& config, const Environment& environment,
           const std::function<void(std::string)>& tell);

/// Lower-case, as kubelets call a node that nobody named.
std::string host_name();

}  // namespace keelson::node
