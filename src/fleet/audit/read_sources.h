/// What an audit judges, out of recorded JSON (`kubectl get nodes,noderecords,imagereleases,nodepools -o json`) or of
/// an API server.
#pragma once

#include <stop_token>
#include <string_view>

#include "fleet/audit/audit.h"
#include "kube/api.h"

namespace keelson::fleet {

class AuditSourcesReader {
 public:
  /// A List or a single object. What is of another kind is passed over; a resource of ours that is broken is noted.
  /// @throws Error(BadInput) for a document that holds no objects.
  void add(const kube::json& document, std::string_view name);
  /// @param text untrusted: one document. @throws Error(BadInput) also for no JSON.
  void add_text(std::string_view text, std::string_view name);
  /// @throws Error(BadInput) when there was no node.
  AuditSources finish();

 private:
  void add_object(const kube::json& object);

  AuditSources sources_;
};

/// Four lists. @throws as kube::Api does; Error(NotFound) with a hint where the resources are not installed.
AuditSources read_live_audit(kube::Api& api, const std::stop_token& stop = {});

}  // namespace keelson::fleet
