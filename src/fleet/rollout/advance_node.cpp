#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/duration.h"
#include "fleet/rollout/difference.h"
#include "fleet/rollout/draft.h"

namespace keelson::fleet {

namespace {

constexpr std::chrono::minutes kMarkTime{5};  // for a label, a taint or the cordon to be seen as we set it

struct Visit {
  Draft& draft;
  const std::string& name;
  NodeProgress& progress;
  const Node& node;

  const Strategy& strategy() const { return draft.spec.strategy; }
  void enter(Stage stage, std::string reason = {}) { draft.enter(progress, stage, std::move(reason)); }
  void tell(std::string reason) { draft.tell(progress, std::move(reason)); }
  void act(ActionKind kind) { draft.act(kind, node.name); }
  bool may_not() const { return !draft.seen.forbidden.empty(); }
  /// Why it is where it is; a right that is missing is the first thing to know.
  void tell_wait(std::string reason) { tell(may_not() ? draft.seen.forbidden : std::move(reason)); }
  /// Whether this stage has taken longer than it may; asks to be woken then.
  bool is_late(std::chrono::seconds limit) {
    draft.wake_at(progress.since + limit);
    return draft.now >= progress.since + limit;
  }
};

bool is_ours(const Visit& visit, std::string_view annotation) {
  return is_token_of(visit.node.annotation(annotation), visit.draft.spec);
}

bool is_unproven(const Node& node) {
  return std::any_of(node.taints.begin(), node.taints.end(), [](const Taint& taint) { return taint.key == kUnproven; });
}

bool has_left_balancers(const Node& node) { return node.labels.contains(kExcludeBalancers); }

/// It may have another image now: it stays out of service, for somebody to look at, or until it goes back.
void fail(Visit& visit, std::string reason) {
  visit.draft.mark_failed(visit.progress, reason);
  visit.enter(Stage::Quarantined, std::move(reason));
}

void stop_draining(Visit& visit, const std::string& reason) {
  if (visit.may_not()) {
    // Not the node's fault: it is given back and begins again; on its way back it has to wait.
    if (visit.progress.direction == Direction::Back) return visit.tell_wait(reason);
    return back_out(visit.draft, visit.progress, AfterBacking::Pending, visit.draft.seen.forbidden);
  }
  visit.draft.mark_failed(visit.progress, reason);
  // What is on its way back has the new image: it is not put into service again.
  const bool may_serve = visit.progress.direction == Direction::Forward;
  if (visit.strategy().undrainable == Undrainable::Quarantine || !may_serve) {
    visit.enter(Stage::Quarantined, reason);
    return;
  }
  if (visit.strategy().undrainable == Undrainable::Halt)
    visit.draft.halt(fmt::format("node {}: {}", visit.name, reason));
  back_out(visit.draft, visit.progress, AfterBacking::Skipped, reason);
}

/// Somebody uncordoned it while it was to be empty: their word counts.
bool was_taken_from_us(Visit& visit) {
  if (visit.node.unschedulable) return false;
  const std::string why = "somebody uncordoned it while its pods were leaving";
  if (visit.progress.direction == Direction::Back) {
    fail(visit, why);
  } else {
    visit.draft.mark_failed(visit.progress, why);
    back_out(visit.draft, visit.progress, AfterBacking::Skipped, why);
  }
  return true;
}

void exclude(Visit& visit) {
  if (visit.strategy().balancer_delay.count() == 0) return visit.enter(Stage::Cordoning);
  if (!has_left_balancers(visit.node)) {
    if (visit.is_late(kMarkTime + visit.strategy().balancer_delay))
      return stop_draining(visit, "its label could not be set");
    visit.tell_wait({});
    return visit.act(ActionKind::LeaveBalancers);
  }
  if (visit.is_late(visit.strategy().balancer_delay)) visit.enter(Stage::Cordoning);
}

void cordon(Visit& visit) {
  if (visit.node.unschedulable) {
    visit.progress.cordon_is_ours = is_ours(visit, kCordonedBy);
    return visit.enter(Stage::Draining, visit.progress.cordon_is_ours ? "" : "it was cordoned before us, and stays so");
  }
  if (visit.is_late(kMarkTime)) return stop_draining(visit, "it could not be cordoned");
  visit.tell_wait({});
  visit.act(ActionKind::Cordon);
}

void drain(Visit& visit) {
  if (was_taken_from_us(visit)) return;
  const auto fates = judge_pods(visit.draft.cluster(), visit.node, visit.strategy(), visit.draft.allowances);
  if (is_empty(fates)) return visit.enter(Stage::Detaching);
  const std::string why = why_not_empty(visit.draft.cluster(), fates);
  if (visit.is_late(visit.strategy().drain_time)) {
    return stop_draining(
        visit, fmt::format("its pods did not leave within {}: {}", human_duration(visit.strategy().drain_time), why));
  }
  for (const auto& fate : fates) {
    if (fate.verdict == PodVerdict::BlockedNow || fate.verdict == PodVerdict::BlockedForEver)
      visit.draft.wake_at(visit.draft.now + visit.strategy().evict_again);
    if (fate.verdict == PodVerdict::Evictable)
      visit.draft.actions.push_back({.kind = ActionKind::Evict, .node = visit.node.name, .pod = fate.pod->uid});
  }
  visit.tell_wait(why);
}

void begin_operation(Visit& visit) {
  visit.progress.boot_id = visit.node.boot_id;
  visit.draft.alter(visit.progress, [&] { visit.progress.changed = true; });
  ++visit.progress.attempt;
  visit.enter(Stage::Acting);
}

void detach(Visit& visit) {
  if (was_taken_from_us(visit)) return;
  if (visit.node.attached_volumes.empty()) return begin_operation(visit);
  std::string why = fmt::format("{} volumes are still attached: {} …", visit.node.attached_volumes.size(),
                                *visit.node.attached_volumes.begin());
  if (visit.is_late(visit.strategy().detach_time)) return stop_draining(visit, why);
  visit.tell(std::move(why));
}

/// What was told of an operation, as the end of a sentence.
std::string words_of(const Draft& draft, const std::string& operation) {
  const auto words = draft.seen.operation_words.find(operation);
  return words == draft.seen.operation_words.end() || words->second.empty() ? "" : ": " + words->second;
}

void operate(Visit& visit) {
  const std::string operation = operation_name(visit.draft.spec, visit.name, visit.progress);
  const auto known = visit.draft.seen.operations.find(operation);
  const auto state = known == visit.draft.seen.operations.end() ? OperationState::Unknown : known->second;
  if (state == OperationState::Succeeded) return visit.enter(Stage::Proving);
  if (state == OperationState::Failed)
    return fail(visit, "its image could not be put in place" + words_of(visit.draft, operation));
  if (visit.is_late(visit.strategy().act_time)) {
    return fail(visit, fmt::format("its image was not in place after {}{}{}", human_duration(visit.strategy().act_time),
                                   visit.may_not() ? ": " : "", visit.draft.seen.forbidden));
  }
  visit.tell_wait({});
  if (state == OperationState::Running) return;
  if (!visit.node.unschedulable) return fail(visit, "somebody uncordoned it before it was given its image");
  if (!is_unproven(visit.node)) return visit.act(ActionKind::MarkUnproven);
  visit.draft.actions.push_back({.kind = ActionKind::BeginOperation,
                                 .node = visit.name,
                                 .operation = operation,
                                 .release = *wanted_release(visit.draft.spec, visit.name, visit.progress.direction)});
}

void prove(Visit& visit) {
  const bool late = visit.is_late(visit.strategy().prove_time);
  const bool rebooted = visit.node.ready && !visit.node.boot_id.empty() && visit.node.boot_id != visit.progress.boot_id;
  const auto report = visit.draft.seen.reports.find(visit.name);
  const bool told =
      rebooted && report != visit.draft.seen.reports.end() && report->second.boot_id == visit.node.boot_id;
  if (!told) {
    if (!late) return;
    return fail(visit, fmt::format("after {} {}", human_duration(visit.strategy().prove_time),
                                   !visit.node.ready ? "it is not ready"
                                   : !rebooted       ? "it has not rebooted"
                                                     : "nothing has told what it booted"));
  }
  const Release& wanted = *wanted_release(visit.draft.spec, visit.name, visit.progress.direction);
  if (const auto other = difference(wanted, report->second.booted); !other.empty()) return fail(visit, other);
  if (is_unproven(visit.node)) {
    if (late && !visit.may_not()) return fail(visit, "its taint could not be removed");
    if (late) visit.tell_wait({});
    return visit.act(ActionKind::ClearUnproven);
  }
  visit.enter(Stage::Gating);
}

GateResult gate_of(const Visit& visit) {
  const auto found = visit.draft.seen.node_gates.find(visit.name);
  if (found == visit.draft.seen.node_gates.end()) return {Verdict::Missing, "no gate has answered"};
  if (found->second.verdict == Verdict::Good && !visit.node.ready) return {Verdict::Bad, "it is not ready"};
  return found->second;
}

void pass_gates(Visit& visit) {
  const GateResult gate = gate_of(visit);
  if (gate.verdict == Verdict::Good) {
    visit.progress.gates_good_since = visit.draft.now;
    return visit.enter(Stage::Soaking);
  }
  if (!visit.is_late(visit.strategy().gate_time)) return visit.tell(gate.reason);
  if (gate.verdict == Verdict::Missing) {
    visit.draft.halt(fmt::format("node {}: the data that its gates need is missing: {}", visit.name, gate.reason));
  }
  fail(visit, gate.reason);
}

void soak(Visit& visit) {
  const GateResult gate = gate_of(visit);
  if (gate.verdict == Verdict::Bad) return fail(visit, gate.reason);
  if (gate.verdict == Verdict::Missing) {
    const auto deadline = visit.progress.gates_good_since.value_or(visit.progress.since) + visit.strategy().gate_time;
    visit.draft.wake_at(deadline);
    if (visit.draft.now < deadline) return visit.tell(gate.reason);
    visit.draft.halt(fmt::format("node {}: the data that its gates need is missing: {}", visit.name, gate.reason));
    return fail(visit, gate.reason);
  }
  if (visit.strategy().node_soak.count() == 0 || visit.is_late(visit.strategy().node_soak))
    return visit.enter(Stage::Releasing);
  // Worth storing only so often: a restart may wait a little longer for missing data.
  if (visit.draft.now - visit.progress.gates_good_since.value_or(visit.progress.since) >=
      visit.strategy().gate_time / 2) {
    visit.progress.gates_good_since = visit.draft.now;
    visit.draft.changed = true;
  }
  visit.draft.wake_at(visit.draft.now + std::max(visit.strategy().gate_time / 2, std::chrono::seconds(1)));
}

void release(Visit& visit) {
  if (take_back_from(visit.draft, visit.node)) return visit.enter(Stage::Done);
  visit.tell_wait({});
}

void back(Visit& visit) {
  if (!take_back_from(visit.draft, visit.node)) return;
  const std::string reason = visit.progress.reason;
  visit.progress.cordon_is_ours = false;
  visit.enter(visit.progress.after == AfterBacking::Skipped ? Stage::Skipped : Stage::Pending, reason);
}

void show_quarantine(Visit& visit) {
  if (visit.node.labels.contains(kQuarantined)) {
    if (std::exchange(visit.progress.to_mark, false)) visit.draft.changed = true;
    return;
  }
  visit.draft.actions.push_back(
      {.kind = ActionKind::Quarantine, .node = visit.node.name, .reason = visit.progress.reason});
}

/// The node that took the place of one that has gone.
const Node* stand_in(const Draft& draft, const NodeView& view) {
  const auto found = draft.seen.successors.find(view.name);
  if (found == draft.seen.successors.end() || !view.progress->changed) return nullptr;
  return draft.cluster().find_node(found->second);
}

/// While a machine is replaced there is no node: that is waited for as long as the stage may take.
void advance_absent(Draft& draft, NodeView& view) {
  NodeProgress& progress = *view.progress;
  if (progress.stage != Stage::Acting && progress.stage != Stage::Proving) {
    if (!is_settled(progress.stage)) draft.enter(progress, Stage::Skipped, "it left the cluster");
    return;
  }
  const auto give_up = [&](const std::string& why) {
    draft.mark_failed(progress, why);
    draft.enter(progress, Stage::Skipped, why);
  };
  if (progress.stage == Stage::Acting) {
    const auto known = draft.seen.operations.find(operation_name(draft.spec, view.name, progress));
    const auto state = known == draft.seen.operations.end() ? OperationState::Unknown : known->second;
    if (state == OperationState::Failed) {
      return give_up("it has gone, and its image could not be put in place" +
                     words_of(draft, operation_name(draft.spec, view.name, progress)));
    }
    if (state == OperationState::Succeeded) draft.enter(progress, Stage::Proving);
  }
  const bool acting = progress.stage == Stage::Acting;
  const auto limit = acting ? draft.spec.strategy.act_time : draft.spec.strategy.prove_time;
  draft.wake_at(progress.since + limit);
  if (draft.now >= progress.since + limit)
    return give_up(fmt::format("it has gone, and nothing has taken its place after {}", human_duration(limit)));
  draft.tell(progress, "it has gone: what takes its place is waited for");
}

void advance_once(Visit& visit) {
  switch (visit.progress.stage) {
    case Stage::Excluding:
      return exclude(visit);
    case Stage::Cordoning:
      return cordon(visit);
    case Stage::Draining:
      return drain(visit);
    case Stage::Detaching:
      return detach(visit);
    case Stage::Acting:
      return operate(visit);
    case Stage::Proving:
      return prove(visit);
    case Stage::Gating:
      return pass_gates(visit);
    case Stage::Soaking:
      return soak(visit);
    case Stage::Releasing:
      return release(visit);
    case Stage::Backing:
      return back(visit);
    case Stage::Quarantined:
      return show_quarantine(visit);
    case Stage::Pending:
    case Stage::Done:
    case Stage::Skipped:
      return;
  }
}

}  // namespace

bool is_token_of(std::string_view token, const RolloutSpec& spec) {
  return token.starts_with(spec.uid) && (token.size() == spec.uid.size() || token[spec.uid.size()] == '/');
}

bool take_back_from(Draft& draft, const Node& node) {
  const auto before = draft.actions.size();
  const auto is_ours = [&](const std::string& token) { return is_token_of(token, draft.spec); };
  if (is_ours(node.annotation(kCordonedBy))) draft.act(ActionKind::Uncordon, node.name);
  if (is_ours(node.annotation(kExcludedBy))) draft.act(ActionKind::JoinBalancers, node.name);
  if (is_ours(node.label(kQuarantined))) draft.act(ActionKind::ClearQuarantine, node.name);
  for (const auto& taint : node.taints) {
    if (taint.key == kUnproven && is_ours(taint.value)) draft.act(ActionKind::ClearUnproven, node.name);
  }
  return draft.actions.size() == before;
}

void back_out(Draft& draft, NodeProgress& progress, AfterBacking after, std::string reason) {
  progress.after = after;
  draft.enter(progress, Stage::Backing, std::move(reason));
}

void mark_quarantined(Draft& draft) {
  for (auto& view : draft.index.views()) {
    if (view.progress == nullptr || view.node == nullptr || !view.progress->to_mark) continue;
    Visit visit{draft, view.name, *view.progress, *view.node};
    if (view.progress->stage == Stage::Quarantined) show_quarantine(visit);
  }
}

void advance_node(Draft& draft, NodeView& view) {
  NodeProgress& progress = *view.progress;
  const Node* node = view.node != nullptr ? view.node : stand_in(draft, view);
  if (node == nullptr) return advance_absent(draft, view);
  Visit visit{draft, view.name, progress, *node};
  for (auto before = progress.stage;; before = progress.stage) {
    advance_once(visit);
    if (progress.stage == before) return;
  }
}

}  // namespace keelson::fleet
