#include "fleet/controller/pool_keeper.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/timestamp.h"
#include "fleet/plan/plan.h"

namespace keelson::fleet {

namespace {

using nlohmann::json;

/// Of two facts that are both known; a release that does not name one does not ask for it.
bool fits(const std::string& wanted, const std::string& booted) { return wanted.empty() || wanted == booted; }

bool runs(const Release& wanted, const Release& booted) {
  return fits(wanted.image_digest, booted.image_digest) && fits(wanted.manifest_hash, booted.manifest_hash) &&
         fits(wanted.kernel, booted.kernel) && fits(wanted.containerd, booted.containerd) &&
         fits(wanted.selinux, booted.selinux) && fits(wanted.fips, booted.fips);
}

/// What a node runs: as it reports it, or as far as its Node tells.
Release booted_by(const Node& node, const NodeRecord* record) {
  constexpr std::string_view kContainerd = "containerd://";
  if (record != nullptr && record->report && record->report->boot_id == node.boot_id) {
    Release booted = record->report->booted;
    if (booted.name.empty()) booted.name = node.os_image.empty() ? "unknown" : node.os_image;
    return booted;
  }
  Release booted{.name = node.os_image.empty() ? "unknown" : node.os_image, .kernel = node.kernel};
  if (node.runtime.starts_with(kContainerd)) booted.containerd = node.runtime.substr(kContainerd.size());
  return booted;
}

bool asks_only_what_a_node_tells(const Release& wanted) {
  return wanted.image_digest.empty() && wanted.manifest_hash.empty() && wanted.selinux.empty() && wanted.fips.empty();
}

json condition(const json& before, const char* type, bool holds, const std::string& reason, const std::string& message,
               std::int64_t generation, Moment now) {
  json one{{"type", type},
           {"status", holds ? "True" : "False"},
           {"reason", reason},
           {"message", message},
           {"observedGeneration", generation},
           {"lastTransitionTime", timestamp_text(now.time_since_epoch().count())}};
  if (const auto known = kube::condition_of(json{{"status", before}}, type); known && known->status == one["status"])
    one["lastTransitionTime"] = known->last_transition;
  return one;
}

}  // namespace

PoolCensus take_census(const NodePool& pool, const Release* wanted, const ClusterView& view) {
  PoolCensus census;
  for (const auto& name : nodes_of(pool, view.cluster())) {
    const Node& node = *view.cluster().find_node(name);
    const NodeRecord* record = view.record(name);
    ++census.nodes;
    if (node.labels.contains(kQuarantined)) ++census.quarantined;
    if (record != nullptr && record->drift && record->drift->findings() > 0) ++census.drifted;
    if (wanted == nullptr) continue;
    const bool told = record != nullptr && record->report && record->report->boot_id == node.boot_id;
    if (!told && !asks_only_what_a_node_tells(*wanted)) {
      ++census.unknown;
      census.to_move.push_back(name);
    } else if (runs(*wanted, booted_by(node, record))) {
      ++census.current;
    } else {
      ++census.outdated;
      census.to_move.push_back(name);
    }
  }
  return census;
}

const ImageRelease* wanted_release_of(const NodePool& pool, const std::vector<ImageRelease>& releases, Moment now,
                                      std::string& why) {
  if (pool.release.empty() && pool.channel.empty()) {
    why = "nothing is wanted: it names neither a release nor a channel";
    return nullptr;
  }
  if (pool.release.empty()) {
    const ImageRelease* newest = newest_of(releases, pool.channel, now);
    if (newest == nullptr) why = fmt::format("channel '{}' has no release that may be used", pool.channel);
    return newest;
  }
  const auto found = std::find_if(releases.begin(), releases.end(),
                                  [&pool](const ImageRelease& one) { return one.release.name == pool.release; });
  if (found == releases.end()) {
    why = fmt::format("there is no ImageRelease '{}'", pool.release);
    return nullptr;
  }
  return &*found;
}

NodeRollout plan_for(const NodePool& pool, const ImageRelease& release, const PoolCensus& census,
                     const ClusterView& view) {
  NodeRollout rollout;
  rollout.name = fmt::format("{}-{}", pool.name, release.release.name);
  rollout.pool = pool.name;
  rollout.image = release.image;
  rollout.gates = pool.gates;
  rollout.windows = pool.windows;
  rollout.back_end = pool.back_end;
  PlanRequest request{.cluster = &view.cluster(),
                      .name = rollout.name,
                      .pool = pool.name,
                      .nodes = nodes_of(pool, view.cluster()),
                      .target = release.release,
                      .strategy = pool.strategy,
                      .batches = pool.batches};
  for (const auto& name : request.nodes)
    request.previous[name] = booted_by(*view.cluster().find_node(name), view.record(name));
  request.only = census.to_move;
  if (pool.mode == PoolMode::Plan) request.batches.approvals = Approvals::EveryBatch;
  rollout.spec = plan_spec(request);
  return rollout;
}

json pool_status_json(std::int64_t generation, const PoolCensus& census, const ImageRelease* release,
                      const std::string& why_no_release, const std::string& rollout, const std::string& invalid,
                      const json& before, Moment now) {
  const bool valid = invalid.empty();
  const bool up_to_date = valid && release != nullptr && census.outdated + census.unknown == 0;
  const std::string state =
      release == nullptr ? why_no_release
                         : fmt::format("{} of {} nodes run '{}'", census.current, census.nodes, release->release.name);
  const std::string reason = !valid               ? "Invalid"
                             : release == nullptr ? "NoRelease"
                             : up_to_date         ? "AllCurrent"
                                                  : "NodesOutdated";
  json conditions = json::array();
  conditions.push_back(condition(before, "Valid", valid, valid ? "Read" : "Invalid", invalid, generation, now));
  conditions.push_back(condition(before, "UpToDate", up_to_date, reason, valid ? state : invalid, generation, now));
  json status{{"observedGeneration", generation}, {"nodes", census.nodes},
              {"current", census.current},        {"outdated", census.outdated},
              {"unknown", census.unknown},        {"quarantined", census.quarantined},
              {"drifted", census.drifted},        {"conditions", std::move(conditions)}};
  if (release != nullptr) status["release"] = release->release.name;
  if (!rollout.empty()) status["rollout"] = rollout;
  return status;
}

}  // namespace keelson::fleet
