/// All that somebody recorded of one cluster, from whatever program: kubectl's lists, kubectl's versions, az's answers.
/// What a document is, its content says.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "fleet/inventory/aks.h"
#include "fleet/lifecycle/kubernetes_version.h"
#include "fleet/read_cluster.h"

namespace keelson::fleet {

struct RecordedFleet {
  std::optional<Recorded> cluster;  ///< absent when there was nothing of the Kubernetes API
  std::optional<AksCluster> aks;
  std::optional<lifecycle::KubernetesVersion> server;  ///< from `kubectl version -o json`
};

class RecordedFleetReader {
 public:
  /// One document, or several one after the other, as `kubectl get … >> FILE` leaves them.
  /// @param text untrusted; nesting is bounded, size is the caller's to bound. @param name of the file, for errors.
  /// @throws Error(BadInput) for what is none of these documents, or is cut short.
  void add_text(std::string_view text, std::string_view name);
  /// @throws Error(BadInput) when nothing told of nodes or pools.
  RecordedFleet finish();

 private:
  void add_pools(const kube::json& document, std::string_view name);
  void add_version(const kube::json& document, std::string_view name);

  RecordedCluster cluster_;
  bool has_cluster_ = false;
  RecordedFleet fleet_;
};

}  // namespace keelson::fleet
