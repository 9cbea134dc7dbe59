/// Plans as rollouts need them: of a NodePool in a live cluster, or out of a file that `keelson fleet plan` wrote.
#pragma once

#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/live_cluster.h"
#include "fleet/live_cluster.h"
#include "fleet/requests/pool_plan.h"

namespace keelson::cli {

/// A NodePool, what it wants, and the cluster that it stands in.
struct PoolSituation {
  fleet::NodePool pool;
  fleet::ImageRelease release;
  fleet::Recorded recorded;
  fleet::NodeRecords records;
};

/// @throws Error(NotFound) for a pool or release that is not there; as kube::Api and the readers do.
PoolSituation read_pool(LiveCluster& live, const std::string& pool, fleet::Moment now, const Context& context);

/// The `rollout` member of a plan. @throws Error(BadInput) for a file that holds no plan.
fleet::RolloutSpec read_plan_file(const std::string& file);

/// The time of the machine.
fleet::Moment present_moment();

}  // namespace keelson::cli
