#include "fleet/view/fleet_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "fleet/resources/node_pool.h"
#include "fleet/view/text.h"
#include "kube/objects.h"

namespace keelson::fleet::view {

namespace {

using nlohmann::json;

constexpr std::size_t kMostChanges = 40;

std::string_view mode_name(PoolMode mode) {
  switch (mode) {
    case PoolMode::Plan:
      return "Plan";
    case PoolMode::Automatic:
      return "Automatic";
    case PoolMode::Observe:
      break;
  }
  return "Observe";
}

std::string phase_text(const RolloutView& view) {
  if (!view.problem.empty()) return "can't be read: " + view.problem;
  if (!view.refused.empty()) return "not accepted: " + view.refused;
  if (!view.phase) return "not taken up yet";
  return std::string(phase_name(*view.phase)) + (view.reason.empty() ? "" : ": " + view.reason);
}

bool comes_before(const RolloutView& a, const RolloutView& b) {
  if (a.over != b.over) return !a.over;
  if (a.created != b.created) return a.created > b.created;
  return a.name < b.name;
}

std::map<std::string, std::string> reasons_of(const RolloutView& view) {
  std::map<std::string, std::string> reasons;
  for (const auto& node : view.under_way) reasons[node.node] = node.reason;
  for (const auto& trouble : view.troubles) reasons[trouble.node] = trouble.why;
  return reasons;
}

std::optional<PoolCounts> counts_of(const json& resource) {
  PoolCounts counts;
  bool there = false;
  for (const auto& [key, member] :
       {std::pair{"nodes", &PoolCounts::nodes}, std::pair{"current", &PoolCounts::current},
        std::pair{"outdated", &PoolCounts::outdated}, std::pair{"unknown", &PoolCounts::unknown},
        std::pair{"quarantined", &PoolCounts::quarantined}, std::pair{"drifted", &PoolCounts::drifted}}) {
    const auto number = kube::number_at(resource, {"status", key});
    there = there || number;
    counts.*member = std::max<std::int64_t>(0, number.value_or(0));
  }
  return there ? std::optional(counts) : std::nullopt;
}

}  // namespace

PoolView view_pool(const json& resource) {
  PoolView view{.name = line_of(kube::name_of(resource))};
  try {
    const NodePool pool = read_node_pool(resource);
    view.mode = mode_name(pool.mode);
    if (!pool.release.empty())
      view.wants = line_of(pool.release);
    else if (!pool.channel.empty())
      view.wants = fmt::format("the newest of {}", line_of(pool.channel));
    view.release = line_of(kube::text_at(resource, {"status", "release"}), 253);
    view.counts = counts_of(resource);
  } catch (const Error& error) {
    view.problem = line_of(error.message());
  }
  return view;
}

FleetView view_fleet(std::vector<PoolView> pools, std::vector<RolloutView> rollouts) {
  std::sort(pools.begin(), pools.end(), [](const PoolView& a, const PoolView& b) { return a.name < b.name; });
  std::sort(rollouts.begin(), rollouts.end(), comes_before);
  for (auto& pool : pools) {
    const auto found = std::find_if(rollouts.begin(), rollouts.end(),
                                    [&pool](const RolloutView& rollout) { return rollout.pool == pool.name; });
    if (found != rollouts.end()) pool.rollout = found->name;
  }
  return {.pools = std::move(pools), .rollouts = std::move(rollouts), .pools_note = {}};
}

std::vector<std::string> changes_between(const RolloutView* before, const RolloutView& after) {
  std::vector<std::string> lines;
  const std::string now = phase_text(after);
  if (before == nullptr || phase_text(*before) != now) lines.push_back(now);
  const auto reasons = reasons_of(after);
  std::size_t more = 0;
  for (const auto& [node, stage] : after.stages) {
    Stage earlier = Stage::Pending;
    if (before != nullptr) {
      if (const auto found = before->stages.find(node); found != before->stages.end()) earlier = found->second;
    }
    // What was over before anybody looked is no news.
    if (earlier == stage || (before == nullptr && stage == Stage::Done)) continue;
    if (lines.size() >= kMostChanges) {
      ++more;
      continue;
    }
    const auto reason = reasons.find(node);
    lines.push_back(
        fmt::format("{}: {}{}{}", node, before == nullptr ? std::string() : fmt::format("{} → ", stage_name(earlier)),
                    stage_name(stage), reason == reasons.end() || reason->second.empty() ? "" : ": " + reason->second));
  }
  if (more != 0) lines.push_back(fmt::format("… and {} more nodes", more));
  return lines;
}

}  // namespace keelson::fleet::view
