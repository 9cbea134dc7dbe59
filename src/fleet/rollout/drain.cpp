#include "fleet/rollout/drain.h"

#include <fmt/format.h>

#include <algorithm>

namespace keelson::fleet {

namespace {

/// Pods that stay where they are while a node is emptied. Source: kubectl drain's filters for DaemonSets and mirror
/// pods.
bool stays(const Pod& pod) {
  if (pod.mirror || pod.owner == Owner::Node || pod.finished) return true;
  return pod.owner == Owner::DaemonSet;
}

PodFate fate_of(const Cluster& cluster, const Pod& pod, const Strategy& strategy) {
  if (stays(pod)) return {pod.uid, PodVerdict::Stays, {}};
  if (pod.deleted) return {pod.uid, PodVerdict::Leaving, {}};
  if (pod.wait_until_done) return {pod.uid, PodVerdict::WaitsToFinish, {}};
  if (pod.owner == Owner::None && strategy.unowned == Unowned::Refuse)
    return {pod.uid, PodVerdict::BlockedForEver, "nothing would make it again"};
  if (pod.local_data && strategy.local_data == LocalData::Refuse)
    return {pod.uid, PodVerdict::BlockedForEver, "its data is on the node"};
  if (pod.budgets.size() > 1) {
    return {
        pod.uid, PodVerdict::BlockedForEver,
        fmt::format("several budgets select it ({}), and the API evicts no such pod", fmt::join(pod.budgets, ", "))};
  }
  for (const Budget* budget : cluster.budgets_of(pod)) {
    if (unprotected(*budget, pod) || (budget->observed && budget->allowed > 0)) continue;
    std::string never = why_never(*budget);
    if (!never.empty()) return {pod.uid, PodVerdict::BlockedForEver, std::move(never)};
    return {pod.uid, PodVerdict::BlockedNow,
            fmt::format("budget {} allows none now ({})", budget->key(), budget->rule)};
  }
  return {pod.uid, PodVerdict::Evictable, {}};
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

std::string why_never(const Budget& budget) {
  if (!budget.observed || budget.expected == 0 || budget.allowed > 0 || budget.desired < budget.expected) return {};
  return fmt::format(
      "budget {} wants {} of {} pods ({}): it allows none unless that changes, or its operator fails over",
      budget.key(), budget.desired, budget.expected, budget.rule);
}

std::vector<PodFate> judge_pods(const Cluster& cluster, std::string_view node, const Strategy& strategy,
                                Allowances& allowances) {
  const auto there = cluster.pods_at(node);
  std::vector<const Pod*> pods(there.begin(), there.end());
  std::sort(pods.begin(), pods.end(), [](const Pod* a, const Pod* b) {
    return std::tie(a->drain_order, a->space, a->name, a->uid) < std::tie(b->drain_order, b->space, b->name, b->uid);
  });
  std::vector<PodFate> fates;
  fates.reserve(pods.size());
  std::optional<std::int64_t> under_way;  // the order whose pods are still leaving: higher ones wait
  for (const Pod* pod : pods) {
    PodFate fate = fate_of(cluster, *pod, strategy);
    const bool in_the_way = fate.verdict != PodVerdict::Stays;
    if (in_the_way && under_way && pod->drain_order > *under_way && fate.verdict != PodVerdict::Leaving)
      fate = {pod->uid, PodVerdict::WaitsForOthers, {}};
    if (in_the_way && !under_way) under_way = pod->drain_order;
    if (fate.verdict == PodVerdict::Evictable && !allowances.take(*pod)) {
      fate.verdict = PodVerdict::BlockedNow;
      fate.reason = fmt::format("budget {} allows no more at once", fmt::join(pod->budgets, ", "));
    }
    fates.push_back(std::move(fate));
  }
  return fates;
}

bool is_empty(const std::vector<PodFate>& fates) {
  return std::all_of(fates.begin(), fates.end(), [](const PodFate& fate) { return fate.verdict == PodVerdict::Stays; });
}

std::string why_not_empty(const Cluster& cluster, const std::vector<PodFate>& fates) {
  constexpr std::size_t kNamed = 3;
  std::size_t leaving = 0;
  std::size_t to_finish = 0;
  std::size_t waiting = 0;
  std::vector<std::string> blocked;
  for (const auto& fate : fates) {
    if (fate.verdict == PodVerdict::Leaving) ++leaving;
    if (fate.verdict == PodVerdict::WaitsToFinish) ++to_finish;
    if (fate.verdict == PodVerdict::WaitsForOthers || fate.verdict == PodVerdict::Evictable) ++waiting;
    if (fate.verdict == PodVerdict::BlockedNow || fate.verdict == PodVerdict::BlockedForEver) {
      const Pod& pod = *cluster.find_pod(fate.uid);
      blocked.push_back(fmt::format("{}/{}: {}", pod.space, pod.name, fate.reason));
    }
  }
  std::vector<std::string> parts;
  const std::size_t more = blocked.size() > kNamed ? blocked.size() - kNamed : 0;
  blocked.resize(blocked.size() - more);
  parts.insert(parts.end(), blocked.begin(), blocked.end());
  if (more != 0) parts.push_back(fmt::format("{} more are held", more));
  if (to_finish != 0) parts.push_back(fmt::format("{} asked to finish first", to_finish));
  if (waiting != 0) parts.push_back(fmt::format("{} have yet to be asked", waiting));
  if (leaving != 0) parts.push_back(fmt::format("{} on their way out", leaving));
  return fmt::format("{}", fmt::join(parts, "; "));
}

}  // namespace keelson::fleet
