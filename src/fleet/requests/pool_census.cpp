#include "fleet/requests/pool_census.h"

namespace keelson::fleet {

PoolCensus take_census(const NodePool& pool, const Release* wanted, const Cluster& cluster,
                       const NodeRecords& records) {
  PoolCensus census;
  for (const auto& name : nodes_of(pool, cluster)) {
    const Node& node = *cluster.find_node(name);
    const auto found = records.find(name);
    const NodeRecord* record = found == records.end() ? nullptr : &found->second;
    ++census.nodes;
    if (node.labels.contains(kQuarantined)) ++census.quarantined;
    if (record != nullptr && record->drift && record->drift->findings() > 0) ++census.drifted;
    if (wanted == nullptr) continue;
    const Standing standing = standing_of(node, record, *wanted);
    if (standing == Standing::Current) ++census.current;
    if (standing == Standing::Outdated) ++census.outdated;
    if (standing == Standing::Unknown) ++census.unknown;
    if (standing != Standing::Current) census.to_move.push_back(name);
  }
  return census;
}

}  // namespace keelson::fleet
