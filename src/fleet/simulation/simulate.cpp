#include "fleet/simulation/simulate.h"

#include <algorithm>

#include "fleet/rollout/index.h"

namespace keelson::fleet {

namespace {

bool waits_for_somebody(Phase phase) {
  return phase == Phase::Halted || phase == Phase::Paused || phase == Phase::WaitingForApproval;
}

/// Compares stages, which is cheap: a status holds a stage for each of thousands of nodes.
class Passages {
 public:
  explicit Passages(const RolloutStatus& status) {
    for (const auto& [name, progress] : status.nodes) stages_.push_back(progress.stage);
  }
  void tell(const RolloutStatus& status, Moment now, const std::function<void(const Passage&)>& on_passage) {
    auto before = stages_.begin();
    for (const auto& [name, progress] : status.nodes) {
      if (*before != progress.stage) {
        *before = progress.stage;
        if (on_passage) on_passage({now, name, progress.stage, progress.reason});
      }
      ++before;
    }
  }

 private:
  std::vector<Stage> stages_;
};

}  // namespace

SimulationEnd simulate(const RolloutSpec& spec, World& world, const Weather& weather,
                       const std::function<void(const Passage&)>& on_passage, const SimulationLimits& limits) {
  const Moment start = world.now();
  SimulationEnd end{.status = first_status(spec, start)};
  Passages passages(end.status);
  RolloutIndex index(spec);
  while (!end.status.over() && end.decisions < limits.decisions && world.now() < start + limits.longest) {
    if (weather) weather(world.now(), world.edit_observation());
    Decision decision = decide(index, std::move(end.status), world.observe(), world.now());
    ++end.decisions;
    end.status = std::move(decision.status);
    if (decision.changed) passages.tell(end.status, world.now(), on_passage);
    for (const auto& action : decision.actions) world.carry_out(action);
    if (decision.changed || !decision.actions.empty()) {
      world.pass(world.now() + std::chrono::seconds(1));
      continue;
    }
    std::optional<Moment> next = world.next_event();
    if (decision.wake && (!next || *decision.wake < *next)) next = decision.wake;
    if (!next) break;
    world.pass(std::max(*next, world.now() + std::chrono::seconds(1)));
  }
  end.at = world.now();
  end.finished = end.status.over() || waits_for_somebody(end.status.phase);
  return end;
}

}  // namespace keelson::fleet
