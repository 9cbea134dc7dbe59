/// The rollout's state machine, as a function: from what is known to what comes next. It does nothing itself, reads no
/// clock and draws no lots; the controller, the planner and the simulator all run this one.
///
/// How to drive it: observe, decide(); when the status changed, store it (refused when somebody else stored one
/// meanwhile: observe again) and only then carry out the actions; wait until something changes, or `wake`. Every action
/// may be carried out again, and one that is lost is asked for again. What is observed may be old, but not older than
/// what the driver itself has done, and the status is read after the nodes; a change of a node is made only if the node
/// is still as it was observed. Why each of these matters, and how the rules are proved: decision 0032.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "fleet/cluster.h"
#include "fleet/rollout/spec.h"
#include "fleet/rollout/status.h"

namespace keelson::fleet {

class RolloutIndex;  // fleet/rollout/index.h

/// What is known of an operation of the back end.
enum class OperationState { Unknown, Running, Succeeded, Failed };

/// What a gate says. Missing is no answer: the data that it needs is not there.
enum class Verdict { Good, Bad, Missing };

struct GateResult {
  Verdict verdict = Verdict::Missing;
  std::string reason;  ///< "error rate 4.1 % of canary, 0.3 % of the others (p = 0.0002)"
};

/// What a node reported of itself since its last boot (NodeRecord).
struct BootReport {
  std::string boot_id;
  Release booted;  ///< as far as it could tell
};

/// Everything that is asked of the world.
struct Observation {
  const Cluster* cluster = nullptr;
  std::map<std::string, OperationState> operations;    ///< by operation name; absent: Unknown
  std::map<std::string, std::string> operation_words;  ///< by operation name: how one failed, for people
  std::map<std::string, BootReport> reports;           ///< by node
  std::map<std::string, GateResult> node_gates;  ///< by node: DaemonSets, conditions, what the user asks of a node
  /// By node: the one that took its place, where a back end replaces machines. What is reported and judged of it stands
  /// under the name of the node that it replaces.
  std::map<std::string, std::string> successors;
  GateResult rollout_gate{Verdict::Good, {}};  ///< what the user asks of the whole: canary against the others, …
  bool window_open = true;
  std::string window_reason;  ///< "opens at 2026-11-28 22:00 Europe/Berlin"
  std::optional<Moment> window_changes;
  /// "the account 'x' may not create pods/eviction": rights without which nodes can't be moved on. Nothing new begins,
  /// and who waits for such a right has not failed. "": none is missing.
  std::string forbidden;
  Wishes wishes;
};

enum class ActionKind {
  LeaveBalancers,
  JoinBalancers,
  Cordon,    ///< unschedulable, and our token beside it, in one change
  Uncordon,  ///< only where the token is ours
  Evict,
  MarkUnproven,  ///< a taint, before the operation begins
  ClearUnproven,
  BeginOperation,  ///< idempotent by its name; an earlier one of the node that has not ended counts no more
  Quarantine,      ///< a label and the reason
  ClearQuarantine,
};

struct Action {
  ActionKind kind{};
  std::string node;
  std::string pod;        ///< UID, of Evict
  std::string operation;  ///< of BeginOperation: the same for the same attempt for ever
  Release release;        ///< of BeginOperation
  std::string reason;     ///< of Quarantine
  bool operator==(const Action&) const = default;
};

struct Decision {
  RolloutStatus status;
  bool changed = false;  ///< `status` is not the one that was given
  std::vector<Action> actions;
  std::optional<Moment> wake;  ///< decide again then, though nothing else has changed
};

/// @param status given away, so that a rollout of thousands of nodes is not copied each time.
Decision decide(const RolloutSpec& spec, RolloutStatus status, const Observation& seen, Moment now);
/// The same, and cheaper for who decides often about one rollout in a large cluster that changes little in between.
/// @param index of the rollout; kept from one decision to the next.
Decision decide(RolloutIndex& index, RolloutStatus status, const Observation& seen, Moment now);

/// "<rollout's uid>/<node>/forward-1"
std::string operation_name(const RolloutSpec& spec, const std::string& node, const NodeProgress& progress);
/// What we write on nodes. The value of each annotation, of the label and of the taint is the rollout's token, its UID
/// and what tells leaders apart, so that only who set something takes it back.
inline constexpr std::string_view kCordonedBy = "keelson.dev/cordoned-by";
inline constexpr std::string_view kExcludeBalancers = "node.kubernetes.io/exclude-from-external-load-balancers";
inline constexpr std::string_view kExcludedBy = "keelson.dev/excluded-by";
inline constexpr std::string_view kUnproven = "keelson.dev/unproven";
inline constexpr std::string_view kQuarantined = "keelson.dev/quarantined";

}  // namespace keelson::fleet
