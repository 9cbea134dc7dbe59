#include "fleet/view/rollout_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "base/error.h"
#include "base/timestamp.h"
#include "fleet/rollout/decide.h"
#include "fleet/view/advice.h"
#include "fleet/view/text.h"
#include "kube/objects.h"

namespace keelson::fleet::view {

namespace {

using nlohmann::json;

constexpr std::chrono::minutes kMarkTime{5};  // as in rollout/advance_node.cpp

void count(Counts& counts, const NodeProgress& progress) {
  ++counts.nodes;
  if (progress.failed) ++counts.failed;
  switch (progress.stage) {
    case Stage::Pending:
      ++counts.pending;
      return;
    case Stage::Done:
      ++counts.done;
      return;
    case Stage::Skipped:
      ++counts.skipped;
      return;
    case Stage::Quarantined:
      ++counts.quarantined;
      return;
    default:
      ++counts.under_way;
  }
}

NodeView node_view(const std::string& name, const NodeProgress& progress, const Strategy& strategy) {
  return {.node = line_of(name),
          .stage = progress.stage,
          .direction = progress.direction,
          .since = progress.since,
          .reason = line_of(progress.reason),
          .deadline = deadline_of(progress, strategy)};
}

void add_identity(RolloutView& view, const json& resource) {
  view.name = line_of(kube::name_of(resource));
  view.uid = line_of(kube::uid_of(resource));
  view.resource_version = kube::resource_version_of(resource);
  view.pool = line_of(kube::text_at(resource, {"spec", "pool"}));
  view.release = line_of(kube::text_at(resource, {"spec", "plan", "target", "name"}));
  if (const auto created = parse_timestamp(kube::text_at(resource, {"metadata", "creationTimestamp"})))
    view.created = Moment{std::chrono::seconds(*created)};
}

void add_batches(RolloutView& view, const NodeRollout& rollout, const RolloutStatus& status, bool begun) {
  const std::set<std::string> approved(rollout.wishes.approved.begin(), rollout.wishes.approved.end());
  for (std::size_t i = 0; i < rollout.spec.batches.size(); ++i) {
    const Batch& batch = rollout.spec.batches[i];
    BatchView one{.name = line_of(batch.name), .needs_approval = batch.needs_approval};
    one.approved = approved.contains(batch.name);
    for (const auto& name : batch.nodes) {
      const auto found = status.nodes.find(name);
      if (found == status.nodes.end()) continue;
      count(one.counts, found->second);
      count(view.counts, found->second);
      if (holds_node(found->second.stage))
        view.under_way.push_back(node_view(name, found->second, rollout.spec.strategy));
    }
    const bool settled = one.counts.pending + one.counts.under_way == 0;
    using State = BatchView::State;
    if (begun) one.state = i < status.batch || (settled && view.over) ? State::Over : State::Waiting;
    if (begun && i == status.batch && !view.over) one.state = State::Current;
    view.batches.push_back(std::move(one));
  }
}

void add_troubles(RolloutView& view, const NodeRollout& rollout, const RolloutStatus& status) {
  for (const auto& [name, progress] : status.nodes) {
    view.stages[line_of(name)] = progress.stage;
    const bool away = progress.stage == Stage::Quarantined;
    if (!away && !(progress.failed && is_settled(progress.stage))) continue;
    TroubleView trouble{.node = line_of(name), .stage = progress.stage, .since = progress.since};
    trouble.why = line_of(progress.failure.empty() ? progress.reason : progress.failure);
    trouble.next = advice_for_node(view, rollout.spec, name, progress);
    view.troubles.push_back(std::move(trouble));
  }
  std::stable_partition(view.troubles.begin(), view.troubles.end(),
                        [](const TroubleView& each) { return each.stage == Stage::Quarantined; });
}

void add_record(RolloutView& view, const RolloutRecord& record) {
  const RolloutStatus& status = record.status;
  view.phase = status.phase;
  view.since = status.since;
  view.reason = line_of(status.reason);
  view.over = status.over();
  view.backing_out = status.backing_out;
  view.halts = status.halts;
  view.halted = status.phase == Phase::Halted && (status.backing_out || status.halts > view.wishes.acknowledged_halts);
}

/// Read by itself: of a rollout that was not accepted, nothing else is there.
void add_conditions(RolloutView& view, const json& resource) {
  constexpr std::size_t kMostConditions = 16;
  for (const auto& condition : kube::list_at(resource, {"status", "conditions"})) {
    if (view.conditions.size() == kMostConditions) break;
    view.conditions.push_back({.type = line_of(kube::text_at(condition, {"type"})),
                               .holds = kube::text_at(condition, {"status"}) == "True",
                               .reason = line_of(kube::text_at(condition, {"reason"})),
                               .message = line_of(kube::text_at(condition, {"message"}))});
    const ConditionView& seen = view.conditions.back();
    if (seen.type == "Accepted" && !seen.holds && !view.phase)
      view.refused = seen.message.empty() ? seen.reason : seen.message;
  }
}

}  // namespace

std::optional<Moment> deadline_of(const NodeProgress& progress, const Strategy& strategy) {
  switch (progress.stage) {
    case Stage::Excluding:
      return progress.since + kMarkTime + strategy.balancer_delay;
    case Stage::Cordoning:
      return progress.since + kMarkTime;
    case Stage::Draining:
      return progress.since + strategy.drain_time;
    case Stage::Detaching:
      return progress.since + strategy.detach_time;
    case Stage::Acting:
      return progress.since + strategy.act_time;
    case Stage::Proving:
      return progress.since + strategy.prove_time;
    case Stage::Gating:
      return progress.since + strategy.gate_time;
    case Stage::Soaking:
      return progress.since + strategy.node_soak;
    default:
      return std::nullopt;
  }
}

RolloutView view_rollout(const json& resource) {
  RolloutView view;
  add_identity(view, resource);
  try {
    const NodeRollout rollout = read_node_rollout(resource);
    const auto record = read_rollout_record(resource, rollout.spec);
    view.wishes = rollout.wishes;
    for (auto& batch : view.wishes.approved) batch = line_of(batch);
    view.unheard =
        rollout.generation > kube::number_at(resource, {"status", "observedGeneration"}).value_or(rollout.generation);
    if (record) add_record(view, *record);
    add_conditions(view, resource);
    const RolloutStatus status = record ? record->status : first_status(rollout.spec, view.created.value_or(Moment{}));
    add_batches(view, rollout, status, record.has_value());
    add_troubles(view, rollout, status);
    view.next = advice_for_rollout(view);
  } catch (const Error& error) {
    view.problem = line_of(error.message());
  }
  return view;
}

}  // namespace keelson::fleet::view
