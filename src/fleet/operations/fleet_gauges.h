/// Sets the gauges of the fleet from what the leader knows: pools, rollouts, gates, drift.
#pragma once

#include <array>
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "fleet/operations/controller_metrics.h"
#include "fleet/rollout/decide.h"

namespace keelson::fleet {

struct PoolOnShow {
  std::string name;
  std::vector<std::string> nodes;
  std::map<std::string, std::int64_t> drift;  ///< by level: "packages", "files", "units", "kernel"; of all its nodes
};

/// What it points to must live through the call.
struct RolloutOnShow {
  std::string name;
  std::string uid;
  std::string pool;
  std::string release;
  std::optional<Moment> published;  ///< of the release
  const RolloutStatus* status = nullptr;
  std::map<std::string, GateResult> gates;  ///< by the gate's name, as they last said
};

/// A node has left a stage. A node's time in Pending is the plan's and not its own, and is not told.
void note_stage(ControllerMetrics& metrics, Stage left, std::chrono::seconds lasted);

/// Remembers which rollouts it saw under way, so that it sees when the last node is proven. For one thread.
class FleetGauges {
 public:
  /// @param metrics must outlive it.
  explicit FleetGauges(ControllerMetrics& metrics) : metrics_(metrics) {}

  /// All there is: what is not among it is no longer shown.
  void show(const std::vector<PoolOnShow>& pools, const std::vector<RolloutOnShow>& rollouts, Moment now);
  /// When we stop being the leader: the next one shows the fleet, and nothing is shown twice.
  void show_nothing();

 private:
  void show_nodes(const std::vector<PoolOnShow>& pools, const std::vector<RolloutOnShow>& rollouts);
  void show_rollouts(const std::vector<RolloutOnShow>& rollouts);
  void show_drift(const std::vector<PoolOnShow>& pools);
  void note_proven(const RolloutOnShow& rollout, Moment now);

  ControllerMetrics& metrics_;
  std::map<std::string, bool> under_way_;                 // by the rollout's uid: a node was not proven yet
  std::map<std::array<std::string, 2>, double> patched_;  // pool, release
};

}  // namespace keelson::fleet
