/// What is wrong with a pool, and until when it may stay as it is.
#pragma once

#include "fleet/inventory/pools.h"

namespace keelson::fleet {

/// Fills what the pool runs, its deadline, its change and its findings.
/// @param server of the API server, when it is known.
void judge_pool(GatheredPool& gathered, const InventoryRequest& request,
                const std::optional<lifecycle::KubernetesVersion>& server);

}  // namespace keelson::fleet
