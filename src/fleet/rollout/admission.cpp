#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "fleet/rollout/draft.h"

namespace keelson::fleet {

namespace {

/// What of the pool is out of service now, for whatever reason, and which budgets are already being used up.
/// The budgets whose pods would have to leave a node, and how many pods of each.
using Users = std::map<std::string, std::int64_t>;

Users users_on(const Cluster& cluster, const std::string& node) {
  Users users;
  for (const Pod* pod : cluster.pods_at(node)) {
    if (pod->finished || pod->mirror || pod->owner == Owner::DaemonSet || pod->owner == Owner::Node) continue;
    for (const auto& key : pod->budgets) users[key] += pod->deleted ? 0 : 1;
  }
  return users;
}

class Room {
 public:
  explicit Room(const Draft& draft) : draft_(draft), limit_(limit_of(draft)) {
    // Both lists are sorted by name, and there may be thousands of nodes.
    const auto& progresses = draft.status.nodes;
    auto progress = progresses.begin();
    const std::set<std::string_view> pool(draft.spec.pool_nodes.begin(), draft.spec.pool_nodes.end());
    for (const auto& [name, node] : draft.cluster().nodes()) {
      while (progress != progresses.end() && progress->first < name) ++progress;
      const bool known = progress != progresses.end() && progress->first == name;
      const Stage stage = known ? progress->second.stage : Stage::Done;
      if (holds_node(stage)) hold_budgets(name, progress->second.budgets);
      if (!pool.contains(name)) continue;
      ++zone_sizes_[node.zone()];
      if (holds_node(stage) || stage == Stage::Quarantined || !node.ready || node.unschedulable) take(node);
    }
  }

  /// Nothing that is in service may be taken now.
  bool is_full() const { return static_cast<std::int64_t>(away_.size()) >= limit_; }
  bool has_away(const std::string& node) const { return away_.contains(node); }
  std::string why_full() const {
    return fmt::format("{} of at most {} nodes are out of service", away_.size(), limit_);
  }

  /// Why the node can't be taken now, or "".
  std::string why_not(const Node& node, const Users& users) const {
    // One that is ours already (quarantined, and to go back) takes nothing more; one that is away for other reasons
    // must not be one more than may be away.
    const auto found = draft_.status.nodes.find(node.name);
    if (found != draft_.status.nodes.end() && found->second.stage == Stage::Quarantined) return why_budgets(users);
    const bool counted = away_.contains(node.name);
    if (static_cast<std::int64_t>(away_.size()) + (counted ? 0 : 1) > limit_) return why_full();
    const auto zone_limit = draft_.spec.strategy.max_per_zone.of(zone_sizes_.at(node.zone()));
    const auto in_zone = away_in_zone_.find(node.zone());
    if (!counted && in_zone != away_in_zone_.end() && in_zone->second >= zone_limit)
      return fmt::format("{} of at most {} nodes of zone {} are out of service", in_zone->second, zone_limit,
                         node.zone());
    return why_budgets(users);
  }

  void take(const Node& node) {
    if (away_.insert(node.name).second) ++away_in_zone_[node.zone()];
  }
  void hold_budgets(const std::string& node, const std::vector<std::string>& budgets) {
    if (budgets.empty()) return;
    const Users users = users_on(draft_.cluster(), node);
    for (const auto& key : budgets) {
      auto& held = held_[key];
      if (held.first.empty()) held.first = node;
      if (const auto count = users.find(key); count != users.end()) held.second += count->second;
    }
  }

 private:
  static std::int64_t limit_of(const Draft& draft) {
    return draft.spec.strategy.max_unavailable.of(draft.spec.pool_nodes.size());
  }

  /// The first node that a budget's pods leave may always begin. A second one only where the budget allows more than
  /// one pod, and as many as it has there and on those that are still being emptied.
  std::string why_budgets(const Users& users) const {
    for (const auto& [key, count] : users) {
      const auto held = held_.find(key);
      const Budget* budget = held == held_.end() ? nullptr : draft_.cluster().find_budget(key);
      if (budget == nullptr) continue;
      const auto& [holder, pods] = held->second;
      if (budget->observed && budget->allowed > 1 && budget->allowed >= pods + count) continue;
      return fmt::format("node {} is using budget {}", holder, key);
    }
    return {};
  }

  const Draft& draft_;
  const std::int64_t limit_;
  std::set<std::string> away_;
  std::map<std::string, std::int64_t> away_in_zone_;
  std::map<std::string, std::size_t> zone_sizes_;
  std::map<std::string, std::pair<std::string, std::int64_t>> held_;  ///< by budget: a node, and pods on all its nodes
};

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

void begin(Draft& draft, Room& room, const Node& node, NodeProgress& progress, const Users& users) {
  progress.budgets.clear();
  for (const auto& [key, count] : users) progress.budgets.push_back(key);
  room.take(node);
  room.hold_budgets(node.name, progress.budgets);
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
  bool told = false;
  for (const auto& name : names) {
    if (!pending(name) || is_halted(draft)) continue;
    if (room.is_full() && !room.has_away(name)) {
      // The others wait for the same: saying so of each would change thousands of them.
      if (!std::exchange(told, true)) draft.tell(draft.status.nodes.at(name), room.why_full());
      continue;
    }
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
    const Users users = users_on(draft.cluster(), name);
    if (auto why = room.why_not(*node, users); !why.empty()) {
      draft.tell(progress, std::move(why));
      continue;
    }
    begin(draft, room, *node, progress, users);
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
    const Users users = users_on(draft.cluster(), name);
    if (auto why = room.why_not(node, users); !why.empty()) {
      if (!first_waits) first_waits = fmt::format("node {} waits: {}", name, why);
      continue;
    }
    progress.direction = Direction::Back;
    begin(draft, room, node, progress, users);
  }
  return first_waits;
}

}  // namespace keelson::fleet
