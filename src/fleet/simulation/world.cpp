#include "fleet/simulation/world.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "fleet/rollout/drain.h"

namespace keelson::fleet {

namespace {

bool takes_pods(const Node& node) {
  return node.ready && !node.unschedulable &&
         std::none_of(node.taints.begin(), node.taints.end(),
                      [](const Taint& taint) { return taint.effect == "NoSchedule" || taint.effect == "NoExecute"; });
}

}  // namespace

World::World(Cluster cluster, RolloutSpec spec, Moment start, std::uint64_t seed)
    : cluster_(std::move(cluster)), spec_(std::move(spec)), now_(start), dice_(seed) {
  seen_.cluster = &cluster_;
  for (const auto& [name, node] : cluster_.nodes()) {
    const auto before = spec_.previous.find(name);
    booted_[name] = before == spec_.previous.end() ? Release{} : before->second;
    seen_.node_gates[name] = {Verdict::Good, {}};
    room_changed(node);
  }
  for (const auto& uid : cluster_.pods_on("")) pending_.insert(uid);
}

std::chrono::seconds World::take(const Duration& duration) {
  switch (pace) {
    case Pace::Half:
      return duration.half;
    case Pace::Most:
      return duration.most;
    case Pace::Chance:
      break;
  }
  return dice_.draw(duration);
}

void World::later(std::chrono::seconds delay, What what, std::string name, std::string detail) {
  events_.push({now_ + delay, ++event_number_, what, std::move(name), std::move(detail)});
}

std::optional<Moment> World::next_event() const {
  if (events_.empty()) return std::nullopt;
  return events_.top().at;
}

void World::pass(Moment until) {
  while (!events_.empty() && events_.top().at <= until) {
    const Event event = events_.top();
    events_.pop();
    now_ = std::max(now_, event.at);
    happen(event);
  }
  now_ = std::max(now_, until);
}

void World::happen(const Event& event) {
  switch (event.what) {
    case What::PodGone:
      return pod_gone(event.name);
    case What::PodScheduled:
      return schedule(event.name);
    case What::PodReady:
      return pod_ready(event.name);
    case What::VolumeGone:
      if (Node* node = cluster_.edit_node(event.name)) node->attached_volumes.erase(event.detail);
      return;
    case What::ImageInPlace:
      return reboot(event.name, event.detail);
    case What::NodeUp:
      return node_up(event.name, event.detail);
    case What::NodeTold:
      if (const Node* node = cluster_.find_node(event.name))
        seen_.reports[event.name] = {node->boot_id, booted_.at(event.name)};
      return;
    case What::GateSettled:
      seen_.node_gates[event.name] = {Verdict::Good, {}};
      return;
  }
}

void World::carry_out(const Action& action) {
  ++requests_;
  if (dice_.in_a_thousand(faults.lost_action)) return;
  Node* node = cluster_.edit_node(action.node);
  if (node == nullptr) return;
  if (on_action) on_action(action);
  if (action.kind != ActionKind::Evict && action.kind != ActionKind::BeginOperation)
    node->resource_version = std::to_string(++version_);
  switch (action.kind) {
    case ActionKind::LeaveBalancers:
      node->labels.emplace(kExcludeBalancers, "");
      node->annotations.insert_or_assign(std::string(kExcludedBy), spec_.uid);
      return;
    case ActionKind::JoinBalancers:
      node->labels.erase(std::string(kExcludeBalancers));
      node->annotations.erase(std::string(kExcludedBy));
      return;
    case ActionKind::Cordon:
      return cordon(action.node);
    case ActionKind::Uncordon:
      return uncordon(action.node);
    case ActionKind::Evict:
      return evict(action);
    case ActionKind::MarkUnproven:
      if (std::none_of(node->taints.begin(), node->taints.end(), [](const Taint& t) { return t.key == kUnproven; }))
        node->taints.push_back({std::string(kUnproven), spec_.uid, "NoSchedule"});
      return room_changed(*node);
    case ActionKind::ClearUnproven:
      std::erase_if(node->taints, [](const Taint& taint) { return taint.key == kUnproven; });
      room_changed(*node);
      return try_pending();
    case ActionKind::BeginOperation:
      return begin(action);
    case ActionKind::Quarantine:
      node->labels.insert_or_assign(std::string(kQuarantined), spec_.uid);
      return;
    case ActionKind::ClearQuarantine:
      node->labels.erase(std::string(kQuarantined));
      return;
  }
}

void World::cordon(const std::string& name) {
  Node& node = *cluster_.edit_node(name);
  if (node.unschedulable) return;  // somebody was first: the precondition of the change fails
  node.unschedulable = true;
  node.annotations.insert_or_assign(std::string(kCordonedBy), spec_.uid);
  room_changed(node);
}

void World::uncordon(const std::string& name) {
  Node& node = *cluster_.edit_node(name);
  if (node.annotation(kCordonedBy) != spec_.uid) return;
  node.annotations.erase(std::string(kCordonedBy));
  node.unschedulable = false;
  room_changed(node);
  try_pending();
}

void World::evict(const Action& action) {
  Pod* pod = cluster_.edit_pod(action.pod);
  if (pod == nullptr || pod->deleted) return;
  if (pod->budgets.size() > 1) return;  // the API says 500
  Allowances allowed(cluster_);
  if (!allowed.take(*pod)) return;  // 429
  ++evictions_;
  pod->deleted = now_ + std::chrono::seconds(30);
  set_pod_ready(*pod, false);
  if (!dice_.in_a_thousand(faults.stuck_pod)) later(take(durations.leave), What::PodGone, action.pod);
}

void World::begin(const Action& action) {
  // The back end does an operation once, however often it is asked for it.
  if (!operations_.emplace(action.operation, std::pair{action.node, action.release}).second) return;
  ++operations_done_[action.operation];
  newest_operation_[action.node] = action.operation;
  seen_.operations[action.operation] = OperationState::Running;
  later(take(durations.act), What::ImageInPlace, action.node, action.operation);
}

void World::reboot(const std::string& name, const std::string& operation) {
  Node* node = cluster_.edit_node(name);
  if (node == nullptr || newest_operation_.at(name) != operation) return;
  if (dice_.in_a_thousand(faults.operation_fails)) {
    seen_.operations[operation] = OperationState::Failed;
    return;
  }
  seen_.operations[operation] = OperationState::Succeeded;
  node->ready = false;
  seen_.reports.erase(name);
  seen_.node_gates[name] = {Verdict::Bad, "its DaemonSets are not ready yet"};
  for (const auto& uid : cluster_.pods_on(name)) set_pod_ready(*cluster_.edit_pod(uid), false);
  room_changed(*node);
  if (!dice_.in_a_thousand(faults.never_boots)) later(take(durations.boot), What::NodeUp, name, operation);
}

void World::node_up(const std::string& name, const std::string& operation) {
  Node* node = cluster_.edit_node(name);
  if (node == nullptr || newest_operation_.at(name) != operation) return;
  node->ready = true;
  node->boot_id = fmt::format("boot-{}", ++boot_number_);
  if (!dice_.in_a_thousand(faults.wrong_image)) booted_[name] = operations_.at(operation).second;
  node->kernel = booted_.at(name).kernel;
  for (const auto& uid : cluster_.pods_on(name)) set_pod_ready(*cluster_.edit_pod(uid), true);
  room_changed(*node);
  if (!dice_.in_a_thousand(faults.silent_node)) later(take(durations.report), What::NodeTold, name);
  if (dice_.in_a_thousand(faults.missing_node_gate)) {
    seen_.node_gates[name] = {Verdict::Missing, "its metrics are not there"};
  } else if (!dice_.in_a_thousand(faults.bad_node_gate)) {
    later(take(durations.settle), What::GateSettled, name);
  }
  try_pending();
}

void World::pod_gone(const std::string& uid) {
  Pod* gone = cluster_.edit_pod(uid);
  if (gone == nullptr) return;
  set_pod_ready(*gone, false);
  Pod next = *gone;
  const std::string name = gone->node;
  cluster_.remove_pod(uid);
  if (const Node* node = cluster_.find_node(name)) {
    if (const auto room = free_.find(name); room != free_.end()) {
      by_free_cpu_.erase({room->second.cpu, name});
      room->second += next.requests;
      by_free_cpu_.insert({room->second.cpu, name});
    }
    for (const auto& volume : node->attached_volumes) {
      if (volume.starts_with(uid + "/")) later(take(durations.detach), What::VolumeGone, name, volume);
    }
  }
  if (next.owner != Owner::Workload) return;
  next.uid = fmt::format("pod-{}", ++pod_number_);
  next.name = fmt::format("{}-{}", next.owner_name, pod_number_);
  next.node.clear();
  next.deleted.reset();
  next.ready = false;
  const std::string next_uid = next.uid;
  cluster_.put(std::move(next));
  later(take(durations.schedule), What::PodScheduled, next_uid);
}

// The emptiest node that has room, as the scheduler's default scoring tends to choose.
void World::schedule(const std::string& uid) {
  constexpr int kTried = 64;
  const Pod* waiting = cluster_.find_pod(uid);
  if (waiting == nullptr || !waiting->node.empty()) return;
  int tried = 0;
  for (auto at = by_free_cpu_.rbegin(); at != by_free_cpu_.rend() && tried < kTried; ++at, ++tried) {
    auto& room = free_.at(at->second);
    if (!waiting->requests.fits_in(room)) continue;
    const std::string name = at->second;
    Pod pod = *waiting;
    by_free_cpu_.erase({room.cpu, name});
    room -= pod.requests;
    by_free_cpu_.insert({room.cpu, name});
    pod.node = name;
    cluster_.put(std::move(pod));
    pending_.erase(uid);
    if (!dice_.in_a_thousand(faults.sick_pod)) later(take(durations.start), What::PodReady, uid);
    return;
  }
  pending_.insert(uid);
}

void World::pod_ready(const std::string& uid) {
  Pod* pod = cluster_.edit_pod(uid);
  if (pod == nullptr || pod->deleted) return;
  const Node* node = cluster_.find_node(pod->node);
  if (node != nullptr && node->ready) set_pod_ready(*pod, true);
}

void World::set_pod_ready(Pod& pod, bool ready) {
  if (pod.ready == ready || pod.finished || (ready && pod.deleted)) return;
  pod.ready = ready;
  for (const auto& key : pod.budgets) {
    Budget* budget = cluster_.edit_budget(key);
    budget->healthy += ready ? 1 : -1;
    budget->allowed = std::max<std::int64_t>(0, budget->healthy - budget->desired);
  }
}

void World::room_changed(const Node& node) {
  if (const auto old = free_.find(node.name); old != free_.end()) {
    by_free_cpu_.erase({old->second.cpu, node.name});
    free_.erase(old);
  }
  if (!takes_pods(node)) return;
  Resources room = node.allocatable;
  room -= cluster_.requested_on(node.name);
  free_[node.name] = room;
  by_free_cpu_.insert({room.cpu, node.name});
}

void World::try_pending() {
  const auto waiting = std::exchange(pending_, {});
  for (const auto& uid : waiting) schedule(uid);
}

}  // namespace keelson::fleet
