/// The cluster that a fleet verb is about: recorded files, or a live one by a kubeconfig.
#pragma once

#include <string>
#include <vector>

#include "cli/command.h"
#include "fleet/inventory/recorded_fleet.h"
#include "fleet/read_cluster.h"

namespace keelson::cli {

struct ClusterArguments {
  std::vector<std::string> recorded;
  std::string kubeconfig;
  std::string kube_context;
};

/// `arguments` must live as long as the options do.
std::vector<Option> cluster_options(ClusterArguments& arguments);

/// Reads the recorded files, or asks the API server. @throws Error as these do.
fleet::Recorded read_cluster(const ClusterArguments& arguments, const Context& context);

/// The same, and what az and kubectl told of SKUs, pools and the API server's version. @throws Error as these do.
fleet::RecordedFleet read_fleet(const ClusterArguments& arguments, const Context& context);

/// Names of the nodes that a selector ("pool=workers,zone in (a,b)") selects. @throws Error(NotFound) when it selects
/// none.
std::vector<std::string> select_nodes(const fleet::Cluster& cluster, const std::string& selector);

}  // namespace keelson::cli
