#include <nlohmann/json.hpp>

#include "base/timestamp.h"
#include "fleet/view/render.h"

namespace keelson::fleet::view {

namespace {

using nlohmann::json;

std::string moment_text(Moment moment) { return timestamp_text(moment.time_since_epoch().count()); }

json counts_json(const Counts& counts) {
  return {{"nodes", counts.nodes},  {"pending", counts.pending}, {"underWay", counts.under_way},
          {"done", counts.done},    {"skipped", counts.skipped}, {"quarantined", counts.quarantined},
          {"failed", counts.failed}};
}

json advice_json(const std::vector<Advice>& advice) {
  json list = json::array();
  for (const auto& each : advice) list.push_back({{"command", each.command}, {"why", each.why}});
  return list;
}

json batch_json(const BatchView& batch) {
  using State = BatchView::State;
  const char* state = batch.state == State::Current ? "current" : batch.state == State::Over ? "over" : "waiting";
  return {{"name", batch.name},
          {"state", state},
          {"counts", counts_json(batch.counts)},
          {"needsApproval", batch.needs_approval},
          {"approved", batch.approved}};
}

json node_json(const NodeView& node) {
  json document{{"node", node.node},
                {"stage", stage_name(node.stage)},
                {"direction", node.direction == Direction::Back ? "back" : "forward"},
                {"since", moment_text(node.since)},
                {"reason", node.reason}};
  if (node.deadline) document["deadline"] = moment_text(*node.deadline);
  return document;
}

json trouble_json(const TroubleView& trouble) {
  return {{"node", trouble.node},
          {"stage", stage_name(trouble.stage)},
          {"since", moment_text(trouble.since)},
          {"why", trouble.why},
          {"next", advice_json(trouble.next)}};
}

template <typename Item, typename Write>
json list_json(const std::vector<Item>& items, const Write& write) {
  json list = json::array();
  for (const auto& item : items) list.push_back(write(item));
  return list;
}

json rollout_json(const RolloutView& view) {
  json document{{"name", view.name}, {"pool", view.pool}, {"release", view.release}};
  if (view.created) document["created"] = moment_text(*view.created);
  if (!view.problem.empty()) {
    document["problem"] = view.problem;
    return document;
  }
  if (!view.refused.empty()) document["refused"] = view.refused;
  if (view.phase) {
    document["phase"] = phase_name(*view.phase);
    document["since"] = moment_text(view.since);
    document["reason"] = view.reason;
  }
  document["over"] = view.over;
  document["halted"] = view.halted;
  document["halts"] = view.halts;
  document["unheard"] = view.unheard;
  document["wishes"] = {{"paused", view.wishes.paused},
                        {"aborted", view.wishes.aborted},
                        {"rollBack", view.wishes.roll_back},
                        {"approvedBatches", view.wishes.approved},
                        {"acknowledgedHalts", view.wishes.acknowledged_halts}};
  document["counts"] = counts_json(view.counts);
  document["batches"] = list_json(view.batches, batch_json);
  document["underWay"] = list_json(view.under_way, node_json);
  document["troubles"] = list_json(view.troubles, trouble_json);
  document["conditions"] = list_json(view.conditions, [](const ConditionView& condition) {
    return json{{"type", condition.type},
                {"holds", condition.holds},
                {"reason", condition.reason},
                {"message", condition.message}};
  });
  document["next"] = advice_json(view.next);
  return document;
}

json pool_json(const PoolView& pool) {
  json document{{"name", pool.name}};
  if (!pool.problem.empty()) {
    document["problem"] = pool.problem;
    return document;
  }
  document["mode"] = pool.mode;
  document["wants"] = pool.wants;
  document["rollout"] = pool.rollout;
  if (!pool.release.empty()) document["release"] = pool.release;
  if (pool.counts) {
    document["counts"] = {{"nodes", pool.counts->nodes},       {"current", pool.counts->current},
                          {"outdated", pool.counts->outdated}, {"unknown", pool.counts->unknown},
                          {"drifted", pool.counts->drifted},   {"quarantined", pool.counts->quarantined}};
  }
  return document;
}

}  // namespace

json fleet_json(const FleetView& view, Moment now) {
  json document{{"schema", "keelson-rollout-status/1"},
                {"at", moment_text(now)},
                {"pools", list_json(view.pools, pool_json)},
                {"rollouts", list_json(view.rollouts, rollout_json)}};
  if (!view.pools_note.empty()) document["poolsNote"] = view.pools_note;
  return document;
}

}  // namespace keelson::fleet::view
