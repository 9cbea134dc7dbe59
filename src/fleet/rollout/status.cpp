#include "fleet/rollout/status.h"

#include <algorithm>
#include <array>

namespace keelson::fleet {

std::string_view stage_name(Stage stage) {
  constexpr std::array<std::string_view, 14> names{"Pending", "Excluding", "Cordoning", "Draining",   "Detaching",
                                                   "Acting",  "Proving",   "Gating",    "Soaking",    "Releasing",
                                                   "Done",    "Backing",   "Skipped",   "Quarantined"};
  return names[static_cast<std::size_t>(stage)];
}

std::string_view phase_name(Phase phase) {
  constexpr std::array<std::string_view, 10> names{
      "Running", "WaitingForApproval", "WaitingForWindow", "Paused",     "Soaking",
      "Halted",  "RollingBack",        "Completed",        "RolledBack", "Aborted"};
  return names[static_cast<std::size_t>(phase)];
}

bool is_settled(Stage stage) { return stage == Stage::Done || stage == Stage::Skipped || stage == Stage::Quarantined; }

bool holds_node(Stage stage) { return stage != Stage::Pending && !is_settled(stage); }

RolloutStatus first_status(const RolloutSpec& spec, Moment now) {
  RolloutStatus status;
  status.since = now;
  for (const auto& batch : spec.batches) {
    for (const auto& node : batch.nodes) status.nodes[node].since = now;
  }
  return status;
}

std::int64_t Limit::of(std::size_t nodes) const {
  if (!percent) return count;
  const auto share = static_cast<std::int64_t>(nodes) * count / 100;
  return count > 0 ? std::max<std::int64_t>(1, share) : 0;
}

}  // namespace keelson::fleet
