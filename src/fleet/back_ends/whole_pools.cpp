#include "fleet/back_ends/whole_pools.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "fleet/back_ends/aks.h"

namespace keelson::fleet {

namespace {

std::string why_not_whole(const RolloutSpec& spec, const Cluster& cluster) {
  std::map<std::string, std::string> batch_of;  // by node
  for (const auto& batch : spec.batches) {
    for (const auto& node : batch.nodes) batch_of.emplace(node, batch.name);
  }
  std::map<std::string, std::vector<std::string>> pools;
  for (const auto& [name, node] : cluster.nodes()) pools[aks_pool_of(node.labels)].push_back(name);
  std::size_t most = 0;
  for (const auto& [pool, nodes] : pools) {
    const auto is_moved = [&](const std::string& node) { return batch_of.contains(node); };
    const auto moved = std::find_if(nodes.begin(), nodes.end(), is_moved);
    if (moved == nodes.end()) continue;
    if (pool.empty()) return fmt::format("node '{}' is in no node pool of AKS", *moved);
    most = std::max(most, nodes.size());
    for (const auto& node : nodes) {
      if (!is_moved(node))
        return fmt::format("AKS changes pool '{}' as a whole, but its node '{}' is not in the plan", pool, node);
      if (batch_of.at(node) != batch_of.at(*moved)) {
        return fmt::format("AKS changes pool '{}' as a whole, but its nodes are in the batches '{}' and '{}'", pool,
                           batch_of.at(*moved), batch_of.at(node));
      }
    }
  }
  const auto wanted = static_cast<std::int64_t>(most);
  if (spec.strategy.max_unavailable.of(spec.pool_nodes.size()) < wanted ||
      spec.strategy.max_per_zone.of(most) < wanted) {
    return "AKS changes whole pools: maxUnavailable and maxPerZone must let all of their nodes be out of service "
           "together";
  }
  return {};
}

}  // namespace

std::string why_not_by(const BackEndChoice& choice, const RolloutSpec& spec, const Cluster& cluster) {
  return std::holds_alternative<AksBackEnd>(choice) ? why_not_whole(spec, cluster) : std::string();
}

}  // namespace keelson::fleet
