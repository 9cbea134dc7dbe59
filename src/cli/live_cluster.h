/// A live cluster, connected to as the command line says: what verbs that change or watch something work with.
#pragma once

#include <memory>
#include <string>

#include "cli/cluster_options.h"
#include "kube/connection.h"
#include "kube/discovery.h"

namespace keelson::cli {

/// Nothing is asked until it is used.
class LiveCluster {
 public:
  /// @throws Error as reading kubeconfigs does.
  explicit LiveCluster(const ClusterArguments& arguments);

  const std::string& context() const { return context_; }
  kube::Clock& clock() { return clock_; }
  kube::Api& api() { return *api_; }
  kube::Discovery& discovery() { return *discovery_; }

 private:
  std::string context_;
  kube::SystemClock clock_;
  kube::Connection connection_;
  std::unique_ptr<kube::CurlTransport> transport_;
  std::unique_ptr<kube::Api> api_;
  std::unique_ptr<kube::Discovery> discovery_;
};

}  // namespace keelson::cli
