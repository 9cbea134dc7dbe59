#include "fleet/controller/rollout_driver.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "fleet/controller/status_change.h"
#include "fleet/requests/present.h"
#include "fleet/resources/kinds.h"
#include "fleet/windows/observe.h"
#include "kube/merge_difference.h"

namespace keelson::fleet {

namespace {

using kube::json;
using std::chrono::seconds;

constexpr std::string_view kFinalizer = "keelson.dev/rollout";
constexpr seconds kWordsWait{30};  // sentences alone are stored this often
constexpr seconds kLongestLook{60};
constexpr const char* kForbidden = "Forbidden";

bool has_finalizer(const json& object) {
  const json& list = kube::list_at(object, {"metadata", "finalizers"});
  return std::any_of(list.begin(), list.end(), [](const json& one) { return one == kFinalizer; });
}

json finalizers_of(const json& object, bool ours) {
  json kept = json::array();
  for (const auto& one : kube::list_at(object, {"metadata", "finalizers"})) {
    if (one != kFinalizer) kept.push_back(one);
  }
  if (ours) kept.push_back(kFinalizer);
  return kept;
}

bool same_memory(const GateMemory& a, const GateMemory& b) {
  const auto same = [](const auto& x, const auto& y) {
    return x.first == y.first && x.second.verdict == y.second.verdict && x.second.reason == y.second.reason;
  };
  return a.daemon_sets == b.daemon_sets && a.crash_looping == b.crash_looping && a.looks == b.looks &&
         std::equal(a.answers.begin(), a.answers.end(), b.answers.begin(), b.answers.end(), same);
}

/// The node that a back end put in the place of another, by an operation of this rollout.
std::string successor_of(const NodeRecord* record, const std::string& rollout) {
  if (record == nullptr || !record->progress || !record->progress->name.starts_with(rollout + "/")) return {};
  return record->progress->successor;
}

}  // namespace

RolloutDriver::RolloutDriver(std::string name, DriverTools tools)
    : name_(std::move(name)), tools_(std::move(tools)), gates_(*tools_.gate_worker, *tools_.gates) {}

/// Where the server lets people change a plan that has begun, nothing more is done with it until it is as it was.
void RolloutDriver::require_same_plan(const json& object) {
  const std::string begun_with = kube::text_at(object, {"status", "planHash"});
  if (begun_with.empty() || begun_with == plan_hash_of(object)) return;
  rollout_.reset();
  throw Error(ErrorKind::BadInput,
              fmt::format("cannot go on with rollout '{}': its plan was changed after it had begun", name_),
              "put back what it was; another plan is another rollout");
}

bool RolloutDriver::load(const std::stop_token& stop) {
  rollout_.reset();
  const auto object = tools_.api->find(node_rollouts(), {"", name_}, stop);
  if (!object) return false;
  version_ = kube::resource_version_of(*object);
  deleting_ = kube::is_being_deleted(*object);
  finalizer_ = has_finalizer(*object);
  stored_ = object->value("status", json());
  rollout_ = read_node_rollout(*object);
  index_.emplace(rollout_->spec);
  plan_hash_ = plan_hash_of(*object);
  require_same_plan(*object);
  record_ = read_rollout_record(*object, rollout_->spec);
  words_since_.reset();
  told_forbidden_.clear();
  if (record_) {
    for (const auto& condition : record_->conditions) {
      if (condition.type == "Progressing" && condition.reason == kForbidden) told_forbidden_ = condition.message;
    }
  }
  hear_acknowledgement();
  if (deleting_) rollout_->wishes.aborted = true;
  if (back_end_choice_ != rollout_->back_end) {
    back_end_choice_ = rollout_->back_end;
    back_end_ = make_back_end(rollout_->back_end, tools_.back_ends);
  }
  return true;
}

bool RolloutDriver::has_to_mark() const {
  return record_ && std::any_of(record_->status.nodes.begin(), record_->status.nodes.end(),
                                [](const auto& entry) { return entry.second.to_mark; });
}

void RolloutDriver::hear_acknowledgement() {
  const std::int64_t now = rollout_->wishes.acknowledged_halts;
  if (record_) {
    const RolloutStatus& status = record_->status;
    const bool goes_on = acknowledged_ ? now > *acknowledged_ : status.phase == Phase::Halted && now >= status.halts;
    if (goes_on) gates_.ask_anew(record_->memory);
  }
  acknowledged_ = now;
}

void RolloutDriver::take_wishes(const json& object) {
  if (!rollout_ || kube::uid_of(object) != rollout_->spec.uid) return;
  const bool same_status = object.value("status", json()) == stored_;
  if (same_status) version_ = kube::resource_version_of(object);
  NodeRollout read = read_node_rollout(object);
  if (read.generation < rollout_->generation) return;
  require_same_plan(object);
  rollout_->generation = read.generation;
  rollout_->wishes = std::move(read.wishes);
  hear_acknowledgement();
  deleting_ = deleting_ || kube::is_being_deleted(object);
  if (deleting_) rollout_->wishes.aborted = true;
}

json RolloutDriver::write_status(const json& status, const std::stop_token& stop) {
  // null is no status yet: everything is new then.
  json change = kube::merge_difference(stored_.is_object() ? stored_ : json::object(), status);
  json body{{"metadata", {{"resourceVersion", version_}}}, {"status", std::move(change)}};
  json answer = tools_.api->patch(node_rollouts(), {"", name_},
                                  kube::merge_patch(std::move(body), tools_.field_manager), "status", stop);
  version_ = kube::resource_version_of(answer);
  stored_ = answer.value("status", json());
  tools_.view->wrote_rollout(answer);
  return answer;
}

void RolloutDriver::set_conditions(RolloutRecord& record, const std::string& forbidden) const {
  const RolloutStatus& status = record.status;
  const bool waits = status.phase == Phase::Halted || status.phase == Phase::WaitingForApproval;
  record.conditions = {
      {"Accepted", true, "Begun", "it fits the cluster"},
      {"Progressing", !status.over() && !waits, std::string(phase_name(status.phase)), status.reason},
      {"Halted", status.phase == Phase::Halted, status.phase == Phase::Halted ? "Halted" : "NotHalted", status.reason}};
  if (!forbidden.empty() && !status.over()) record.conditions[1] = {"Progressing", false, kForbidden, forbidden};
}

void RolloutDriver::begin(Moment now, const std::stop_token& stop) {
  if (!finalizer_) {
    const auto object = tools_.api->get(node_rollouts(), {"", name_}, stop);
    json body{{"metadata",
               {{"resourceVersion", kube::resource_version_of(object)}, {"finalizers", finalizers_of(object, true)}}}};
    const json answer = tools_.api->patch(node_rollouts(), {"", name_},
                                          kube::merge_patch(std::move(body), tools_.field_manager), "", stop);
    version_ = kube::resource_version_of(answer);
    stored_ = answer.value("status", json());
    finalizer_ = true;
  }
  RolloutRecord record{.status = first_status(rollout_->spec, now)};
  store(std::move(record), tools_.rights->text(), now, stop);
}

bool RolloutDriver::refuse(const std::string& reason, const std::string& message, Moment now,
                           const std::stop_token& stop) {
  const json* conditions = kube::find_at(stored_, {"conditions"});
  if (conditions != nullptr) {
    const auto known = kube::condition_of(json{{"status", stored_}}, "Accepted");
    if (known && known->status == "False" && known->reason == reason && known->message == message) return false;
  }
  write_status(refusal_json(reason, message, rollout_->generation, stored_, now), stop);
  return true;
}

bool RolloutDriver::store(RolloutRecord record, const std::string& forbidden, Moment now, const std::stop_token& stop) {
  set_conditions(record, forbidden);
  record.plan_hash = plan_hash_;
  try {
    write_status(rollout_record_json(record, rollout_->generation, stored_, now), stop);
  } catch (const kube::ApiError& error) {
    if (!is_conflict(error)) throw;
    rollout_.reset();  // somebody changed it: look at it anew
    return false;
  }
  record_ = std::move(record);
  words_since_.reset();
  told_forbidden_ = forbidden;
  return true;
}

Observation RolloutDriver::observe(const Surroundings& surroundings, Moment now, GateMemory& memory) {
  Observation seen;
  const Cluster& cluster = tools_.view->cluster();
  seen.cluster = &cluster;
  seen.wishes = rollout_->wishes;
  seen.forbidden = tools_.rights->text();
  observe_window(surroundings.windows, now, seen);
  const std::string& closed = surroundings.denied.empty() ? surroundings.no_window : surroundings.denied;
  if (!closed.empty()) {
    seen.window_open = false;
    seen.window_reason = closed;
  }
  for (const auto& [name, progress] : record_->status.nodes) {
    if (!progress.changed) continue;
    const NodeRecord* own_record = tools_.view->record(name);
    const std::string successor = successor_of(own_record, rollout_->spec.uid);
    if (!successor.empty() && cluster.find_node(name) == nullptr) seen.successors[name] = successor;
    if (progress.stage != Stage::Acting && progress.stage != Stage::Proving) continue;
    const std::string& present = seen.successors.contains(name) ? successor : name;
    const NodeRecord* node_record = tools_.view->record(present);
    const std::string operation = operation_name(rollout_->spec, name, progress);
    OperationState state = state_of(own_record, operation, *back_end_);
    const auto begun = begun_.find(operation);
    if (state == OperationState::Unknown && begun != begun_.end() && now < begun->second + kBegunWait)
      state = OperationState::Running;
    if (state != OperationState::Unknown) seen.operations[operation] = state;
    if (state == OperationState::Failed) seen.operation_words[operation] = own_record->progress->message;
    if (node_record != nullptr && node_record->report) {
      seen.reports[name] = *node_record->report;
    } else if (const Node* node = cluster.find_node(present)) {
      const bool back = progress.direction == Direction::Back;
      const auto previous = rollout_->spec.previous.find(name);
      const Release* wanted = !back                                       ? &rollout_->spec.target
                              : previous == rollout_->spec.previous.end() ? nullptr
                                                                          : &previous->second;
      if (wanted != nullptr && asks_only_what_a_node_tells(*wanted))
        seen.reports[name] = {node->boot_id, present_release(*node, nullptr)};
    }
  }
  // It judges nodes by the name under which they are in the cluster.
  memory = gates_.observe(*rollout_, *record_, cluster, *tools_.tally, now, seen);
  // Nodes that have it already are what it is denied for.
  if (!surroundings.denied.empty()) seen.rollout_gate = {Verdict::Bad, surroundings.denied};
  return seen;
}

void RolloutDriver::tell(const RolloutStatus& before, const RolloutStatus& after, Moment now) {
  auto old = before.nodes.begin();
  for (const auto& [name, progress] : after.nodes) {
    const NodeProgress& was = (old++)->second;
    if (was.stage == progress.stage) continue;
    tools_.listener->passed(*rollout_, tools_.view->cluster().find_node(name), name, was.stage, progress,
                            std::max(now - was.since, seconds(0)));
  }
  if (before.phase != after.phase) tools_.listener->phase_changed(*rollout_, before.phase, after);
}

Moment RolloutDriver::step(const Surroundings& surroundings, Moment now, const std::stop_token& stop) {
  GateMemory memory;
  const Observation seen = observe(surroundings, now, memory);
  const auto started = std::chrono::steady_clock::now();
  const RolloutStatus before = record_->status;
  Decision decision = decide(*index_, record_->status, seen, now);
  tools_.listener->decided(*rollout_, decision.status, std::chrono::steady_clock::now() - started);
  GateKeeper::remember(before, decision.status, tools_.view->cluster(), memory);

  const bool words_only = differ_in_words_only(before, decision.status) && same_memory(memory, record_->memory);
  if (decision.changed && words_only && !words_since_) words_since_ = now;
  const bool rights_changed = seen.forbidden != told_forbidden_ && !before.over();
  const bool due = !words_only || rights_changed || (words_since_ && now >= *words_since_ + kWordsWait);
  if (due) {
    // Rule 1. When somebody else has stored one meanwhile, nothing of this decision is done.
    if (!store({.status = decision.status, .memory = std::move(memory)}, seen.forbidden, now, stop)) return now;
    tell(before, decision.status, now);
  } else {
    record_->status = std::move(decision.status);
  }
  const unsigned failures = failures_;
  const bool acted = carry_out(decision.actions, now, stop);
  if (failures_ != failures) return now + seconds(std::min(1U << std::min(failures_, 5U), 30U));
  failures_ = 0;
  if (due || acted) return now;
  Moment next = now + kLongestLook;
  if (decision.wake) next = std::min(next, *decision.wake);
  if (words_since_) next = std::min(next, *words_since_ + kWordsWait);
  for (const auto& [pod, moment] : not_before_) {
    if (moment > now) next = std::min(next, moment);
  }
  return std::max(next, now + seconds(1));
}

void RolloutDriver::let_go(const std::stop_token& stop) {
  if (!finalizer_) return;
  const auto object = tools_.api->find(node_rollouts(), {"", name_}, stop);
  if (!object) return;
  json body{{"metadata",
             {{"resourceVersion", kube::resource_version_of(*object)}, {"finalizers", finalizers_of(*object, false)}}}};
  tools_.api->patch(node_rollouts(), {"", name_}, kube::merge_patch(std::move(body), tools_.field_manager), "", stop);
  finalizer_ = false;
}

}  // namespace keelson::fleet
