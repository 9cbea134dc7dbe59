#include "kube/find_connection.h"

namespace keelson::kube {

FoundConnection find_connection(const ClusterChoice& choice, const Environment& environment, Clock& clock,
                                const std::filesystem::path& account) {
  const std::string named = choice.kubeconfig.empty() ? environment.value("KUBECONFIG") : choice.kubeconfig;
  const auto files = kubeconfig_files(named, environment.value("HOME"));
  const std::string host = environment.value("KUBERNETES_SERVICE_HOST");
  std::error_code error;
  const bool has_file = !files.empty() && std::filesystem::exists(files.front(), error);
  if (named.empty() && choice.context.empty() && !host.empty() && !has_file) {
    const PodPlace place{.host = host, .port = environment.value("KUBERNETES_SERVICE_PORT"), .folder = account};
    return {connect_in_cluster(place), "in-cluster"};
  }
  const auto chosen = choose_context(read_kubeconfigs(files), choice.context);
  return {connect_by(chosen, environment.all(), clock), chosen.name};
}

}  // namespace keelson::kube
