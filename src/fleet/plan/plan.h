/// What a rollout would do, before it does anything: order, obstacles, room, and how long it takes. Made by running the
/// controller's own state machine over a recorded cluster; the same input gives the same plan, byte for byte.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "fleet/plan/batches.h"
#include "fleet/rollout/spec.h"
#include "fleet/simulation/simulate.h"

namespace keelson::fleet {

struct PlanRequest {
  const Cluster* cluster = nullptr;
  std::string name;  ///< of the rollout
  std::string pool;
  std::vector<std::string> nodes;   ///< of the pool: its limits are shares of them
  std::vector<std::string> only{};  ///< those to move; none: all
  Release target;
  std::map<std::string, Release> previous;
  Strategy strategy;
  BatchOptions batches;
  Durations durations;
  Moment start{};
  /// Windows; approvals are taken as given at once. Asked by two threads at the same time.
  Weather weather;
};

enum class Severity {
  Blocks,  ///< the rollout can't end well like this
  Warns,
  Notes,
};

struct PlanFinding {
  Severity severity = Severity::Notes;
  std::string subject;  ///< "budget shop/web", "pod shop/web-0", "node n1"
  std::string text;
  std::vector<std::string> nodes;  ///< that it concerns, sorted
  bool operator==(const PlanFinding&) const = default;
};

struct BatchForecast {
  std::string name;
  std::size_t nodes = 0;
  std::optional<Moment> begins;
  std::optional<Moment> ends;
};

struct Forecast {
  Phase phase = Phase::Running;
  std::string reason;
  Moment end{};
  bool finished = false;
  std::vector<BatchForecast> batches;
  std::uint64_t requests = 0;
  std::uint64_t evictions = 0;
  std::size_t decisions = 0;
};

struct Plan {
  RolloutSpec spec;
  Moment start{};
  std::vector<PlanFinding> findings;  ///< the worst first
  Forecast usual;                     ///< when every step takes as long as half of them do
  Forecast slow;                      ///< as long as nine of ten take at most

  bool blocked() const { return !findings.empty() && findings.front().severity == Severity::Blocks; }
};

/// What is to be done, without looking what would become of it. @throws Error(BadInput) when no node is left to move.
RolloutSpec plan_spec(const PlanRequest& request);
/// @throws as plan_spec().
Plan make_plan(const PlanRequest& request);

std::vector<PlanFinding> find_obstacles(const Cluster& cluster, const RolloutSpec& spec);

/// What has changed since a plan was made, so that it no longer fits; empty when it does.
std::vector<std::string> why_no_longer_fits(const RolloutSpec& spec, const Cluster& cluster,
                                            const std::vector<std::string>& pool_nodes);

nlohmann::json plan_json(const Plan& plan);
std::string render_plan(const Plan& plan, bool colour);

}  // namespace keelson::fleet
