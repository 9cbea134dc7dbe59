#include "fleet/rollout/drain.h"

#include <fmt/format.h>

#include <algorithm>

namespace keelson::fleet {

namespace {

bool allows_none_ever(const Budget& budget) {
  return budget.observed && budget.expected != 0 && budget.allowed <= 0 && budget.desired >= budget.expected;
}

/// Pods that stay where they are while a node is emptied. Source: kubectl drain's filters for DaemonSets and mirror
/// pods.
bool stays(const Pod& pod) {
  if (pod.mirror || pod.owner == Owner::Node || pod.finished) return true;
  return pod.owner == Owner::DaemonSet;
}

PodFate fate_of(const Cluster& cluster, const Pod& pod, const Strategy& strategy) {
  const auto blocked = [&pod](Obstacle obstacle) { return PodFate{&pod, PodVerdict::BlockedForEver, obstacle}; };
  if (stays(pod)) return {&pod, PodVerdict::Stays};
  if (pod.deleted) return {&pod, PodVerdict::Leaving};
  if (pod.wait_until_done) return {&pod, PodVerdict::WaitsToFinish};
  if (pod.owner == Owner::None && strategy.unowned == Unowned::Refuse) return blocked(Obstacle::Unowned);
  if (pod.local_data && strategy.local_data == LocalData::Refuse) return blocked(Obstacle::LocalData);
  const auto budgets = cluster.budgets_of(pod);
  if (budgets.size() > 1) return blocked(Obstacle::SeveralBudgets);
  for (const Budget* budget : budgets) {
    if (unprotected(*budget, pod) || (budget->observed && budget->allowed > 0)) continue;
    if (allows_none_ever(*budget)) return blocked(Obstacle::AllowsNoneEver);
    return {&pod, PodVerdict::BlockedNow, Obstacle::AllowsNoneNow};
  }
  return {&pod, PodVerdict::Evictable};
}

bool goes_before(const Pod* a, const Pod* b) {
  return std::tie(a->drain_order, a->space, a->name, a->uid) < std::tie(b->drain_order, b->space, b->name, b->uid);
}

}  // namespace

std::int64_t& Allowances::left(const Budget& budget) {
  return left_.try_emplace(&budget, budget.observed ? budget.allowed : 0).first->second;
}

bool Allowances::take(const Pod& pod) {
  std::vector<std::int64_t*> counts;
  for (const Budget* budget : cluster_->budgets_of(pod)) {
    if (unprotected(*budget, pod)) continue;
    counts.push_back(&left(*budget));
    if (*counts.back() <= 0) return false;
  }
  for (auto* count : counts) --*count;
  return true;
}

bool unprotected(const Budget& budget, const Pod& pod) {
  if (pod.ready) return false;
  return budget.unhealthy == UnhealthyPods::AlwaysAllow ||
         (budget.observed && budget.desired > 0 && budget.healthy >= budget.desired);
}

std::string reason_of(const Cluster& cluster, const PodFate& fate) {
  const auto keys = [&] { return fmt::join(cluster.budget_keys_of(*fate.pod), ", "); };
  switch (fate.obstacle) {
    case Obstacle::None:
      return {};
    case Obstacle::Unowned:
      return "nothing would make it again";
    case Obstacle::LocalData:
      return "its data is on the node";
    case Obstacle::SeveralBudgets:
      return fmt::format("several budgets select it ({}), and the API evicts no such pod", keys());
    case Obstacle::AllowsNoneEver: {
      const Budget& budget = *cluster.budgets_of(*fate.pod).front();
      return fmt::format(
          "budget {} wants {} of {} pods ({}): it allows none unless that changes, or its operator fails over",
          budget.key(), budget.desired, budget.expected, budget.rule);
    }
    case Obstacle::AllowsNoneNow: {
      const Budget& budget = *cluster.budgets_of(*fate.pod).front();
      return fmt::format("budget {} allows none now ({})", budget.key(), budget.rule);
    }
    case Obstacle::AllowsNoMoreNow:
      return fmt::format("budget {} allows no more at once", keys());
  }
  return {};
}

std::vector<PodFate> judge_pods(const Cluster& cluster, const Node& node, const Strategy& strategy,
                                Allowances& allowances) {
  const auto there = cluster.pods_at(node);
  std::vector<const Pod*> pods(there.begin(), there.end());
  std::sort(pods.begin(), pods.end(), goes_before);
  std::vector<PodFate> fates;
  fates.reserve(pods.size());
  std::optional<std::int64_t> under_way;  // the order whose pods are still leaving: higher ones wait
  for (const Pod* pod : pods) {
    PodFate fate = fate_of(cluster, *pod, strategy);
    const bool in_the_way = fate.verdict != PodVerdict::Stays;
    if (in_the_way && under_way && pod->drain_order > *under_way && fate.verdict != PodVerdict::Leaving)
      fate = {pod, PodVerdict::WaitsForOthers};
    if (in_the_way && !under_way) under_way = pod->drain_order;
    if (fate.verdict == PodVerdict::Evictable && !allowances.take(*pod))
      fate = {pod, PodVerdict::BlockedNow, Obstacle::AllowsNoMoreNow};
    fates.push_back(fate);
  }
  return fates;
}

PodFate find_hopeless(const Cluster& cluster, const Node& node, const Strategy& strategy) {
  PodFate first;
  std::int64_t lowest = INT64_MAX;  // order of a pod that stands in the way: those of a higher one are not judged yet
  const auto pods = cluster.pods_at(node);
  for (const Pod* pod : pods) {
    if (!stays(*pod)) lowest = std::min(lowest, pod->drain_order);
  }
  for (const Pod* pod : pods) {
    if (pod->drain_order > lowest) continue;
    const PodFate fate = fate_of(cluster, *pod, strategy);
    if (fate.verdict != PodVerdict::BlockedForEver || cluster.budgets_of(*pod).size() == 1) continue;
    if (first.pod == nullptr || goes_before(pod, first.pod)) first = fate;
  }
  return first;
}

bool is_empty(const std::vector<PodFate>& fates) {
  return std::all_of(fates.begin(), fates.end(), [](const PodFate& fate) { return fate.verdict == PodVerdict::Stays; });
}

std::string why_not_empty(const Cluster& cluster, const std::vector<PodFate>& fates) {
  constexpr std::size_t kNamed = 3;
  std::size_t leaving = 0;
  std::size_t to_finish = 0;
  std::size_t waiting = 0;
  std::size_t held = 0;
  std::vector<std::string> parts;
  for (const auto& fate : fates) {
    if (fate.verdict == PodVerdict::Leaving) ++leaving;
    if (fate.verdict == PodVerdict::WaitsToFinish) ++to_finish;
    if (fate.verdict == PodVerdict::WaitsForOthers || fate.verdict == PodVerdict::Evictable) ++waiting;
    if (fate.verdict == PodVerdict::BlockedNow || fate.verdict == PodVerdict::BlockedForEver) {
      ++held;
      if (held <= kNamed)
        parts.push_back(fmt::format("{}/{}: {}", fate.pod->space, fate.pod->name, reason_of(cluster, fate)));
    }
  }
  if (held > kNamed) parts.push_back(fmt::format("{} more are held", held - kNamed));
  if (to_finish != 0) parts.push_back(fmt::format("{} asked to finish first", to_finish));
  if (waiting != 0) parts.push_back(fmt::format("{} have yet to be asked", waiting));
  if (leaving != 0) parts.push_back(fmt::format("{} on their way out", leaving));
  return fmt::format("{}", fmt::join(parts, "; "));
}

}  // namespace keelson::fleet
