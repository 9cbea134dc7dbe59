/// A decision while it is being made. Internal to this folder.
#pragma once

#include <string>
#include <utility>

#include "fleet/rollout/decide.h"
#include "fleet/rollout/drain.h"
#include "fleet/rollout/index.h"

namespace keelson::fleet {

/// How many nodes of a rollout are what, so that they are not all asked at every question.
struct Tally {
  std::int64_t failed = 0;
  std::int64_t changed = 0;  ///< and not on their way back
  std::int64_t held = 0;     ///< in flight
  std::int64_t quarantined = 0;

  void add(const NodeProgress& progress, int times) {
    failed += progress.failed ? times : 0;
    changed += progress.changed && progress.direction == Direction::Forward ? times : 0;
    held += holds_node(progress.stage) ? times : 0;
    quarantined += progress.stage == Stage::Quarantined ? times : 0;
  }
};

struct Draft {
  const RolloutSpec& spec;
  const Observation& seen;
  const Moment now;
  RolloutStatus status;
  Allowances allowances;
  RolloutIndex& index;
  Tally tally{};
  bool changed = false;
  std::vector<Action> actions{};
  std::optional<Moment> wake{};

  const Cluster& cluster() const { return *seen.cluster; }

  void wake_at(Moment moment) {
    if (moment > now && (!wake || moment < *wake)) wake = moment;
  }
  /// The one way in which what is counted of a node changes.
  template <class Change>
  void alter(NodeProgress& progress, Change&& change) {
    tally.add(progress, -1);
    change();
    tally.add(progress, 1);
  }
  void enter(NodeProgress& progress, Stage stage, std::string reason = {}) {
    alter(progress, [&] { progress.stage = stage; });
    progress.since = now;
    progress.reason = std::move(reason);
    progress.to_mark = stage == Stage::Quarantined;
    changed = true;
  }
  void mark_failed(NodeProgress& progress, std::string_view why) {
    alter(progress, [&] { progress.failed = true; });
    progress.failure = why;
  }
  /// Why it is still where it is; a new sentence about the same thing is a change worth storing.
  void tell(NodeProgress& progress, std::string reason) {
    if (progress.reason == reason) return;
    progress.reason = std::move(reason);
    changed = true;
  }
  void act(ActionKind kind, const std::string& node) { actions.push_back({.kind = kind, .node = node}); }
  /// Nothing new begins until somebody has looked. Whether changed nodes go back is decided at the end.
  void halt(const std::string& reason);
};

/// The release that a node is being moved to; nullptr when nothing is known of the one before.
const Release* wanted_release(const RolloutSpec& spec, const std::string& node, Direction direction);

/// Takes a node that is in flight as far as what was seen allows.
/// @param view of a node of the rollout.
void advance_node(Draft& draft, NodeView& view);
/// Asks for the label of nodes in quarantine that was not seen yet. A rollout that is over does nothing else for them:
/// whoever takes the label away afterwards has looked at the node.
void mark_quarantined(Draft& draft);
/// Stops a node that was not changed yet: what we set is taken back.
void back_out(Draft& draft, NodeProgress& progress, AfterBacking after, std::string reason);
/// Lets nodes of the current batch begin, as far as limits and budgets allow; tells the others why they wait.
void admit_nodes(Draft& draft);
/// Lets changed nodes begin their way back, within the same limits. Says what the first that is still to go waits for,
/// or nothing when none is.
std::optional<std::string> admit_rollbacks(Draft& draft);
bool is_halted(const Draft& draft);
/// A token is the rollout's UID, a slash and what tells its leaders apart.
bool is_token_of(std::string_view token, const RolloutSpec& spec);
/// Asks for all that is this rollout's on a node to be taken away; true when there is nothing.
bool take_back_from(Draft& draft, const Node& node);

}  // namespace keelson::fleet
