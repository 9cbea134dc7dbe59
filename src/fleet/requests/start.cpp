#include "fleet/requests/start.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <set>

#include "base/error.h"
#include "base/harmless_text.h"
#include "fleet/back_ends/whole_pools.h"
#include "fleet/plan/plan.h"
#include "fleet/requests/pool_plan.h"
#include "fleet/resources/read_resource.h"
#include "fleet/rollout/document.h"
#include "kube/objects.h"

namespace keelson::fleet {

namespace {

using nlohmann::json;

constexpr std::size_t kNamed = 5;

class Refusals {
 public:
  void add(std::string_view reason, std::string message) { all_.push_back({std::string(reason), std::move(message)}); }
  /// "node n1 is gone" of each is a page for a pool that was made anew: the first few, and how many more.
  void add_some(std::string_view reason, std::vector<std::string> messages, std::string_view noun) {
    for (std::size_t i = 0; i < messages.size() && i < kNamed; ++i) add(reason, std::move(messages[i]));
    if (messages.size() > kNamed) add(reason, fmt::format("… and {} more such {}", messages.size() - kNamed, noun));
  }
  std::vector<Refusal> take() { return std::move(all_); }

 private:
  std::vector<Refusal> all_;
};

std::vector<std::string> why_busy(const StartRequest& request) {
  const NodeRollout& rollout = *request.rollout;
  const std::set<std::string_view> ours(rollout.spec.pool_nodes.begin(), rollout.spec.pool_nodes.end());
  std::vector<std::string> messages;
  for (const auto& other : request.others) {
    if (other.name == rollout.name) continue;
    const auto shared = std::find_if(other.nodes.begin(), other.nodes.end(),
                                     [&ours](const std::string& node) { return ours.contains(node); });
    if (other.pool == rollout.pool)
      messages.push_back(fmt::format("rollout '{}' of the same pool is not over", other.name));
    else if (shared != other.nodes.end())
      messages.push_back(fmt::format("rollout '{}', which is not over, has node {} too", other.name, *shared));
  }
  return messages;
}

/// Of the nodes that it would move: what stays as it is may be anything.
std::vector<std::string> why_unfit(const StartRequest& request) {
  std::vector<std::string> planned;
  for (const auto& batch : request.rollout->spec.batches)
    planned.insert(planned.end(), batch.nodes.begin(), batch.nodes.end());
  std::vector<std::string> messages;
  for (const auto& finding : release_findings(*request.release, *request.cluster, planned, request.now)) {
    const auto& nodes = finding.nodes;
    messages.push_back(nodes.size() == 1
                           ? fmt::format("node {}: {}", nodes.front(), finding.text)
                           : fmt::format("{} nodes ({} …): {}", nodes.size(), nodes.front(), finding.text));
  }
  return messages;
}

std::vector<std::string> differences(const Release& planned, const Release& now) {
  const json before = release_json(planned);
  const json after = release_json(now);
  json keys = before;
  keys.update(after);
  std::vector<std::string> messages;
  for (const auto& [key, value] : keys.items()) {
    const auto told = [&key = key](const json& release) {
      return release.contains(key) ? release[key].get<std::string>() : std::string("not said");
    };
    if (told(before) != told(after))
      messages.push_back(fmt::format("release '{}': {} is {} in the plan, and {} in the ImageRelease", planned.name,
                                     key, told(before), told(after)));
  }
  return messages;
}

/// A plan that names a pool of which nothing else is known is judged by its own nodes.
std::vector<std::string> nodes_now(const StartRequest& request) {
  if (request.pool != nullptr) return nodes_of(*request.pool, *request.cluster);
  auto nodes = nodes_selected_by(request.rollout->pool, *request.cluster);
  if (nodes.empty() && is_object_name(request.rollout->pool)) return request.rollout->spec.pool_nodes;
  return nodes;
}

}  // namespace

bool has_begun(const json& resource) { return !kube::text_at(resource, {"status", "phase"}).empty(); }

std::optional<OtherRollout> held_by(const json& resource) {
  const std::string phase = kube::text_at(resource, {"status", "phase"});
  for (const Phase over : {Phase::Completed, Phase::RolledBack, Phase::Aborted}) {
    if (phase == phase_name(over)) return std::nullopt;
  }
  if (!has_begun(resource) && (kube::flag_at(resource, {"spec", "aborted"}) || kube::is_being_deleted(resource)))
    return std::nullopt;
  OtherRollout other{.name = harmless_text(kube::name_of(resource).substr(0, kMostName)),
                     .pool = kube::text_at(resource, {"spec", "pool"})};
  for (const auto& node : kube::list_at(resource, {"spec", "plan", "poolNodes"})) {
    if (node.is_string()) other.nodes.push_back(node);
  }
  // Where a server lets people change the plan under way: the nodes that it was begun with.
  if (const json* nodes = kube::find_at(resource, {"status", "nodes"}); nodes != nullptr && nodes->is_object()) {
    for (const auto& [name, progress] : nodes->items()) other.nodes.push_back(name);
  }
  return other;
}

std::vector<Refusal> why_not_start(const StartRequest& request) {
  const NodeRollout& rollout = *request.rollout;
  const ImageRelease* release = request.release;
  Refusals refusals;
  if (rollout.wishes.aborted) refusals.add("Aborted", "somebody aborted it before it began");
  refusals.add_some("PoolBusy", why_busy(request), "rollouts");
  if (release != nullptr) {
    refusals.add_some(release->denied ? "ReleaseDenied" : "ReleaseDoesNotFit", why_unfit(request), "reasons");
    for (auto& change : differences(rollout.spec.target, release->release))
      refusals.add("PlanOutdated", std::move(change));
  }
  refusals.add_some("PlanOutdated", why_no_longer_fits(rollout.spec, *request.cluster, nodes_now(request)), "changes");
  if (auto why = why_not_by(rollout.back_end, rollout.spec, *request.cluster); !why.empty())
    refusals.add("BackEndCannot", std::move(why));
  try {
    if (request.windows != nullptr) request.windows->require_opening(request.now);
  } catch (const Error& error) {
    refusals.add("WindowNeverOpens", error.message());
  }
  return refusals.take();
}

std::vector<std::string> nodes_selected_by(const std::string& pool, const Cluster& cluster) {
  std::vector<std::string> names;
  try {
    const auto selector = kube::Selector::parse(pool == kAllNodes ? std::string() : pool);
    for (const auto& [name, node] : cluster.nodes()) {
      if (selector.matches(node.labels)) names.push_back(name);
    }
  } catch (const Error&) {
    return {};
  }
  return names;
}

bool is_same_rollout(const NodeRollout& there, const NodeRollout& wanted) {
  json a = spec_json(there.spec);
  json b = spec_json(wanted.spec);
  a.erase("name");  // a resource's is its own
  b.erase("name");
  return a == b && there.pool == wanted.pool;
}

}  // namespace keelson::fleet
