#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "fleet/rollout/draft.h"

namespace keelson::fleet {

namespace {

/// What of the pool is out of service now, for whatever reason, and which budgets are already being used up.
class Room {
 public:
  explicit Room(const Draft& draft) : draft_(draft) {
    for (const auto& name : draft.spec.pool_nodes) {
      const Node* node = draft.cluster().find_node(name);
      if (node == nullptr) continue;
      ++zone_sizes_[node->zone()];
      if (is_away(name, *node)) take(*node);
    }
    for (const auto& [name, progress] : draft.status.nodes) {
      if (holds_node(progress.stage)) hold_budgets(name, progress.budgets);
    }
  }

  /// Why the node can't be taken now, or "".
  std::string why_not(const Node& node, const std::vector<std::string>& budgets) const {
    const auto& strategy = draft_.spec.strategy;
    // One that is ours already (quarantined, and to go back) takes nothing more; one that is away for other reasons must
    // not be one more than may be away.
    const auto found = draft_.status.nodes.find(node.name);
    if (found != draft_.status.nodes.end() && found->second.stage == Stage::Quarantined) return why_budgets(node, budgets);
    const bool counted = away_.contains(node.name);
    const auto limit = strategy.max_unavailable.of(draft_.spec.pool_nodes.size());
    if (static_cast<std::int64_t>(away_.size()) + (counted ? 0 : 1) > limit)
      return fmt::format("{} of at most {} nodes are out of service", away_.size(), limit);
    const auto zone_limit = strategy.max_per_zone.of(zone_sizes_.at(node.zone()));
    const auto in_zone = away_in_zone_.find(node.zone());
    if (!counted && in_zone != away_in_zone_.end() && in_zone->second >= zone_limit)
      return fmt::format("{} of at most {} nodes of zone {} are out of service", in_zone->second, zone_limit, node.zone());
    return why_budgets(node, budgets);
  }

  void take(const Node& node) {
    if (away_.insert(node.name).second) ++away_in_zone_[node.zone()];
  }
  void hold_budgets(const std::string& node, const std::vector<std::string>& budgets) {
    for (const auto& key : budgets) holders_[key].push_back(node);
  }

 private:
  bool is_away(const std::string& name, const Node& node) const {
    const auto found = draft_.status.nodes.find(name);
    if (found != draft_.status.nodes.end() &&
        (holds_node(found->second.stage) || found->second.stage == Stage::Quarantined)) {
      return true;
    }
    return !node.ready || node.unschedulable;
  }

  std::string why_budgets(const Node& node, const std::vector<std::string>& budgets) const {
    for (const auto& key : budgets) {
      if (auto why = why_budget_says_no(key, node.name); !why.empty()) return why;
    }
    return {};
  }

  /// The first node that a budget's pods leave may always begin. A second one only where the budget allows more than one
  /// pod, and as many as it has there and on those that are still being emptied.
  std::string why_budget_says_no(const std::string& key, const std::string& node) const {
    const auto held = holders_.find(key);
    if (held == holders_.end()) return {};
    const Budget* budget = draft_.cluster().find_budget(key);
    if (budget == nullptr) return {};
    std::int64_t needed = 0;
    for (const auto& uid : draft_.cluster().pods_of(key)) {
      const Pod& pod = *draft_.cluster().find_pod(uid);
      if (pod.finished || pod.deleted) continue;
      needed += pod.node == node || std::find(held->second.begin(), held->second.end(), pod.node) != held->second.end();
    }
    if (budget->observed && budget->allowed > 1 && budget->allowed >= needed) return {};
    return fmt::format("node {} is using budget {}", held->second.front(), key);
  }

  const Draft& draft_;
  std::set<std::string> away_;
  std::map<std::string, std::int64_t> away_in_zone_;
  std::map<std::string, std::size_t> zone_sizes_;
  std::map<std::string, std::vector<std::string>> holders_;
};

/// The budgets whose pods would have to leave the node.
std::vector<std::string> budgets_on(const Draft& draft, const std::string& name) {
  std::set<std::string> keys;
  for (const auto& uid : draft.cluster().pods_on(name)) {
    const Pod& pod = *draft.cluster().find_pod(uid);
    if (pod.finished || pod.mirror || pod.owner == Owner::DaemonSet || pod.owner == Owner::Node) continue;
    keys.insert(pod.budgets.begin(), pod.budgets.end());
  }
  return {keys.begin(), keys.end()};
}

/// Why emptying it can't end well whatever time passes; budgets don't count, for an operator may fail over.
std::string why_hopeless(const Draft& draft, const std::string& name) {
  Allowances none(draft.cluster());
  for (const auto& fate : judge_pods(draft.cluster(), name, draft.spec.strategy, none)) {
    if (fate.verdict != PodVerdict::BlockedForEver) continue;
    const Pod& pod = *draft.cluster().find_pod(fate.uid);
    if (pod.budgets.size() == 1) continue;
    return fmt::format("pod {}/{} can't leave: {}", pod.space, pod.name, fate.reason);
  }
  return {};
}

void begin(Draft& draft, Room& room, const Node& node, NodeProgress& progress, std::vector<std::string> budgets) {
  room.take(node);
  room.hold_budgets(node.name, budgets);
  progress.budgets = std::move(budgets);
  progress.gates_good_since.reset();
  draft.enter(progress, Stage::Excluding);
  advance_node(draft, node.name, progress);
}

bool refuse(Draft& draft, NodeProgress& progress, const std::string& why) {
  mark_failed(progress, why);
  draft.enter(progress, Stage::Skipped, why);
  return false;
}

/// Nodes that can't begin at all are told apart from those that only wait.
bool can_be_taken(Draft& draft, const std::string& name, const Node& node, NodeProgress& progress) {
  if (node.labels.contains(kQuarantined)) {
    return refuse(draft, progress, "it was quarantined before: look at it, then remove its label");
  }
  if (!node.ready) {
    constexpr std::string_view kAway = "it is not ready";
    if (progress.reason != kAway) draft.enter(progress, Stage::Pending, std::string(kAway));
    draft.wake_at(progress.since + draft.spec.strategy.prove_time);
    if (draft.now < progress.since + draft.spec.strategy.prove_time) return false;
    return refuse(draft, progress, "it was not ready when its turn came");
  }
  if (const auto why = why_hopeless(draft, name); !why.empty()) return refuse(draft, progress, why);
  return true;
}

}  // namespace

void admit_nodes(Draft& draft) {
  const auto& names = draft.spec.batches[draft.status.batch].nodes;
  const auto pending = [&draft](const std::string& name) {
    return draft.status.nodes.at(name).stage == Stage::Pending;
  };
  if (std::none_of(names.begin(), names.end(), pending)) return;
  Room room(draft);
  for (const auto& name : names) {
    if (!pending(name) || is_halted(draft)) continue;
    NodeProgress& progress = draft.status.nodes.at(name);
    const Node* node = draft.cluster().find_node(name);
    if (node == nullptr) {
      advance_node(draft, name, progress);
      if (!is_settled(progress.stage)) draft.enter(progress, Stage::Skipped, "it left the cluster");
      continue;
    }
    if (!can_be_taken(draft, name, *node, progress)) {
      if (failures(draft.status) - draft.status.forgiven > draft.spec.strategy.max_failures) return;
      continue;
    }
    auto budgets = budgets_on(draft, name);
    if (auto why = room.why_not(*node, budgets); !why.empty()) {
      draft.tell(progress, std::move(why));
      continue;
    }
    begin(draft, room, *node, progress, std::move(budgets));
  }
}

std::optional<std::string> admit_rollbacks(Draft& draft) {
  std::vector<std::string> names;
  for (const auto& [name, progress] : draft.status.nodes) {
    const bool over = progress.stage == Stage::Done || progress.stage == Stage::Quarantined;
    if (!progress.changed || progress.direction == Direction::Back || !over) continue;
    if (wanted_release(draft.spec, name, Direction::Back) == nullptr) {
      constexpr std::string_view kUnknown = "nothing is known of its release before: it stays as it is";
      mark_failed(draft.status.nodes.at(name), kUnknown);
      draft.tell(draft.status.nodes.at(name), std::string(kUnknown));
      continue;
    }
    if (draft.cluster().find_node(name) != nullptr) names.push_back(name);
  }
  std::optional<std::string> first_waits;
  Room room(draft);
  for (const auto& name : names) {
    NodeProgress& progress = draft.status.nodes.at(name);
    const Node& node = *draft.cluster().find_node(name);
    auto budgets = budgets_on(draft, name);
    if (auto why = room.why_not(node, budgets); !why.empty()) {
      if (!first_waits) first_waits = fmt::format("node {} waits: {}", name, why);
      continue;
    }
    progress.direction = Direction::Back;
    begin(draft, room, node, progress, std::move(budgets));
  }
  return first_waits;
}

}  // namespace keelson::fleet
