/// A cluster as its API server tells it now: one list of each kind, and no more requests than that.
#pragma once

#include <stop_token>

#include "fleet/read_cluster.h"
#include "kube/discovery.h"

namespace keelson::fleet {

/// @throws as kube::Api does: unreachable, refused certificates, RBAC that forbids a list (told by resource).
/// Volume attachments that may not be listed are noted as ignored: a plan does without, a drain waits less exactly.
Recorded read_live_cluster(kube::Api& api, kube::Discovery& discovery, const std::stop_token& stop = {});

}  // namespace keelson::fleet
