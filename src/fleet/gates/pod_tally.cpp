#include "fleet/gates/pod_tally.h"

#include <algorithm>

namespace keelson::fleet {

void PodTally::observe_pod(const Pod& pod, Node& node) {
  const auto [found, is_new] = pods_.try_emplace(pod.uid);
  Seen& seen = found->second;
  // One that was there when counting began brings its past along; a later one has none.
  if (is_new && round_ == 1) seen = {.restarts = pod.restarts, .restarted = false, .pull_failed = pod.pull_failing};
  seen.round = round_;
  if (!seen.restarted && pod.restarts > seen.restarts) {
    seen.restarted = true;
    ++node.restarted;
  }
  if (!seen.pull_failed && pod.pull_failing) {
    seen.pull_failed = true;
    ++node.pull_failed;
  }
}

void PodTally::observe(const Cluster& cluster, Moment now) {
  ++round_;
  const double hours = last_ && now > *last_ ? static_cast<double>((now - *last_).count()) / 3600.0 : 0.0;
  for (const auto& [name, node] : cluster.nodes()) {
    Node& tally = nodes_[name];
    if (tally.ready && node.ready) tally.hours += hours;
    tally.ready = node.ready;
    for (const auto& uid : cluster.pods_on(name)) observe_pod(*cluster.find_pod(uid), tally);
  }
  std::erase_if(nodes_, [&](const auto& one) { return cluster.find_node(one.first) == nullptr; });
  std::erase_if(pods_, [&](const auto& one) { return one.second.round != round_; });
  last_ = now;
}

Events PodTally::sum(const std::vector<std::string>& nodes, std::int64_t Node::*count) const {
  Events events;
  for (const auto& name : nodes) {
    const auto found = nodes_.find(name);
    if (found == nodes_.end()) continue;
    events.exposure += found->second.hours;
    events.count = std::min(kMostEvents, events.count + found->second.*count);
  }
  return events;
}

Events PodTally::restarts(const std::vector<std::string>& nodes) const { return sum(nodes, &Node::restarted); }
Events PodTally::pull_errors(const std::vector<std::string>& nodes) const { return sum(nodes, &Node::pull_failed); }

void PodTally::forget(const std::string& node) {
  const auto found = nodes_.find(node);
  if (found != nodes_.end()) found->second = {.ready = found->second.ready};
}

}  // namespace keelson::fleet
