#include "fleet/rollout/decide.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/duration.h"
#include "fleet/rollout/draft.h"

namespace keelson::fleet {

namespace {

void enter_phase(Draft& draft, Phase phase, std::string reason = {}) {
  if (draft.status.phase == phase && draft.status.reason == reason) return;
  if (draft.status.phase != phase) draft.status.since = draft.now;
  draft.status.phase = phase;
  draft.status.reason = std::move(reason);
  draft.changed = true;
}

void hear_wishes(Draft& draft) {
  auto& status = draft.status;
  const auto& wishes = draft.seen.wishes;
  if (wishes.aborted && !status.aborted) status.aborted = draft.changed = true;
  if (wishes.roll_back && !status.backing_out) {
    status.backing_out = draft.changed = true;
    status.why_back = "somebody asked for it";
  }
}

bool is_before_change(Stage stage) {
  return stage == Stage::Excluding || stage == Stage::Cordoning || stage == Stage::Draining ||
         stage == Stage::Detaching;
}

/// Nothing more is to begin: nodes that were not changed yet are given back.
void give_back_unchanged(Draft& draft, const std::string& why) {
  for (auto& view : draft.index.views()) {
    if (view.progress == nullptr) continue;
    if (view.progress->direction == Direction::Forward && is_before_change(view.progress->stage))
      back_out(draft, *view.progress, AfterBacking::Pending, why);
  }
}

void advance_nodes(Draft& draft) {
  for (auto& view : draft.index.views()) {
    if (view.progress == nullptr) continue;
    const Stage stage = view.progress->stage;
    if (holds_node(stage) || stage == Stage::Quarantined) advance_node(draft, view);
  }
}

/// What arrived late, from a leader that was none any more: what is ours on a node that we do not hold is taken away.
void sweep(Draft& draft) {
  for (const auto& view : draft.index.views()) {
    if (!view.has_marks || view.progress == nullptr) continue;
    const Stage stage = view.progress->stage;
    if (!holds_node(stage) && stage != Stage::Quarantined) take_back_from(draft, *view.node);
  }
}

void check_failures(Draft& draft) {
  const auto failed = draft.tally.failed - draft.status.forgiven;
  if (failed <= draft.spec.strategy.max_failures || is_halted(draft) || draft.status.backing_out) return;
  const auto worst = std::find_if(draft.status.nodes.rbegin(), draft.status.nodes.rend(),
                                  [](const auto& entry) { return entry.second.failed; });
  draft.halt(fmt::format("{} nodes failed and {} may: {}: {}", failed, draft.spec.strategy.max_failures, worst->first,
                         worst->second.failure));
}

/// The user's gate over all that was changed. It is asked once something was, and no answer is a bad one in the end.
void check_gate(Draft& draft) {
  if (draft.tally.changed == 0 || is_halted(draft) || draft.status.backing_out) return;
  const GateResult& gate = draft.seen.rollout_gate;
  auto& missing_since = draft.status.gate_missing_since;
  if (gate.verdict != Verdict::Missing) {
    if (missing_since) draft.changed = true;
    missing_since.reset();
    if (gate.verdict == Verdict::Bad) draft.halt(gate.reason);
    return;
  }
  if (!missing_since) {
    missing_since = draft.now;
    draft.changed = true;
  }
  const Moment deadline = *missing_since + draft.spec.strategy.gate_time;
  draft.wake_at(deadline);
  if (draft.now >= deadline)
    draft.halt(fmt::format("the data that its gates need has been missing for {}: {}",
                           human_duration(draft.spec.strategy.gate_time), gate.reason));
}

/// A rollout that halts by itself goes back by itself when it may, and little enough was changed.
void choose_rollback(Draft& draft) {
  auto& status = draft.status;
  const auto& strategy = draft.spec.strategy;
  if (!is_halted(draft) || status.backing_out || status.aborted || strategy.rollback == Rollback::Never) return;
  const auto changed = draft.tally.changed;
  if (changed == 0 || changed > strategy.max_rollback) return;
  status.backing_out = draft.changed = true;
  status.why_back = status.reason;
}

void roll_back(Draft& draft) {
  give_back_unchanged(draft, "the rollout goes back");
  const auto waits = admit_rollbacks(draft);
  if (draft.tally.held != 0) {
    enter_phase(draft, Phase::RollingBack, draft.status.why_back);
  } else if (waits) {
    // It goes on by itself as soon as it can; until then somebody should look.
    enter_phase(draft, Phase::Halted, fmt::format("the way back is held up: {}", *waits));
  } else {
    enter_phase(draft, Phase::RolledBack, draft.status.why_back);
  }
}

bool batch_is_settled(const Draft& draft) {
  const auto& nodes = draft.index.batch(draft.status.batch);
  return std::all_of(nodes.begin(), nodes.end(), [&views = draft.index.views()](std::size_t node) {
    return is_settled(views[node].progress->stage);
  });
}

/// Whether the batch may begin, or go on beginning nodes; says why not.
bool may_begin(Draft& draft) {
  const Batch& batch = draft.spec.batches[draft.status.batch];
  const auto& approved = draft.seen.wishes.approved;
  if (draft.seen.wishes.paused) {
    enter_phase(draft, Phase::Paused, "somebody paused it");
    return false;
  }
  if (batch.needs_approval && std::find(approved.begin(), approved.end(), batch.name) == approved.end()) {
    enter_phase(draft, Phase::WaitingForApproval, fmt::format("batch '{}' waits for somebody's approval", batch.name));
    return false;
  }
  if (!draft.seen.forbidden.empty()) {
    enter_phase(draft, Phase::Running, draft.seen.forbidden);
    return false;
  }
  if (!draft.seen.window_open) {
    enter_phase(draft, Phase::WaitingForWindow, draft.seen.window_reason);
    if (draft.seen.window_changes) draft.wake_at(*draft.seen.window_changes);
    if (!draft.spec.strategy.finish_outside_window) give_back_unchanged(draft, "its maintenance window has closed");
    return false;
  }
  return true;
}

/// After a batch: wait, with the gates open, then the next one. True when there is a batch to work on.
bool finish_batch(Draft& draft) {
  auto& status = draft.status;
  while (batch_is_settled(draft)) {
    const bool last = status.batch + 1 == draft.spec.batches.size();
    const auto soak = last ? draft.spec.strategy.final_soak : draft.spec.strategy.batch_soak;
    if (!status.batch_done) {
      status.batch_done = draft.now;
      draft.changed = true;
    }
    const Moment end = *status.batch_done + soak;
    // A gate without an answer holds it here; check_gate() says when that has been too long.
    const bool unanswered = draft.tally.changed != 0 && draft.seen.rollout_gate.verdict == Verdict::Missing;
    if (draft.now < end || unanswered) {
      draft.wake_at(end);
      enter_phase(draft, Phase::Soaking, fmt::format("after batch '{}'", draft.spec.batches[status.batch].name));
      return false;
    }
    if (last) {
      enter_phase(draft, Phase::Completed);
      return false;
    }
    ++status.batch;
    status.batch_done.reset();
    draft.changed = true;
  }
  return true;
}

/// Nothing moves, and nothing will by itself: what the first node waits for.
std::string why_stuck(const Draft& draft) {
  if (draft.tally.held != 0) return {};
  for (const std::size_t node : draft.index.batch(draft.status.batch)) {
    const NodeView& view = draft.index.views()[node];
    if (view.progress->stage == Stage::Pending)
      return fmt::format("node {} waits: {}", view.name, view.progress->reason);
  }
  return {};
}

/// Nodes in quarantine may fill all that may be out of service: then nothing goes on before somebody has looked at
/// them.
void check_quarantine(Draft& draft) {
  if (draft.tally.held != 0 || draft.status.reason.empty()) return;
  const auto limit = draft.spec.strategy.max_unavailable.of(draft.spec.pool_nodes.size());
  const auto held = draft.tally.quarantined;
  if (held >= limit)
    draft.halt(fmt::format("{} nodes are in quarantine, and no more than {} may be out of service", held, limit));
}

void go_on(Draft& draft) {
  if (!finish_batch(draft)) return;
  if (!may_begin(draft)) return;
  admit_nodes(draft);
  enter_phase(draft, Phase::Running, why_stuck(draft));
  check_quarantine(draft);
  if (is_halted(draft)) return;
  finish_batch(draft);
}

void stop(Draft& draft, Phase settled, const std::string& why) {
  give_back_unchanged(draft, why);
  if (draft.tally.held == 0) enter_phase(draft, settled, draft.status.reason);
}

}  // namespace

void Draft::halt(const std::string& reason) {
  if (is_halted(*this)) return;
  ++status.halts;
  enter_phase(*this, Phase::Halted, reason);
  changed = true;
}

bool is_halted(const Draft& draft) { return draft.status.halts > draft.seen.wishes.acknowledged_halts; }

const Release* wanted_release(const RolloutSpec& spec, const std::string& node, Direction direction) {
  if (direction == Direction::Forward) return &spec.target;
  const auto found = spec.previous.find(node);
  return found == spec.previous.end() ? nullptr : &found->second;
}

std::string operation_name(const RolloutSpec& spec, const std::string& node, const NodeProgress& progress) {
  return fmt::format("{}/{}/{}-{}", spec.uid, node, progress.direction == Direction::Forward ? "forward" : "back",
                     progress.attempt);
}

Decision decide(const RolloutSpec& spec, RolloutStatus status, const Observation& seen, Moment now) {
  RolloutIndex index(spec);
  return decide(index, std::move(status), seen, now);
}

Decision decide(RolloutIndex& index, RolloutStatus status, const Observation& seen, Moment now) {
  Draft draft{index.spec(), seen, now, std::move(status), Allowances(*seen.cluster), index};
  index.look(*seen.cluster, draft.status);
  for (const auto& view : index.views()) {
    if (view.progress != nullptr) draft.tally.add(*view.progress, 1);
  }
  sweep(draft);
  if (draft.status.over()) {
    mark_quarantined(draft);
    return {.status = std::move(draft.status), .changed = draft.changed, .actions = std::move(draft.actions)};
  }
  hear_wishes(draft);
  const bool was_halted = draft.status.phase == Phase::Halted;
  if (was_halted && !is_halted(draft) && !draft.status.backing_out) {
    draft.status.forgiven = draft.tally.failed;
    draft.status.gate_missing_since.reset();
    enter_phase(draft, Phase::Running);
  }
  advance_nodes(draft);
  check_failures(draft);
  check_gate(draft);
  choose_rollback(draft);
  if (draft.status.backing_out) {
    roll_back(draft);
  } else if (draft.status.aborted) {
    stop(draft, Phase::Aborted, "the rollout was aborted");
  } else if (is_halted(draft)) {
    stop(draft, Phase::Halted, "the rollout halted");
  } else {
    go_on(draft);
    check_failures(draft);
    choose_rollback(draft);
    if (is_halted(draft) || draft.status.backing_out) draft.wake_at(now + std::chrono::seconds(1));
  }
  // What was begun or given back just now may already have something to do.
  return {.status = std::move(draft.status),
          .changed = draft.changed,
          .actions = std::move(draft.actions),
          .wake = draft.wake};
}

}  // namespace keelson::fleet
