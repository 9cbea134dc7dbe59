/// Asking the API server to evict a pod, and what it may say.
///
/// The version of the Eviction object is chosen by discovery: servers before 1.22 answer 400 to policy/v1, and a 400 is
/// never taken for success.
/// Source: Kubernetes "API-initiated Eviction"; KEP-85; k8s.io/kubectl/pkg/drain for the order of the cases.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "kube/discovery.h"

namespace keelson::kube {

struct EvictionOptions {
  std::string uid;  ///< of the pod that is meant: another with its name is left alone; "": whichever has the name
  std::optional<std::chrono::seconds> grace_period;  ///< absent: the pod's own
  bool dry_run = false;                              ///< would it be evicted now?
};

struct EvictionOutcome {
  enum class Kind {
    Evicted,               ///< it will end within its grace period
    Gone,                  ///< there is no such pod, or another has its name
    Blocked,               ///< a disruption budget does not allow it now
    Throttled,             ///< the server is busy: nothing to do with budgets
    Misconfigured,         ///< several budgets match the pod: no attempt will ever succeed
    NamespaceTerminating,  ///< the namespace is being deleted, its pods with it
    Forbidden,             ///< we may not
    Failed,                ///< anything else that the server answered
  };
  Kind kind = Kind::Failed;
  std::vector<Cause> causes;                        ///< of Blocked: the budget is named in the cause's text
  std::optional<std::chrono::seconds> retry_after;  ///< of Blocked and Throttled, when the server says
  std::string message;                              ///< for people; "" of Evicted and Gone
  std::optional<MissingRight> missing = {};         ///< of Forbidden, when it is for want of a right
};

/// One attempt: waiting for a budget is the caller's policy.
/// @throws TransportError when there was no answer (the pod may be evicted all the same); Error(Unavailable) when the
/// server has no eviction at all; as Api does during discovery.
EvictionOutcome evict(Api& api, Discovery& discovery, const ObjectName& pod, const EvictionOptions& options = {},
                      const std::stop_token& stop = {});

}  // namespace keelson::kube
