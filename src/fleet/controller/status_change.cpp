#include "fleet/controller/status_change.h"

#include <algorithm>
#include <tuple>

namespace keelson::fleet {

namespace {

auto matter_of(const NodeProgress& progress) {
  return std::tie(progress.stage, progress.direction, progress.since, progress.attempt, progress.cordon_is_ours,
                  progress.failed, progress.changed, progress.to_mark, progress.after, progress.boot_id,
                  progress.budgets, progress.gates_good_since);
}

auto matter_of(const RolloutStatus& status) {
  return std::tie(status.phase, status.since, status.batch, status.batch_done, status.gate_missing_since, status.halts,
                  status.forgiven, status.backing_out, status.aborted);
}

}  // namespace

bool differ_in_words_only(const RolloutStatus& a, const RolloutStatus& b) {
  if (matter_of(a) != matter_of(b)) return false;
  return std::equal(a.nodes.begin(), a.nodes.end(), b.nodes.begin(), b.nodes.end(),
                    [](const auto& x, const auto& y) { return matter_of(x.second) == matter_of(y.second); });
}

}  // namespace keelson::fleet
