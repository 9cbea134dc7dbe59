#include "fleet/inventory/recorded_fleet.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "kube/json_text.h"

namespace keelson::fleet {

namespace {

/// How long the object or list at the front is; all of it when it is neither.
/// @throws Error(BadInput) when it does not end.
std::size_t document_length(std::string_view text, std::string_view name) {
  std::size_t depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '\\') ++i;
      if (c == '"') quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if ((c == '}' || c == ']') && (depth == 0 || --depth == 0)) {
      return i + 1;
    }
  }
  if (depth > 0) {
    throw Error(ErrorKind::BadInput,
                fmt::format("cannot read the recorded cluster '{}': it ends in the middle; it was cut short", name),
                "record it again, and look at what kubectl or az said");
  }
  return text.size();
}

}  // namespace

void RecordedFleetReader::add_text(std::string_view text, std::string_view name) {
  constexpr std::size_t kMostDocuments = 1000;
  std::size_t documents = 0;
  do {
    if (++documents > kMostDocuments) {
      throw Error(ErrorKind::BadInput,
                  fmt::format("cannot read '{}': it holds more than {} documents", name, kMostDocuments));
    }
    const std::size_t length = document_length(text, name);
    add_document(kube::parse_json(text.substr(0, length), fmt::format("the recorded cluster '{}'", name)), name);
    text = trim(text.substr(length));
  } while (!text.empty());
}

void RecordedFleetReader::add_document(const kube::json& document, std::string_view name) {
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
