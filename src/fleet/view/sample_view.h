/// Rollout resources in any state, for tests of what is shown of them.
#pragma once

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "fleet/resources/node_rollout.h"

namespace keelson::fleet::view::sample {

inline constexpr Moment kNow{std::chrono::seconds(1'795'687'200)};  // 2026-11-26T10:00:00Z

/// `nodes` nodes n001 …: the first as canary, then the others in batches of `size`, the second of which needs approval.
inline NodeRollout rollout(std::size_t nodes, std::size_t size = 2) {
  NodeRollout rollout{.name = "november", .pool = "workers"};
  rollout.spec.name = "november";
  rollout.spec.uid = "uid-november";
  rollout.spec.pool = "workers";
  rollout.spec.target = {.name = "host-2026.11"};
  for (std::size_t i = 1; i <= nodes; ++i) {
    const std::string name = fmt::format("n{:03}", i);
    rollout.spec.pool_nodes.push_back(name);
    rollout.spec.previous[name] = {.name = "host-2026.10"};
    const bool fresh = i <= 2 || rollout.spec.batches.back().nodes.size() == size;
    if (fresh)
      rollout.spec.batches.push_back(
          {.name = i == 1 ? "canary" : fmt::format("zone-a {}", rollout.spec.batches.size())});
    rollout.spec.batches.back().nodes.push_back(name);
  }
  if (rollout.spec.batches.size() > 2) rollout.spec.batches[2].needs_approval = true;
  return rollout;
}

/// As the API server gives it. @param record nothing: no controller has seen it.
inline nlohmann::json resource(const NodeRollout& rollout, const std::optional<RolloutRecord>& record,
                               std::int64_t observed = 3) {
  nlohmann::json object = node_rollout_json(rollout);
  object["metadata"]["uid"] = rollout.spec.uid;
  object["metadata"]["resourceVersion"] = "7";
  object["metadata"]["generation"] = 3;
  object["metadata"]["creationTimestamp"] = "2026-11-26T08:00:00Z";
  if (record) object["status"] = rollout_record_json(*record, observed, nullptr, kNow);
  return object;
}

inline RolloutRecord record(const NodeRollout& rollout) {
  RolloutRecord record;
  record.status = first_status(rollout.spec, kNow - std::chrono::hours(1));
  return record;
}

inline NodeProgress& node(RolloutRecord& record, const std::string& name, Stage stage, std::string reason = {}) {
  NodeProgress& progress = record.status.nodes.at(name);
  progress.stage = stage;
  progress.since = kNow - std::chrono::minutes(4);
  progress.reason = std::move(reason);
  return progress;
}

}  // namespace keelson::fleet::view::sample
