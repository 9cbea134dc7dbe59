#include "fleet/operations/fleet_gauges.h"

#include <algorithm>
#include <array>
#include <set>

namespace keelson::fleet {

namespace {

constexpr std::array kPhases{
    Phase::Running, Phase::WaitingForApproval, Phase::WaitingForWindow, Phase::Paused,     Phase::Soaking,
    Phase::Halted,  Phase::RollingBack,        Phase::Completed,        Phase::RolledBack, Phase::Aborted};

double value_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::Good:
      return 1;
    case Verdict::Bad:
      return 0;
    case Verdict::Missing:
      break;
  }
  return -1;
}

// It runs what the rollout gives it, as far as its own reports tell.
bool is_proven(const NodeProgress& node) {
  if (node.direction != Direction::Forward) return false;
  return node.stage == Stage::Gating || node.stage == Stage::Soaking || node.stage == Stage::Releasing ||
         node.stage == Stage::Done;
}

}  // namespace

void note_stage(ControllerMetrics& metrics, Stage left, std::chrono::seconds lasted) {
  if (left == Stage::Pending || is_settled(left)) return;
  metrics.node_stage_seconds.observe(static_cast<double>(lasted.count()), stage_name(left));
}

void FleetGauges::show(const std::vector<PoolOnShow>& pools, const std::vector<RolloutOnShow>& rollouts, Moment now) {
  show_nodes(pools, rollouts);
  show_rollouts(rollouts);
  show_drift(pools);

  std::set<std::string> there;
  std::set<std::array<std::string, 2>> moves;
  for (const auto& rollout : rollouts) {
    there.insert(rollout.uid);
    moves.insert({rollout.pool, rollout.release});
    note_proven(rollout, now);
  }
  std::erase_if(under_way_, [&](const auto& one) { return !there.contains(one.first); });
  std::erase_if(patched_, [&](const auto& one) { return !moves.contains(one.first); });
  metrics_.time_to_patch.replace(patched_);
}

void FleetGauges::show_nothing() {
  metrics_.nodes.replace({});
  metrics_.rollout_phase.replace({});
  metrics_.rollout_nodes.replace({});
  metrics_.gate_verdict.replace({});
  metrics_.drift_findings.replace({});
  metrics_.time_to_patch.replace({});
  under_way_.clear();
  patched_.clear();
}

void FleetGauges::show_nodes(const std::vector<PoolOnShow>& pools, const std::vector<RolloutOnShow>& rollouts) {
  std::map<std::string, std::string_view> stages;  // of nodes in rollouts that are not over
  for (const auto& rollout : rollouts) {
    if (rollout.status->over()) continue;
    for (const auto& [name, progress] : rollout.status->nodes) stages[name] = stage_name(progress.stage);
  }
  Gauges<2>::Values values;
  for (const auto& pool : pools) {
    values[{pool.name, "Idle"}];  // an empty pool is told, too
    for (const auto& node : pool.nodes) {
      const auto stage = stages.find(node);
      ++values[{pool.name, stage == stages.end() ? "Idle" : std::string(stage->second)}];
    }
  }
  metrics_.nodes.replace(values);
}

void FleetGauges::show_rollouts(const std::vector<RolloutOnShow>& rollouts) {
  Gauges<2>::Values phases;
  Gauges<2>::Values nodes;
  Gauges<2>::Values gates;
  for (const auto& rollout : rollouts) {
    for (const auto phase : kPhases) {
      phases[{rollout.name, std::string(phase_name(phase))}] = rollout.status->phase == phase ? 1 : 0;
    }
    for (const auto& [name, progress] : rollout.status->nodes) {
      ++nodes[{rollout.name, std::string(stage_name(progress.stage))}];
    }
    for (const auto& [gate, result] : rollout.gates) gates[{rollout.name, gate}] = value_of(result.verdict);
  }
  metrics_.rollout_phase.replace(phases);
  metrics_.rollout_nodes.replace(nodes);
  metrics_.gate_verdict.replace(gates);
}

void FleetGauges::show_drift(const std::vector<PoolOnShow>& pools) {
  Gauges<2>::Values values;
  for (const auto& pool : pools) {
    for (const auto& [level, findings] : pool.drift) values[{pool.name, level}] = static_cast<double>(findings);
  }
  metrics_.drift_findings.replace(values);
}

void FleetGauges::note_proven(const RolloutOnShow& rollout, Moment now) {
  const auto& nodes = rollout.status->nodes;
  const bool proven =
      !nodes.empty() && std::ranges::all_of(nodes, [](const auto& one) { return is_proven(one.second); });
  bool& was_under_way = under_way_[rollout.uid];
  // One that was proven before we first looked: when, nobody can tell any more.
  if (proven && was_under_way && rollout.published && now >= *rollout.published) {
    patched_[{rollout.pool, rollout.release}] = std::chrono::duration<double>(now - *rollout.published).count();
  }
  was_under_way = !proven;
}

}  // namespace keelson::fleet
