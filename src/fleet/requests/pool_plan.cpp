#include "fleet/requests/pool_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/error.h"
#include "base/text.h"

namespace keelson::fleet {

namespace {

constexpr std::size_t kMostName = 200;  ///< of 253: there is room for a number after it

std::string why_no_release(const std::vector<ImageRelease>& releases, const std::string& name) {
  std::vector<std::string> names;
  for (const auto& release : releases) names.push_back(release.release.name);
  return did_you_mean(name, names);
}

/// What a release does not name it does not ask for; one that asks for nothing is run by nobody for certain.
bool is_met(const Release& wanted, const Release& booted) {
  bool asked = false;
  for (const auto member : {&Release::image_digest, &Release::manifest_hash, &Release::kernel, &Release::containerd,
                            &Release::selinux, &Release::fips}) {
    if ((wanted.*member).empty()) continue;
    asked = true;
    if (wanted.*member != booted.*member) return false;
  }
  return asked;
}

}  // namespace

const ImageRelease& wanted_release(const NodePool& pool, const std::vector<ImageRelease>& releases, Moment now) {
  if (!pool.release.empty()) {
    const auto found = std::find_if(releases.begin(), releases.end(), [&pool](const ImageRelease& release) {
      return release.release.name == pool.release;
    });
    if (found != releases.end()) return *found;
    throw Error(ErrorKind::NotFound,
                fmt::format("cannot plan a rollout of pool '{}': there is no ImageRelease '{}', which it wants",
                            pool.name, pool.release),
                why_no_release(releases, pool.release));
  }
  if (pool.channel.empty()) {
    throw Error(ErrorKind::BadInput,
                fmt::format("cannot plan a rollout of pool '{}': it wants neither a release nor a channel", pool.name),
                "set spec.release or spec.channel of the NodePool");
  }
  if (const ImageRelease* newest = newest_of(releases, pool.channel, now)) return *newest;
  throw Error(
      ErrorKind::NotFound,
      fmt::format("cannot plan a rollout of pool '{}': channel '{}' has no ImageRelease that is neither denied nor "
                  "past its end",
                  pool.name, pool.channel));
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

Release present_release(const Node& node, const NodeRecord* record) {
  const bool fresh = record != nullptr && record->report && !record->report->boot_id.empty() &&
                     record->report->boot_id == node.boot_id && !record->report->booted.name.empty();
  if (fresh) return record->report->booted;
  Release release{.name = node.os_image.empty() ? "unknown" : node.os_image, .kernel = node.kernel};
  constexpr std::string_view kContainerd = "containerd://";
  if (node.runtime.starts_with(kContainerd)) release.containerd = node.runtime.substr(kContainerd.size());
  return release;
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
                             const std::vector<NodeRecord>& records) {
  PlanRequest request{.cluster = &cluster,
                      .name = rollout_name_for(pool.name, release.release.name),
                      .pool = pool.name,
                      .nodes = nodes_of(pool, cluster),
                      .target = release.release,
                      .strategy = pool.strategy,
                      .batches = pool.batches};
  if (request.nodes.empty()) {
    throw Error(ErrorKind::NotFound,
                fmt::format("cannot plan a rollout of pool '{}': its selector selects none of {} nodes", pool.name,
                            cluster.nodes().size()),
                "keelson fleet inventory lists the nodes' pools and labels");
  }
  std::map<std::string_view, const NodeRecord*> by_node;
  for (const auto& record : records) by_node[record.name] = &record;
  for (const auto& name : request.nodes) {
    const auto found = by_node.find(name);
    const NodeRecord* record = found == by_node.end() ? nullptr : found->second;
    const Release& present = request.previous[name] = present_release(*cluster.find_node(name), record);
    // Only a record is a proof: it holds all that is asked for.
    if (record == nullptr || !is_met(release.release, present)) request.only.push_back(name);
  }
  if (request.only.empty()) {
    throw Error(ErrorKind::Refused, fmt::format("cannot plan a rollout of pool '{}': its {} nodes run '{}' already",
                                                pool.name, request.nodes.size(), release.release.name));
  }
  return request;
}

}  // namespace keelson::fleet
