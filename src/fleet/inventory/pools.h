/// Nodes put together into pools, and what they tell, counted. No judgement: that is judge.h's.
#pragma once

#include <utility>
#include <vector>

#include "fleet/inventory/inventory.h"

namespace keelson::fleet {

/// One line, harmless, at most 200 bytes.
std::string shown_text(std::string_view text);

/// A pool with what the lifecycle data is asked by.
struct GatheredPool {
  InventoryPool pool;
  lifecycle::PoolFacts facts;
};

/// Sorted by name, then by what groups them.
std::vector<GatheredPool> gather_pools(const InventoryRequest& request);

}  // namespace keelson::fleet
