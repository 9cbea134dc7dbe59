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
  std::size_t rank = 0;
  for (const auto& [name, node] : cluster_.nodes()) {
    const auto before = spec_.previous.find(name);
    booted_[name] = before == spec_.previous.end() ? Release{} : before->second;
    seen_.node_gates[name] = {Verdict::Good, {}};
    if (node.place >= rooms_.size()) rooms_.resize(node.place + 1);
    rooms_[node.place].rank = ++rank;
    room_changed(node);
  }
  for (const Pod* pod : cluster_.pods_at("")) pending_.insert(pod->uid);
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

void World::later(std::chrono::seconds delay, What what, const Pod& pod) {
  add_event(delay, what, {.pod = cluster_.handle_of(pod)});
}

void World::later(std::chrono::seconds delay, What what, std::string node, std::string detail) {
  add_event(delay, what, {.name = std::move(node), .detail = std::move(detail)});
}

void World::add_event(std::chrono::seconds delay, What what, Subject subject) {
  std::size_t whose = subjects_.size();
  if (free_subjects_.empty()) {
    subjects_.emplace_back();
  } else {
    whose = free_subjects_.back();
    free_subjects_.pop_back();
  }
  subjects_[whose] = std::move(subject);
  events_.push_back({now_ + delay, ++event_number_, what, whose});
  std::push_heap(events_.begin(), events_.end(), std::greater<>());
}

std::optional<Moment> World::next_event() const {
  if (events_.empty()) return std::nullopt;
  return events_.front().at;
}

void World::pass(Moment until) {
  while (!events_.empty() && events_.front().at <= until) {
    std::pop_heap(events_.begin(), events_.end(), std::greater<>());
    const Event event = events_.back();
    events_.pop_back();
    now_ = std::max(now_, event.at);
    const Subject subject = std::move(subjects_[event.whose]);
    free_subjects_.push_back(event.whose);
    happen(event.what, subject);
  }
  now_ = std::max(now_, until);
}

void World::happen(What what, const Subject& subject) {
  const std::string& name = subject.name;
  switch (what) {
    case What::PodGone:
      if (Pod* pod = cluster_.edit_pod(subject.pod)) pod_gone(*pod);
      return;
    case What::PodScheduled:
      if (Pod* pod = cluster_.edit_pod(subject.pod)) schedule(*pod);
      return;
    case What::PodReady:
      if (Pod* pod = cluster_.edit_pod(subject.pod)) pod_ready(*pod);
      return;
    case What::VolumeGone:
      if (Node* node = cluster_.edit_node(name)) node->attached_volumes.erase(subject.detail);
      return;
    case What::ImageInPlace:
      return reboot(name, subject.detail);
    case What::NodeUp:
      return node_up(name, subject.detail);
    case What::NodeTold:
      if (const Node* node = cluster_.find_node(name)) seen_.reports[name] = {node->boot_id, booted_.at(name)};
      return;
    case What::GateSettled:
      seen_.node_gates[name] = {Verdict::Good, {}};
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
  const auto budgets = cluster_.budgets_of(*pod);
  if (budgets.size() > 1) return;  // the API says 500
  for (const Budget* budget : budgets) {
    if (!unprotected(*budget, *pod) && (!budget->observed || budget->allowed <= 0)) return;  // 429
  }
  ++evictions_;
  pod->deleted = now_ + std::chrono::seconds(30);
  set_pod_ready(*pod, false);
  if (!dice_.in_a_thousand(faults.stuck_pod)) later(take(durations.leave), What::PodGone, *pod);
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
  for (Pod* pod : cluster_.edit_pods_at(name)) set_pod_ready(*pod, false);
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
  for (Pod* pod : cluster_.edit_pods_at(name)) set_pod_ready(*pod, true);
  room_changed(*node);
  if (!dice_.in_a_thousand(faults.silent_node)) later(take(durations.report), What::NodeTold, name);
  if (dice_.in_a_thousand(faults.missing_node_gate)) {
    seen_.node_gates[name] = {Verdict::Missing, "its metrics are not there"};
  } else if (!dice_.in_a_thousand(faults.bad_node_gate)) {
    later(take(durations.settle), What::GateSettled, name);
  }
  try_pending();
}

void World::pod_gone(Pod& gone) {
  set_pod_ready(gone, false);
  if (const Node* node = cluster_.node_of(gone)) {
    if (node->place < rooms_.size()) give_room(rooms_[node->place], gone.requests);
    for (const auto& volume : node->attached_volumes) {
      if (volume.starts_with(gone.uid + "/")) later(take(durations.detach), What::VolumeGone, node->name, volume);
    }
  }
  if (gone.owner != Owner::Workload) return cluster_.remove_pod(std::string(gone.uid));
  const auto number = ++pod_number_;
  cluster_.replace_pod(gone, fmt::format("pod-{}", number), fmt::format("{}-{}", gone.owner_name, number));
  gone.deleted.reset();
  gone.ready = false;
  later(take(durations.schedule), What::PodScheduled, gone);
}

void World::take_room(Room& room, const Resources& asked) {
  if (room.open) by_free_cpu_.erase(&room);
  room.free -= asked;
  if (room.open) by_free_cpu_.insert(&room);
}

void World::give_room(Room& room, const Resources& asked) {
  if (room.open) by_free_cpu_.erase(&room);
  room.free += asked;
  if (room.open) by_free_cpu_.insert(&room);
}

// The emptiest node that has room, as the scheduler's default scoring tends to choose.
void World::schedule(Pod& waiting) {
  constexpr int kTried = 64;
  if (!waiting.node.empty()) return;
  int tried = 0;
  for (auto at = by_free_cpu_.rbegin(); at != by_free_cpu_.rend() && tried < kTried; ++at, ++tried) {
    Room& room = **at;
    if (!waiting.requests.fits_in(room.free)) continue;
    take_room(room, waiting.requests);
    cluster_.move_pod(waiting, *room.node);
    if (!pending_.empty()) pending_.erase(waiting.uid);
    if (!dice_.in_a_thousand(faults.sick_pod)) later(take(durations.start), What::PodReady, waiting);
    return;
  }
  pending_.insert(waiting.uid);
}

void World::pod_ready(Pod& pod) {
  if (pod.deleted) return;
  const Node* node = cluster_.node_of(pod);
  if (node != nullptr && node->ready) set_pod_ready(pod, true);
}

void World::set_pod_ready(Pod& pod, bool ready) {
  if (pod.ready == ready || pod.finished || (ready && pod.deleted)) return;
  pod.ready = ready;
  for (Budget* budget : cluster_.edit_budgets_of(pod)) {
    budget->healthy += ready ? 1 : -1;
    budget->allowed = std::max<std::int64_t>(0, budget->healthy - budget->desired);
  }
}

void World::room_changed(const Node& node) {
  if (node.place >= rooms_.size()) rooms_.resize(node.place + 1);
  Room& room = rooms_[node.place];
  if (std::exchange(room.open, false)) by_free_cpu_.erase(&room);
  if (!takes_pods(node)) return;
  room.node = &node;
  room.free = node.allocatable;
  room.free -= cluster_.requested_on(node.name);
  room.open = true;
  by_free_cpu_.insert(&room);
}

void World::try_pending() {
  const auto waiting = std::exchange(pending_, {});
  for (const auto& uid : waiting) {
    if (Pod* pod = cluster_.edit_pod(uid)) schedule(*pod);
  }
}

}  // namespace keelson::fleet
