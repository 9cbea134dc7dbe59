#include "cli/cluster_options.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/units.h"
#include "cli/live_cluster.h"
#include "cli/named_file.h"
#include "fleet/live_cluster.h"
#include "kube/selector.h"
#include "sys/file.h"

namespace keelson::cli {

namespace {

constexpr ByteCount kLargestRecording = gibibytes(4);

fleet::RecordedFleet read_live(const ClusterArguments& arguments) {
  LiveCluster live(arguments);
  return with_context(fmt::format("reading the cluster of context '{}'", live.context()), [&] {
    fleet::RecordedFleet found;
    found.cluster = fleet::read_live_cluster(live.api(), live.discovery());
    try {
      found.server = fleet::lifecycle::parse_kubernetes_version(live.discovery().version().text);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::Refused && error.kind() != ErrorKind::NotFound) throw;  // then it is not known
    }
    return found;
  });
}

}  // namespace

std::vector<Option> cluster_options(ClusterArguments& arguments) {
  return {
      {"--from", "FILE",
       "recorded cluster: kubectl get nodes,pods,pdb,volumeattachments -A -o json; several files count together",
       &arguments.recorded},
      {"--kubeconfig", "FILE", "ask a live cluster by this file [$KUBECONFIG, ~/.kube/config]", &arguments.kubeconfig},
      {"--context", "NAME", "the context to use [the current one]", &arguments.kube_context}};
}

fleet::Recorded read_cluster(const ClusterArguments& arguments, const Context& context) {
  Step step(*context.reporter, "reading the cluster");
  const auto told = [&](fleet::Recorded recorded) {
    step.set_result(fmt::format("{} nodes, {} pods, {} budgets", recorded.cluster.nodes().size(),
                                recorded.cluster.pod_count(), recorded.cluster.budgets().size()));
    return recorded;
  };
  if (arguments.recorded.empty()) return told(std::move(*read_live(arguments).cluster));
  fleet::RecordedCluster recorded;
  for (const auto& file : arguments.recorded) {
    require_file(file, "a recorded cluster, made by kubectl get -o json");
    recorded.add_text(read_file(file, kLargestRecording), file);
  }
  return told(recorded.finish());
}

fleet::RecordedFleet read_fleet(const ClusterArguments& arguments, const Context& context) {
  Step step(*context.reporter, "reading the cluster");
  fleet::RecordedFleet found;
  if (arguments.recorded.empty()) {
    found = read_live(arguments);
  } else {
    fleet::RecordedFleetReader reader;
    for (const auto& file : arguments.recorded) {
      require_file(file, "a recorded cluster, made by kubectl get -o json or az aks show -o json");
      reader.add_text(read_file(file, kLargestRecording), file);
    }
    found = reader.finish();
  }
  step.set_result(fmt::format("{} nodes, {} pools by az", found.cluster ? found.cluster->cluster.nodes().size() : 0,
                              found.aks ? found.aks->pools.size() : 0));
  return found;
}

std::vector<std::string> select_nodes(const fleet::Cluster& cluster, const std::string& selector) {
  const auto parsed = kube::Selector::parse(selector);
  std::vector<std::string> names;
  for (const auto& [name, node] : cluster.nodes()) {
    if (parsed.matches(node.labels)) names.push_back(name);
  }
  if (names.empty())
    throw Error(
        ErrorKind::NotFound,
        fmt::format("cannot find nodes: the selector '{}' selects none of {}", selector, cluster.nodes().size()),
        "keelson fleet inventory lists the pools and their labels");
  return names;
}

}  // namespace keelson::cli
