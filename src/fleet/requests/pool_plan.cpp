#include "fleet/requests/pool_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/text.h"
#include "fleet/requests/pool_census.h"

namespace keelson::fleet {

namespace {

constexpr std::size_t kMostName = 200;  ///< of 253: there is room for a number after it

const ImageRelease* find_release(const std::vector<ImageRelease>& releases, const std::string& name) {
  const auto found = std::find_if(releases.begin(), releases.end(),
                                  [&name](const ImageRelease& release) { return release.release.name == name; });
  return found == releases.end() ? nullptr : &*found;
}

}  // namespace

WantedRelease wanted_release(const NodePool& pool, const std::vector<ImageRelease>& releases, Moment now) {
  if (!pool.release.empty()) {
    if (const ImageRelease* found = find_release(releases, pool.release)) return {.release = found};
    std::vector<std::string> names;
    for (const auto& release : releases) names.push_back(release.release.name);
    return {.why = fmt::format("there is no ImageRelease '{}', which it wants", pool.release),
            .hint = did_you_mean(pool.release, names)};
  }
  if (pool.channel.empty()) {
    return {.kind = ErrorKind::BadInput,
            .why = "it wants neither a release nor a channel",
            .hint = "set spec.release or spec.channel of the NodePool"};
  }
  if (const ImageRelease* newest = newest_of(releases, pool.channel, now)) return {.release = newest};
  return {.why = fmt::format("channel '{}' has no ImageRelease that is neither denied nor past its end", pool.channel)};
}

const ImageRelease& require_wanted_release(const NodePool& pool, const std::vector<ImageRelease>& releases,
                                           Moment now) {
  const WantedRelease wanted = wanted_release(pool, releases, now);
  if (wanted.release != nullptr) return *wanted.release;
  throw Error(wanted.kind, fmt::format("cannot plan a rollout of pool '{}': {}", pool.name, wanted.why), wanted.hint);
}

std::vector<PlanFinding> release_findings(const ImageRelease& release, const Cluster& cluster,
                                          const std::vector<std::string>& nodes, Moment now) {
  std::map<std::string, std::vector<std::string>> unfit;
  for (const auto& name : nodes) {
    const Node* node = cluster.find_node(name);
    if (node == nullptr) continue;
    if (auto why = why_not_for(release, *node, now); !why.empty()) unfit[std::move(why)].push_back(name);
  }
  std::vector<PlanFinding> findings;
  for (auto& [why, names] : unfit) {
    std::sort(names.begin(), names.end());
    findings.push_back({.severity = Severity::Blocks,
                        .subject = "release " + release.release.name,
                        .text = why,
                        .nodes = std::move(names)});
  }
  return findings;
}

std::string rollout_name_for(const std::string& text) {
  std::string name;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (plain)
      name += c;
    else if (c >= 'A' && c <= 'Z')
      name += static_cast<char>(c - 'A' + 'a');
    else if (!name.empty() && name.back() != '-' && name.back() != '.')
      name += c == '.' ? '.' : '-';
    if (name.size() == kMostName) break;
  }
  while (!name.empty() && (name.back() == '-' || name.back() == '.')) name.pop_back();
  // A dot must stand between letters or digits: "a-.b" was never made above, "a.-b" neither.
  return name.empty() ? std::string(kUnnamedRollout) : name;
}

std::string rollout_name_for(const std::string& pool, const std::string& release) {
  return rollout_name_for(pool + "-" + release);
}

PlanRequest plan_request_for(const NodePool& pool, const ImageRelease& release, const Cluster& cluster,
                             const NodeRecords& records) {
  PlanRequest request{.cluster = &cluster,
                      .name = rollout_name_for(pool.name, release.release.name),
                      .pool = pool.name,
                      .nodes = nodes_of(pool, cluster),
                      .only = take_census(pool, &release.release, cluster, records).to_move,
                      .target = release.release,
                      .strategy = pool.strategy,
                      .batches = pool.batches};
  if (request.nodes.empty()) {
    throw Error(ErrorKind::NotFound,
                fmt::format("cannot plan a rollout of pool '{}': its selector selects none of {} nodes", pool.name,
                            cluster.nodes().size()),
                "keelson fleet inventory lists the nodes' pools and labels");
  }
  if (request.only.empty()) {
    throw Error(ErrorKind::Refused, fmt::format("cannot plan a rollout of pool '{}': its {} nodes run '{}' already",
                                                pool.name, request.nodes.size(), release.release.name));
  }
  for (const auto& name : request.nodes) {
    const auto record = records.find(name);
    request.previous[name] =
        present_release(*cluster.find_node(name), record == records.end() ? nullptr : &record->second);
  }
  return request;
}

void take_rules(NodeRollout& rollout, const NodePool& pool) {
  rollout.gates = pool.gates;
  rollout.windows = pool.windows;
  rollout.back_end = pool.back_end;
}

NodeRollout rollout_for(const NodePool& pool, const ImageRelease& release, const PlanRequest& request) {
  NodeRollout rollout{.name = request.name, .spec = plan_spec(request), .pool = pool.name, .image = release.image};
  take_rules(rollout, pool);
  return rollout;
}

}  // namespace keelson::fleet
