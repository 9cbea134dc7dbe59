/// A decision while it is being made. Internal to this folder.
#pragma once

#include <string>
#include <utility>

#include "fleet/rollout/decide.h"
#include "fleet/rollout/drain.h"

namespace keelson::fleet {

struct Draft {
  const RolloutSpec& spec;
  const Observation& seen;
  const Moment now;
  RolloutStatus status;
  Allowances allowances;
  bool changed = false;
  std::vector<Action> actions{};
  std::optional<Moment> wake{};

  const Cluster& cluster() const { return *seen.cluster; }

  void wake_at(Moment moment) {
    if (moment > now && (!wake || moment < *wake)) wake = moment;
  }
  void enter(NodeProgress& progress, Stage stage, std::string reason = {}) {
    progress.stage = stage;
    progress.since = now;
    progress.reason = std::move(reason);
    changed = true;
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
void advance_node(Draft& draft, const std::string& name, NodeProgress& progress);
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
void mark_failed(NodeProgress& progress, std::string_view why);
std::int64_t failures(const RolloutStatus& status);

}  // namespace keelson::fleet
