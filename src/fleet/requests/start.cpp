#include "fleet/requests/start.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <set>

#include "base/harmless_text.h"
#include "fleet/plan/plan.h"
#include "fleet/requests/pool_plan.h"
#include "fleet/rollout/document.h"
#include "kube/objects.h"

namespace keelson::fleet {

namespace {

using nlohmann::json;

constexpr std::size_t kNamed = 5;

/// "node n1 is gone" of each is a page for a pool that was made anew: the first few, and how many more.
void add_some(std::vector<std::string>& reasons, const std::vector<std::string>& more) {
  for (std::size_t i = 0; i < more.size() && i < kNamed; ++i) reasons.push_back(more[i]);
  if (more.size() > kNamed) reasons.push_back(fmt::format("… and {} more such changes", more.size() - kNamed));
}

bool is_over(const json& resource) {
  const std::string phase = kube::text_at(resource, {"status", "phase"});
  return phase == phase_name(Phase::Completed) || phase == phase_name(Phase::RolledBack) ||
         phase == phase_name(Phase::Aborted);
}

/// A rollout holds its pool, and every node of it. One that can't be read whole is judged by what can be.
std::string why_other_is_in_the_way(const json& other, const NodeRollout& rollout) {
  if (kube::name_of(other) == rollout.name || is_over(other)) return {};
  const std::string name = harmless_text(kube::name_of(other).substr(0, 253));
  if (kube::text_at(other, {"spec", "pool"}) == rollout.pool)
    return fmt::format("rollout '{}' of the same pool is not over", name);
  const std::set<std::string_view> nodes(rollout.spec.pool_nodes.begin(), rollout.spec.pool_nodes.end());
  for (const auto& node : kube::list_at(other, {"spec", "plan", "poolNodes"})) {
    if (node.is_string() && nodes.contains(node.get_ref<const std::string&>()))
      return fmt::format("rollout '{}', which is not over, has node {} too", name, node.get_ref<const std::string&>());
  }
  return {};
}

void add_difference(std::vector<std::string>& reasons, const Release& planned, const Release& now) {
  const json before = release_json(planned);
  const json after = release_json(now);
  json keys = before;
  keys.update(after);
  for (const auto& [key, value] : keys.items()) {
    const auto told = [&key = key](const json& release) {
      return release.contains(key) ? release[key].get<std::string>() : std::string("not said");
    };
    if (told(before) != told(after))
      reasons.push_back(fmt::format("release '{}': {} is {} in the plan, and {} in the ImageRelease", planned.name, key,
                                    told(before), told(after)));
  }
}

void add_unfit(std::vector<std::string>& reasons, const StartRequest& request) {
  if (request.release == nullptr) return;
  std::vector<std::string> planned;
  for (const auto& batch : request.rollout->spec.batches)
    planned.insert(planned.end(), batch.nodes.begin(), batch.nodes.end());
  for (const auto& finding : release_findings(*request.release, *request.cluster, planned, request.now)) {
    const auto& nodes = finding.nodes;
    reasons.push_back(nodes.size() == 1
                          ? fmt::format("node {}: {}", nodes.front(), finding.text)
                          : fmt::format("{} nodes ({} …): {}", nodes.size(), nodes.front(), finding.text));
  }
}

}  // namespace

std::vector<std::string> why_not_start(const StartRequest& request) {
  std::vector<std::string> reasons;
  const RolloutSpec& spec = request.rollout->spec;
  add_some(reasons, why_no_longer_fits(spec, *request.cluster, request.pool_nodes));
  if (request.release != nullptr) add_difference(reasons, spec.target, request.release->release);
  add_unfit(reasons, request);
  if (request.others != nullptr) {
    for (const auto& other : *request.others) {
      if (auto why = why_other_is_in_the_way(other, *request.rollout); !why.empty()) reasons.push_back(std::move(why));
    }
  }
  return reasons;
}

bool is_same_rollout(const NodeRollout& there, const NodeRollout& wanted) {
  json a = spec_json(there.spec);
  json b = spec_json(wanted.spec);
  a.erase("name");  // a resource's is its own
  b.erase("name");
  return a == b && there.pool == wanted.pool;
}

}  // namespace keelson::fleet
