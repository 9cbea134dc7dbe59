#include "fleet/inventory/inventory.h"

#include "fleet/inventory/judge.h"
#include "fleet/inventory/pools.h"

namespace keelson::fleet {

namespace {

std::optional<lifecycle::KubernetesVersion> server_of(const InventoryRequest& request) {
  if (request.server || request.aks == nullptr) return request.server;
  return lifecycle::parse_kubernetes_version(request.aks->kubernetes);
}

}  // namespace

std::size_t Inventory::count(Concern concern) const {
  std::size_t found = 0;
  for (const auto& pool : pools) {
    for (const auto& finding : pool.findings) found += finding.concern == concern ? 1 : 0;
  }
  return found;
}

Inventory take_inventory(const InventoryRequest& request) {
  Inventory inventory;
  inventory.cluster = shown_text(request.cluster_name);
  if (inventory.cluster.empty() && request.aks != nullptr) inventory.cluster = shown_text(request.aks->name);
  inventory.server = server_of(request);
  inventory.target = request.target;
  inventory.day = lifecycle::day_of(request.today).text;
  if (request.cluster != nullptr) {
    inventory.pods = request.cluster->pod_count();
    inventory.budgets = request.cluster->budgets().size();
  }
  for (auto& gathered : gather_pools(request)) {
    judge_pool(gathered, request, inventory.server);
    inventory.nodes += gathered.pool.nodes;
    inventory.ready += gathered.pool.ready;
    inventory.pools.push_back(std::move(gathered.pool));
  }
  return inventory;
}

}  // namespace keelson::fleet
