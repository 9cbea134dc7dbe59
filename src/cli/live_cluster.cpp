#include "cli/live_cluster.h"

#include <unistd.h>

#include <cstdlib>

namespace keelson::cli {

namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : value;
}

std::vector<std::string> whole_environment() {
  std::vector<std::string> all;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) all.emplace_back(*entry);
  return all;
}

}  // namespace

LiveCluster::LiveCluster(const ClusterArguments& arguments) {
  const std::string named = arguments.kubeconfig.empty() ? variable("KUBECONFIG") : arguments.kubeconfig;
  const auto kubeconfig = kube::read_kubeconfigs(kube::kubeconfig_files(named, variable("HOME")));
  const auto chosen = kube::choose_context(kubeconfig, arguments.kube_context);
  context_ = chosen.name;
  connection_ = kube::connect_by(chosen, whole_environment(), clock_);
  transport_ = std::make_unique<kube::CurlTransport>(connection_.options, connection_.credentials);
  api_ = std::make_unique<kube::Api>(*transport_, clock_);
  discovery_ = std::make_unique<kube::Discovery>(*api_);
}

}  // namespace keelson::cli
