#include "cli/fleet_rollout_plan.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/units.h"
#include "cli/fleet_rollout_resources.h"
#include "cli/named_file.h"
#include "cli/output.h"
#include "fleet/live_cluster.h"
#include "fleet/resources/kinds.h"
#include "fleet/rollout/document.h"
#include "kube/json_text.h"
#include "sys/file.h"

namespace keelson::cli {

namespace {

constexpr ByteCount kLargestPlan = mebibytes(16);

}  // namespace

PoolSituation read_pool(LiveCluster& live, const std::string& pool, fleet::Moment now, const Context& context) {
  const auto complain = [&context](const Error& error) { context.reporter->warn(error.message()); };
  PoolSituation situation;
  situation.pool = fleet::read_node_pool(require_resource(live.api(), fleet::node_pools(), pool));
  situation.release = fleet::require_wanted_release(situation.pool, list_releases(live.api(), complain), now);
  Step step(*context.reporter, "reading the cluster");
  with_resource_hints([&] { situation.recorded = fleet::read_live_cluster(live.api(), live.discovery()); });
  situation.records = list_records(live.api(), complain);
  step.set_result(fmt::format("{} nodes, {} pods, {} budgets", situation.recorded.cluster.nodes().size(),
                              situation.recorded.cluster.pod_count(), situation.recorded.cluster.budgets().size()));
  return situation;
}

fleet::RolloutSpec read_plan_file(const std::string& file) {
  require_file(file, "a plan, as keelson fleet plan -o writes it");
  const auto document = kube::parse_json(read_file(file, kLargestPlan), file);
  const auto* rollout = kube::find_at(document, {"rollout"});
  if (rollout == nullptr || kube::text_at(document, {"schema"}) != "keelson-plan/1") {
    throw Error(ErrorKind::BadInput, fmt::format("cannot read '{}': it is no plan (keelson-plan/1)", file),
                "keelson fleet plan -o plan.json writes one");
  }
  return fleet::parse_spec(*rollout, file);
}

fleet::Moment present_moment() { return fleet::Moment{std::chrono::seconds(current_time())}; }

}  // namespace keelson::cli
