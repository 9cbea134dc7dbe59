#include "cli/live_cluster.h"

#include "kube/find_connection.h"

namespace keelson::cli {

LiveCluster::LiveCluster(const ClusterArguments& arguments) {
  auto found = kube::find_connection({.kubeconfig = arguments.kubeconfig, .context = arguments.kube_context},
                                     Environment::of_this_process(), clock_);
  context_ = std::move(found.context);
  connection_ = std::move(found.connection);
  transport_ = std::make_unique<kube::CurlTransport>(connection_.options, connection_.credentials);
  api_ = std::make_unique<kube::Api>(*transport_, clock_);
  discovery_ = std::make_unique<kube::Discovery>(*api_);
}

}  // namespace keelson::cli
