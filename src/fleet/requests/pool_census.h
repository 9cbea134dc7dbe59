/// A pool's nodes, counted by what they run.
#pragma once

#include "fleet/requests/present.h"
#include "fleet/resources/node_pool.h"

namespace keelson::fleet {

struct PoolCensus {
  std::int64_t nodes = 0;
  std::int64_t current = 0;  ///< this and the next two: as Standing
  std::int64_t outdated = 0;
  std::int64_t unknown = 0;
  std::int64_t quarantined = 0;      ///< whatever they run
  std::int64_t drifted = 0;          ///< their own check found changes
  std::vector<std::string> to_move;  ///< outdated and unknown ones
};

/// @param wanted nullptr: nothing is wanted, and no node is outdated.
PoolCensus take_census(const NodePool& pool, const Release* wanted, const Cluster& cluster, const NodeRecords& records);

}  // namespace keelson::fleet
