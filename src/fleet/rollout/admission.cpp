#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "fleet/rollout/draft.h"

namespace keelson::fleet {

namespace {

/// What of the pool is out of service now, for whatever reason, and which budgets are already being used up.
class Room {
 public:
  explicit Room(const Draft& draft)
      : draft_(draft),
        limit_(draft.spec.strategy.max_unavailable.of(draft.spec.pool_nodes.size())),
        away_(draft.index.views().size()),
        away_in_zone_(draft.index.zone_count()),
        held_(draft.index.budget_count()) {
    for (auto& view : draft.index.views()) {
      if (view.node == nullptr) {
        // Its machine is being replaced: it is away because of us.
        const bool held = view.progress != nullptr && holds_node(view.progress->stage);
        if (held && !draft.seen.successors.contains(view.name)) ++away_count_;
        continue;
      }
      const Stage stage = view.progress == nullptr ? Stage::Done : view.progress->stage;
      if (holds_node(stage)) hold_budgets(view);
      if (!view.in_pool) continue;
      if (holds_node(stage) || stage == Stage::Quarantined || !view.serves) take(view);
    }
  }

  /// Nothing that is in service may be taken now.
  bool is_full() const { return away_count_ >= limit_; }
  bool has_away(const NodeView& view) const { return away_[number_of(view)]; }
  std::string why_full() const { return fmt::format("{} of at most {} nodes are out of service", away_count_, limit_); }

  /// Why the node can't be taken now, or "".
  std::string why_not(NodeView& view) const {
    // One that is ours already (quarantined, and to go back) takes nothing more; one that is away for other reasons
    // must not be one more than may be away.
    if (view.progress->stage == Stage::Quarantined) return why_budgets(view);
    const bool counted = has_away(view);
    if (away_count_ + (counted ? 0 : 1) > limit_) return why_full();
    const auto zone_limit = draft_.spec.strategy.max_per_zone.of(draft_.index.zone_size(view.zone));
    const auto in_zone = away_in_zone_[view.zone];
    if (!counted && in_zone != 0 && in_zone >= zone_limit)
      return fmt::format("{} of at most {} nodes of zone {} are out of service", in_zone, zone_limit,
                         view.node->zone());
    return why_budgets(view);
  }

  void take(const NodeView& view) {
    if (has_away(view)) return;
    away_[number_of(view)] = true;
    ++away_count_;
    ++away_in_zone_[view.zone];
  }
  void hold_budgets(NodeView& view) {
    const auto& uses = draft_.index.uses(view);
    auto use = uses.begin();
    for (const auto budget : draft_.index.held(view)) {
      Held& held = held_[budget];
      if (held.holder == nullptr) held.holder = &view;
      // Both are sorted as a rule; a status from elsewhere may not be.
      if (use == uses.end() || use->budget > budget) use = uses.begin();
      while (use != uses.end() && use->budget < budget) ++use;
      if (use != uses.end() && use->budget == budget) held.pods += use->pods;
    }
  }

 private:
  struct Held {
    const NodeView* holder = nullptr;  ///< one of the nodes
    std::int64_t pods = 0;             ///< on all of them
  };

  std::size_t number_of(const NodeView& view) const {
    return static_cast<std::size_t>(&view - draft_.index.views().data());
  }

  /// The first node that a budget's pods leave may always begin. A second one only where the budget allows more than
  /// one pod, and as many as it has there and on those that are still being emptied.
  std::string why_budgets(NodeView& view) const {
    for (const auto& [number, pods] : draft_.index.uses(view)) {
      const Held& held = held_[number];
      if (held.holder == nullptr) continue;
      const Budget& budget = draft_.index.budget(number);
      if (budget.observed && budget.allowed > 1 && budget.allowed >= held.pods + pods) continue;
      return fmt::format("node {} is using budget {}", held.holder->name, draft_.index.budget_key(number));
    }
    return {};
  }

  const Draft& draft_;
  const std::int64_t limit_;
  std::vector<bool> away_;  ///< by view
  std::int64_t away_count_ = 0;
  std::vector<std::int64_t> away_in_zone_;
  std::vector<Held> held_;  ///< by budget
};

void begin(Draft& draft, Room& room, NodeView& view) {
  NodeProgress& progress = *view.progress;
  progress.budgets.clear();
  for (const auto& use : draft.index.uses(view)) progress.budgets.push_back(draft.index.budget_key(use.budget));
  room.take(view);
  room.hold_budgets(view);
  progress.gates_good_since.reset();
  draft.enter(progress, Stage::Excluding);
  advance_node(draft, view);
}

bool refuse(Draft& draft, NodeProgress& progress, const std::string& why) {
  draft.mark_failed(progress, why);
  draft.enter(progress, Stage::Skipped, why);
  return false;
}

/// Nodes that can't begin at all are told apart from those that only wait.
bool can_be_taken(Draft& draft, NodeView& view) {
  NodeProgress& progress = *view.progress;
  if (view.node->labels.contains(kQuarantined)) {
    return refuse(draft, progress, "it was quarantined before: look at it, then remove its label");
  }
  if (!view.node->ready) {
    constexpr std::string_view kAway = "it is not ready";
    if (progress.reason != kAway) draft.enter(progress, Stage::Pending, std::string(kAway));
    draft.wake_at(progress.since + draft.spec.strategy.prove_time);
    if (draft.now < progress.since + draft.spec.strategy.prove_time) return false;
    return refuse(draft, progress, "it was not ready when its turn came");
  }
  if (const auto& why = draft.index.hopeless(view); !why.empty()) return refuse(draft, progress, why);
  return true;
}

}  // namespace

void admit_nodes(Draft& draft) {
  auto& views = draft.index.views();
  const auto& nodes = draft.index.batch(draft.status.batch);
  const auto pending = [&views](std::size_t node) { return views[node].progress->stage == Stage::Pending; };
  if (std::none_of(nodes.begin(), nodes.end(), pending)) return;
  Room room(draft);
  bool told = false;
  for (const std::size_t number : nodes) {
    NodeView& view = views[number];
    NodeProgress& progress = *view.progress;
    if (!pending(number) || is_halted(draft)) continue;
    if (room.is_full() && (view.node == nullptr || !room.has_away(view))) {
      // The others wait for the same: saying so of each would change thousands of them.
      if (!std::exchange(told, true)) draft.tell(progress, room.why_full());
      continue;
    }
    if (view.node == nullptr) {
      advance_node(draft, view);
      if (!is_settled(progress.stage)) draft.enter(progress, Stage::Skipped, "it left the cluster");
      continue;
    }
    if (!can_be_taken(draft, view)) {
      if (draft.tally.failed - draft.status.forgiven > draft.spec.strategy.max_failures) return;
      continue;
    }
    if (auto why = room.why_not(view); !why.empty()) {
      draft.tell(progress, std::move(why));
      continue;
    }
    begin(draft, room, view);
  }
}

std::optional<std::string> admit_rollbacks(Draft& draft) {
  std::vector<NodeView*> nodes;
  for (auto& view : draft.index.views()) {
    if (view.progress == nullptr) continue;
    NodeProgress& progress = *view.progress;
    const bool over = progress.stage == Stage::Done || progress.stage == Stage::Quarantined;
    if (!progress.changed || progress.direction == Direction::Back || !over) continue;
    if (wanted_release(draft.spec, view.name, Direction::Back) == nullptr) {
      constexpr std::string_view kUnknown = "nothing is known of its release before: it stays as it is";
      draft.mark_failed(progress, kUnknown);
      draft.tell(progress, std::string(kUnknown));
      continue;
    }
    if (view.node != nullptr) {
      nodes.push_back(&view);
    } else if (draft.seen.successors.contains(view.name)) {
      constexpr std::string_view kReplaced = "its machine was replaced: a rollout of the release before moves it back";
      draft.mark_failed(progress, kReplaced);
      draft.tell(progress, std::string(kReplaced));
    }
  }
  std::optional<std::string> first_waits;
  Room room(draft);
  for (NodeView* view : nodes) {
    if (auto why = draft.seen.forbidden.empty() ? room.why_not(*view) : draft.seen.forbidden; !why.empty()) {
      if (!first_waits) first_waits = fmt::format("node {} waits: {}", view->name, why);
      continue;
    }
    draft.alter(*view->progress, [&] { view->progress->direction = Direction::Back; });
    begin(draft, room, *view);
  }
  return first_waits;
}

}  // namespace keelson::fleet
