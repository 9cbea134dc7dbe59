/// Runs a rollout in a simulated world to its end, as the controller would drive it.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "fleet/rollout/decide.h"
#include "fleet/simulation/world.h"

namespace keelson::fleet {

/// A node's way into a stage, as it happened.
struct Passage {
  Moment at{};
  std::string node;
  Stage stage{};
  std::string reason;
};

struct SimulationLimits {
  std::chrono::seconds longest{60LL * 24 * 3600};  ///< of simulated time
  std::size_t decisions = 2'000'000;
};

struct SimulationEnd {
  RolloutStatus status;
  Moment at{};
  std::size_t decisions = 0;
  bool finished = false;  ///< it is over, or waits for somebody
};

/// The window, wishes and the rollout's gate at a moment; by default open, none, good.
using Weather = std::function<void(Moment, Observation&)>;

SimulationEnd simulate(const RolloutSpec& spec, World& world, const Weather& weather,
                       const std::function<void(const Passage&)>& on_passage, const SimulationLimits& limits = {});

}  // namespace keelson::fleet
