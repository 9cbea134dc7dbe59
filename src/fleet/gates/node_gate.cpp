#include "fleet/gates/node_gate.h"

#include <fmt/format.h>

#include "fleet/gates/verdict.h"

namespace keelson::fleet {

namespace {

bool is_leaving(const Pod& pod) { return pod.finished || pod.deleted.has_value(); }

template <class Take>
void for_each_pod(const Cluster& cluster, Take&& take) {
  for (const auto& [name, node] : cluster.nodes()) {
    for (const auto& uid : cluster.pods_on(name)) take(*cluster.find_pod(uid));
  }
}

// Which of the expected DaemonSets has no ready pod here.
std::string missing_daemon(const NodeGate& gate, const Cluster& cluster, std::string_view node,
                           const NodeBaseline& before, const Names& alive) {
  std::map<std::string, bool, std::less<>> ready;
  for (const auto& uid : cluster.pods_on(node)) {
    const Pod& pod = *cluster.find_pod(uid);
    if (pod.owner == Owner::DaemonSet && !is_leaving(pod)) ready[owner_key(pod)] |= pod.ready;
  }
  for (const auto& wanted : before.daemon_sets) {
    if (!alive.contains(wanted) || gate.ignored_spaces.contains(wanted.substr(0, wanted.find('/')))) continue;
    const auto found = ready.find(wanted);
    if (found == ready.end()) return fmt::format("{} has no pod on it", reason_text(wanted));
    if (!found->second) return fmt::format("the pod of {} is not ready", reason_text(wanted));
  }
  return {};
}

std::string crashing_pod(const NodeGate& gate, const Cluster& cluster, std::string_view node,
                         const NodeBaseline& before) {
  for (const auto& uid : cluster.pods_on(node)) {
    const Pod& pod = *cluster.find_pod(uid);
    if (!pod.crash_looping || is_leaving(pod) || gate.ignored_spaces.contains(pod.space)) continue;
    if (!before.crash_looping.contains(owner_key(pod)))
      return fmt::format("pod {} is crash-looping, and was not before", reason_text(pod.space + "/" + pod.name));
  }
  return {};
}

}  // namespace

std::string owner_key(const Pod& pod) {
  return fmt::format("{}/{}", pod.space, pod.owner_name.empty() ? pod.name : pod.owner_name);
}

Names crash_looping(const Cluster& cluster) {
  Names owners;
  for_each_pod(cluster, [&](const Pod& pod) {
    if (pod.crash_looping && !is_leaving(pod)) owners.insert(owner_key(pod));
  });
  return owners;
}

Names daemon_sets(const Cluster& cluster) {
  Names owners;
  for_each_pod(cluster, [&](const Pod& pod) {
    if (pod.owner == Owner::DaemonSet && !is_leaving(pod)) owners.insert(owner_key(pod));
  });
  return owners;
}

NodeBaseline baseline_of(const Cluster& cluster, std::string_view node, Names everywhere) {
  NodeBaseline baseline{{}, std::move(everywhere)};
  for (const auto& uid : cluster.pods_on(node)) {
    const Pod& pod = *cluster.find_pod(uid);
    // One that was not ready before is not expected to be so afterwards.
    if (pod.owner == Owner::DaemonSet && pod.ready && !is_leaving(pod)) baseline.daemon_sets.insert(owner_key(pod));
  }
  return baseline;
}

GateResult judge_node(const NodeGate& gate, const Cluster& cluster, std::string_view node, const NodeBaseline& baseline,
                      const Names& alive) {
  const Node* found = cluster.find_node(node);
  if (found == nullptr) return {Verdict::Missing, "it is not in the cluster"};
  if (!found->ready) return {Verdict::Bad, "it is not ready"};
  for (const auto& condition : found->bad_conditions) {
    if (!gate.ignored_conditions.contains(condition))
      return {Verdict::Bad, fmt::format("its condition {} says that something is wrong", reason_text(condition))};
  }
  if (auto why = missing_daemon(gate, cluster, node, baseline, alive); !why.empty())
    return {Verdict::Bad, std::move(why)};
  if (auto why = crashing_pod(gate, cluster, node, baseline); !why.empty()) return {Verdict::Bad, std::move(why)};
  return {Verdict::Good, fmt::format("it is ready, and so are its {} DaemonSets", baseline.daemon_sets.size())};
}

}  // namespace keelson::fleet
