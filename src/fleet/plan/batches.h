/// In which order the nodes of a pool are taken: a canary, then one of each kind, then growing shares, zone by zone.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "fleet/cluster.h"
#include "fleet/rollout/spec.h"

namespace keelson::fleet {

enum class Approvals { None, AfterCanary, EveryBatch };

struct BatchOptions {
  std::size_t canaries = 1;
  std::vector<unsigned> shares{10, 50, 100};  ///< of the pool that are done after each stage, in per cent, rising
  Approvals approvals = Approvals::None;
};

/// The same nodes give the same batches, whatever their order. A kind is a zone and a hardware class. Every node stands
/// in exactly one batch; no batch after the second has nodes of two zones.
/// @param nodes names; those that the cluster does not have are left out.
std::vector<Batch> make_batches(const Cluster& cluster, const std::vector<std::string>& nodes,
                                const BatchOptions& options);

}  // namespace keelson::fleet
