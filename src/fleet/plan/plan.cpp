#include "fleet/plan/plan.h"

#include <fmt/format.h>

#include <future>
#include <map>
#include <set>

#include "base/error.h"
#include "fleet/simulation/world.h"

namespace keelson::fleet {

namespace {

/// Notes when each batch begins and ends, from the ways of its nodes.
class Timeline {
 public:
  explicit Timeline(const RolloutSpec& spec) {
    for (std::size_t i = 0; i < spec.batches.size(); ++i) {
      forecasts_.push_back({spec.batches[i].name, spec.batches[i].nodes.size(), {}, {}});
      for (const auto& node : spec.batches[i].nodes) batch_of_[node] = i;
    }
  }
  void note(const Passage& passage) {
    BatchForecast& batch = forecasts_[batch_of_.at(passage.node)];
    if (!batch.begins && holds_node(passage.stage)) batch.begins = passage.at;
    if (is_settled(passage.stage)) batch.ends = passage.at;
  }
  std::vector<BatchForecast> take() { return std::move(forecasts_); }

 private:
  std::vector<BatchForecast> forecasts_;
  std::map<std::string, std::size_t> batch_of_;
};

Forecast forecast(const PlanRequest& request, const RolloutSpec& spec, World::Pace pace) {
  World world(*request.cluster, spec, request.start, 0);
  world.pace = pace;
  world.durations = request.durations;
  Timeline timeline(spec);
  const auto weather = [&](Moment now, Observation& seen) {
    if (seen.wishes.approved.empty()) {
      for (const auto& batch : spec.batches) seen.wishes.approved.push_back(batch.name);
    }
    if (request.weather) request.weather(now, seen);
  };
  const SimulationEnd end = simulate(spec, world, weather, [&](const Passage& passage) { timeline.note(passage); });
  return {.phase = end.status.phase,
          .reason = end.status.reason,
          .end = end.at,
          .finished = end.finished,
          .batches = timeline.take(),
          .requests = world.requests(),
          .evictions = world.evictions(),
          .decisions = end.decisions};
}

}  // namespace

RolloutSpec plan_spec(const PlanRequest& request) {
  RolloutSpec spec;
  spec.name = request.name;
  spec.uid = request.name;  // until the API server gives it one
  spec.pool = request.pool;
  spec.target = request.target;
  spec.previous = request.previous;
  spec.strategy = request.strategy;
  const std::set<std::string> nodes(request.nodes.begin(), request.nodes.end());
  for (const auto& name : nodes) {
    if (request.cluster->find_node(name) != nullptr) spec.pool_nodes.push_back(name);
  }
  spec.batches = make_batches(*request.cluster, request.only.empty() ? spec.pool_nodes : request.only, request.batches);
  if (spec.batches.empty()) {
    throw Error(ErrorKind::BadInput,
                fmt::format("cannot plan the rollout '{}': pool '{}' has no node", request.name, request.pool));
  }
  return spec;
}

Plan make_plan(const PlanRequest& request) {
  Plan plan;
  plan.spec = plan_spec(request);
  plan.start = request.start;
  plan.findings = find_obstacles(*request.cluster, plan.spec);
  // Each in a world of its own, which it only reads the cluster for.
  auto slow = std::async(std::launch::async, [&] { return forecast(request, plan.spec, World::Pace::Most); });
  plan.usual = forecast(request, plan.spec, World::Pace::Half);
  plan.slow = slow.get();
  return plan;
}

}  // namespace keelson::fleet
