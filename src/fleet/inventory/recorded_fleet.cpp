#include "fleet/inventory/recorded_fleet.h"

#include <fmt/format.h>

#include "base/error.h"
#include "kube/json_text.h"

namespace keelson::fleet {

void RecordedFleetReader::add_text(std::string_view text, std::string_view name) {
  const kube::json document = kube::parse_json(text, fmt::format("the recorded cluster '{}'", name));
  if (const std::string told = kube::text_at(document, {"serverVersion", "gitVersion"}); !told.empty()) {
    fleet_.server = lifecycle::parse_kubernetes_version(told);
    if (!fleet_.server) {
      throw Error(ErrorKind::BadInput,
                  fmt::format("cannot read '{}': its server's version is none of Kubernetes", name));
    }
  } else if (is_aks_document(document)) {
    if (!fleet_.aks) fleet_.aks.emplace();
    add_aks_document(*fleet_.aks, document, name);
  } else {
    cluster_.add(document, name);
    has_cluster_ = true;
  }
}

RecordedFleet RecordedFleetReader::finish() {
  if (has_cluster_) fleet_.cluster = cluster_.finish();
  if (!fleet_.cluster && !fleet_.aks) {
    throw Error(ErrorKind::BadInput, "cannot take an inventory: none of the files tells of nodes or pools",
                "record them with: kubectl get nodes,pods,pdb -A -o json, or az aks show -o json");
  }
  return std::move(fleet_);
}

}  // namespace keelson::fleet
