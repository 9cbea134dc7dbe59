#include "fleet/view/advice.h"

#include <fmt/format.h>

#include <algorithm>

#include "fleet/rollout/decide.h"
#include "fleet/view/text.h"

namespace keelson::fleet::view {

namespace {

std::string order(std::string_view verb, const RolloutView& view) {
  return fmt::format("keelson fleet rollout {} {}", verb, shell_word(view.name));
}

/// The batch whose approval it waits for.
const BatchView* waiting_batch(const RolloutView& view) {
  const auto found = std::find_if(view.batches.begin(), view.batches.end(), [](const BatchView& batch) {
    return batch.state == BatchView::State::Current && batch.needs_approval && !batch.approved;
  });
  return found == view.batches.end() ? nullptr : &*found;
}

/// A running rollout would mark it again: it is given back once that is over.
std::vector<Advice> release_by_hand(const std::string& node) {
  return {{fmt::format("kubectl label node {} {}-", node, kQuarantined), "when it is well: out of quarantine"},
          {fmt::format("kubectl taint node {} {}-", node, kUnproven), "and pods may come, where it has that taint"},
          {fmt::format("kubectl uncordon {}", node), "and it is in service again"}};
}

}  // namespace

std::vector<Advice> advice_for_rollout(const RolloutView& view) {
  std::vector<Advice> next;
  if (view.over || !view.phase) return next;
  if (view.halted && !view.backing_out) {
    next.push_back({order("acknowledge", view), "goes on; what failed so far no longer counts"});
    if (!view.wishes.roll_back) next.push_back({order("rollback", view), "takes changed nodes back to what they ran"});
    next.push_back({order("abort", view), "ends it; changed nodes stay as they are"});
  }
  if (view.phase == Phase::WaitingForApproval) {
    if (const BatchView* batch = waiting_batch(view))
      next.push_back({order("approve", view) + " " + shell_word(batch->name), "lets that batch begin"});
  }
  if (view.phase == Phase::Paused) next.push_back({order("resume", view), "goes on"});
  return next;
}

std::vector<Advice> advice_for_node(const RolloutView& view, const RolloutSpec& spec, const std::string& name,
                                    const NodeProgress& progress) {
  const std::string node = shell_word(line_of(name));
  std::vector<Advice> next{{fmt::format("kubectl describe node {}", node), "what is wrong with it"}};
  if (progress.stage != Stage::Quarantined) return next;
  if (view.over) {
    auto by_hand = release_by_hand(node);
    next.insert(next.end(), by_hand.begin(), by_hand.end());
    return next;
  }
  const bool can_go_back = progress.changed && progress.direction == Direction::Forward && spec.previous.contains(name);
  if (can_go_back && !view.wishes.roll_back && !view.backing_out)
    next.push_back({order("rollback", view), "takes it, and all others that were changed, back to what they ran"});
  return next;
}

}  // namespace keelson::fleet::view
