#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/units.h"
#include "fleet/plan/plan.h"
#include "fleet/rollout/drain.h"

namespace keelson::fleet {

namespace {

/// Findings about one subject, gathered over all nodes.
class Findings {
 public:
  void add(Severity severity, const std::string& subject, const std::string& text, const std::string& node) {
    auto& nodes = found_[{severity, subject, text}];
    if (!node.empty()) nodes.insert(node);
  }

  std::vector<PlanFinding> all() const {
    std::vector<PlanFinding> list;
    for (const auto& [key, nodes] : found_) {
      const auto& [severity, subject, text] = key;
      list.push_back({severity, subject, text, {nodes.begin(), nodes.end()}});
    }
    return list;
  }

 private:
  std::map<std::tuple<Severity, std::string, std::string>, std::set<std::string>> found_;
};

void look_at_pod(const Cluster& cluster, const Strategy& strategy, const std::string& node, const Pod& pod,
                 Findings& findings) {
  if (pod.mirror || pod.finished || pod.owner == Owner::DaemonSet || pod.owner == Owner::Node) return;
  const auto subject = [&pod] { return fmt::format("pod {}/{}", pod.space, pod.name); };
  if (pod.owner == Owner::None) {
    if (strategy.unowned == Unowned::Refuse)
      findings.add(Severity::Blocks, subject(), "nothing owns it: it would not come back, so its node is left out",
                   node);
    else
      findings.add(Severity::Warns, subject(), "nothing owns it: it is deleted and does not come back", node);
  }
  if (pod.local_data) {
    if (strategy.local_data == LocalData::Refuse)
      findings.add(Severity::Blocks, subject(), "its emptyDir is on the node: its node is left out", node);
    else
      findings.add(Severity::Notes, "pods with an emptyDir", "they lose what is in it", node);
  }
  if (pod.pinned)
    findings.add(Severity::Warns, subject(), "its volume is on the node: it waits until the node is back", node);
  if (pod.wait_until_done) findings.add(Severity::Notes, subject(), "its node waits for it to finish", node);
  if (pod.tolerates_cordon)
    findings.add(Severity::Warns, subject(), "it tolerates a cordon: it may come back to the node that it left", node);
  if (cluster.budgets_of(pod).size() > 1) {
    findings.add(Severity::Blocks, subject(),
                 fmt::format("budgets {} select it, and the API evicts no pod of several",
                             fmt::join(cluster.budget_keys_of(pod), " and ")),
                 node);
  }
  for (const Budget* selecting : cluster.budgets_of(pod)) {
    const Budget& budget = *selecting;
    const bool none_ever = budget.desired >= budget.expected && budget.expected > 0;
    if (budget.observed && !none_ever && budget.allowed != 0) continue;
    const std::string name = fmt::format("budget {}", budget.key());
    if (!budget.observed) {
      findings.add(Severity::Warns, name, "its status is older than its rule: what it allows is not known", node);
    } else if (none_ever) {
      findings.add(
          Severity::Blocks, name,
          fmt::format("{} of {} pods must be there ({}): it allows no eviction, unless its operator fails over when "
                      "it sees the cordon, or somebody changes it",
                      budget.desired, budget.expected, budget.rule),
          node);
    } else {
      findings.add(Severity::Warns, name,
                   fmt::format("allows none now: {} of the {} pods that it wants are healthy ({})", budget.healthy,
                               budget.desired, budget.rule),
                   node);
    }
  }
}

void look_at_node(const Node& node, Findings& findings) {
  const std::string subject = fmt::format("node {}", node.name);
  if (!node.ready)
    findings.add(Severity::Warns, subject, "it is not ready: it is left out unless that changes", node.name);
  if (node.unschedulable)
    findings.add(Severity::Warns, subject, "somebody cordoned it: it stays so, and counts as out of service",
                 node.name);
  for (const auto& condition : node.bad_conditions)
    findings.add(Severity::Warns, subject, fmt::format("it says {}", condition), node.name);
}

struct Share {
  std::string what;
  std::int64_t needed;
  std::int64_t room;
};

/// Whether the pods of the nodes that may be away at once find room on the others. A sum, not a packing: it can't prove
/// that they do, only that they don't.
void look_at_room(const Cluster& cluster, const RolloutSpec& spec, Findings& findings) {
  std::vector<std::pair<std::int64_t, std::string>> by_size;
  const std::set<std::string> moving(spec.pool_nodes.begin(), spec.pool_nodes.end());
  for (const auto& name : moving) by_size.emplace_back(cluster.requested_on(name).cpu, name);
  std::sort(by_size.rbegin(), by_size.rend());
  const auto away_count = std::min<std::size_t>(
      by_size.size(),
      static_cast<std::size_t>(std::max<std::int64_t>(0, spec.strategy.max_unavailable.of(spec.pool_nodes.size()))));
  std::set<std::string> away;
  for (std::size_t i = 0; i < away_count; ++i) away.insert(by_size[i].second);
  Resources needed;
  Resources room;
  for (const auto& [name, node] : cluster.nodes()) {
    if (away.contains(name)) {
      for (const Pod* pod : cluster.pods_at(name)) {
        if (pod->owner == Owner::Workload && !pod->finished) needed += pod->requests;
      }
    } else if (node.ready && !node.unschedulable) {
      room += node.allocatable;
      room -= cluster.requested_on(name);
    }
  }
  for (const auto& [what, wants, has] :
       {Share{"processors", needed.cpu, room.cpu}, Share{"memory", needed.memory, room.memory},
        Share{"pods", needed.pods, room.pods}}) {
    if (wants <= has) continue;
    const auto text = [&](std::int64_t value) {
      if (what == "memory") return human_size(ByteCount{static_cast<std::uint64_t>(std::max<std::int64_t>(0, value))});
      return what == "processors" ? fmt::format("{:.1f}", static_cast<double>(value) / 1000) : std::to_string(value);
    };
    findings.add(
        Severity::Warns, "room",
        fmt::format("with {} nodes away their pods ask for more than there is: {} {} of {} left: some will wait until "
                    "a node is back",
                    away_count, text(wants), what, text(has)),
        {});
  }
}

}  // namespace

std::vector<PlanFinding> find_obstacles(const Cluster& cluster, const RolloutSpec& spec) {
  Findings findings;
  for (const auto& batch : spec.batches) {
    for (const auto& name : batch.nodes) {
      const Node* node = cluster.find_node(name);
      if (node == nullptr) continue;
      look_at_node(*node, findings);
      for (const Pod* pod : cluster.pods_at(name)) look_at_pod(cluster, spec.strategy, name, *pod, findings);
    }
  }
  look_at_room(cluster, spec, findings);
  return findings.all();
}

std::vector<std::string> why_no_longer_fits(const RolloutSpec& spec, const Cluster& cluster,
                                            const std::vector<std::string>& pool_nodes) {
  std::vector<std::string> changes;
  const std::set<std::string> planned(spec.pool_nodes.begin(), spec.pool_nodes.end());
  const std::set<std::string> now(pool_nodes.begin(), pool_nodes.end());
  for (const auto& name : planned) {
    if (cluster.find_node(name) == nullptr)
      changes.push_back(fmt::format("node {} is gone", name));
    else if (!now.contains(name))
      changes.push_back(fmt::format("node {} is no longer in the pool", name));
  }
  for (const auto& name : now) {
    if (!planned.contains(name)) changes.push_back(fmt::format("node {} is new in the pool", name));
  }
  return changes;
}

}  // namespace keelson::fleet
