#include "fleet/controller/acceptance.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "base/error.h"
#include "fleet/back_ends/whole_pools.h"
#include "fleet/plan/plan.h"

namespace keelson::fleet {

namespace {

constexpr std::size_t kNamed = 5;

std::string some_of(std::vector<std::string> texts) {
  const std::size_t more = texts.size() > kNamed ? texts.size() - kNamed : 0;
  texts.resize(texts.size() - more);
  std::string text = fmt::format("{}", fmt::join(texts, "; "));
  return more == 0 ? text : fmt::format("{}; and {} more", text, more);
}

std::optional<Refusal> why_busy(const NodeRollout& rollout, const std::vector<OtherRollout>& running) {
  const std::set<std::string> ours(rollout.spec.pool_nodes.begin(), rollout.spec.pool_nodes.end());
  for (const auto& other : running) {
    const bool same_pool = other.pool == rollout.pool;
    const auto shared = std::find_if(other.nodes->begin(), other.nodes->end(),
                                     [&ours](const auto& node) { return ours.contains(node); });
    if (!same_pool && shared == other.nodes->end()) continue;
    return Refusal{"PoolBusy",
                   same_pool ? fmt::format("rollout '{}' of the same pool is not over", other.name)
                             : fmt::format("rollout '{}', which has node {} too, is not over", other.name, *shared)};
  }
  return std::nullopt;
}

std::optional<Refusal> why_not_released(const NodeRollout& rollout, const ImageRelease& release, const Cluster& cluster,
                                        Moment now) {
  if (release.denied) {
    return Refusal{"ReleaseDenied", fmt::format("release '{}' is denied: {}", release.release.name,
                                                release.denied->empty() ? "no reason is given" : *release.denied)};
  }
  std::vector<std::string> reasons;
  for (const auto& name : rollout.spec.pool_nodes) {
    const Node* node = cluster.find_node(name);
    if (node == nullptr) continue;
    if (auto why = why_not_for(release, *node, now); !why.empty())
      reasons.push_back(fmt::format("node {}: {}", name, why));
  }
  if (reasons.empty()) return std::nullopt;
  return Refusal{"ReleaseDoesNotFit", some_of(std::move(reasons))};
}

}  // namespace

std::optional<Refusal> why_not_accepted(const NodeRollout& rollout, const std::vector<OtherRollout>& running,
                                        const ImageRelease* release, const NodePool* pool, const Cluster& cluster,
                                        const Windows& windows, Moment now) {
  if (rollout.wishes.aborted) return Refusal{"Aborted", "somebody aborted it before it began"};
  if (auto busy = why_busy(rollout, running)) return busy;
  if (release != nullptr) {
    if (auto refused = why_not_released(rollout, *release, cluster, now)) return refused;
    if (release->release != rollout.spec.target) {
      return Refusal{"PlanOutdated",
                     fmt::format("release '{}' is not what it was when this was planned", release->release.name)};
    }
  }
  std::vector<std::string> present;
  if (pool != nullptr) present = nodes_of(*pool, cluster);
  for (const auto& name : rollout.spec.pool_nodes) {
    if (pool == nullptr && cluster.find_node(name) != nullptr) present.push_back(name);
  }
  if (auto changes = why_no_longer_fits(rollout.spec, cluster, present); !changes.empty())
    return Refusal{"PlanOutdated", some_of(std::move(changes))};
  if (auto why = why_not_by(rollout.back_end, rollout.spec, cluster); !why.empty())
    return Refusal{"BackEndCannot", std::move(why)};
  try {
    windows.require_opening(now);
  } catch (const Error& error) {
    return Refusal{"WindowNeverOpens", error.message()};
  }
  return std::nullopt;
}

}  // namespace keelson::fleet
