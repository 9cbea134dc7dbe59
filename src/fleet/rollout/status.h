/// Where a rollout is: all that must survive a restart, and nothing that can be seen by looking at the cluster again.
///
/// The rule that makes a kill -9 harmless: a status is written before what it says is done, and everything that is done
/// is safe to do again. (docs/formats/rollout.md draws the states; tests/model holds the same as a model for spin.)
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/cluster.h"
#include "fleet/rollout/spec.h"

namespace keelson::fleet {

/// What a node goes through, in this order. Each has a deadline (or none, said here), and a way back.
enum class Stage {
  Pending,     ///< nothing was done with it
  Excluding,   ///< being taken out of load balancers; undo: taken in again
  Cordoning,   ///< gets our cordon; undo: uncordoned, when the cordon is ours
  Draining,    ///< its pods leave within drain_time; undo: uncordoned
  Detaching,   ///< its volumes go within detach_time; undo: uncordoned
  Acting,      ///< the back end gives it the image within act_time; no undo from here on but a rollback
  Proving,     ///< must come up as what it should be, within prove_time
  Gating,      ///< must be healthy within gate_time
  Soaking,     ///< node_soak long healthy
  Releasing,   ///< uncordoned, when the cordon is ours
  Done,        ///< has the release
  Backing,     ///< something stopped it before it was changed: what we set is taken back
  Skipped,     ///< has its old image, is in service, and counts as told in `reason`
  Quarantined  ///< is out of service and ours to show: for somebody to look at
};

enum class Direction { Forward, Back };

/// Where Backing leads.
enum class AfterBacking { Pending, Skipped };

struct NodeProgress {
  Stage stage = Stage::Pending;
  Direction direction = Direction::Forward;
  Moment since{};            ///< of this stage
  std::string reason;        ///< why it is where it is, for people
  std::int64_t attempt = 0;  ///< of changing it: part of the operation's name
  bool cordon_is_ours = false;
  bool failed = false;   ///< counts against max_failures
  std::string failure;   ///< why it did
  bool changed = false;  ///< an operation of ours may have changed it
  bool to_mark = false;  ///< in quarantine, and its label was not seen yet: it is asked for, also when all is over
  AfterBacking after = AfterBacking::Pending;
  std::string boot_id;               ///< before the operation
  std::vector<std::string> budgets;  ///< that selected pods on it when it began
  std::optional<Moment> gates_good_since;
};

enum class Phase {
  Running,
  WaitingForApproval,
  WaitingForWindow,
  Paused,
  Soaking,  ///< between two batches, or after the last
  Halted,   ///< waits for somebody
  RollingBack,
  Completed,
  RolledBack,
  Aborted,
};

struct RolloutStatus {
  Phase phase = Phase::Running;
  Moment since{};  ///< of this phase
  std::string reason;
  std::size_t batch = 0;                      ///< index of the one that is under way
  std::optional<Moment> batch_done;           ///< when its last node was: the soak counts from here
  std::map<std::string, NodeProgress> nodes;  ///< every node of every batch
  std::optional<Moment> gate_missing_since;   ///< the rollout's gate has had no answer since
  std::int64_t halts = 0;     ///< how often it has halted; more than were acknowledged: it is halted now
  std::int64_t forgiven = 0;  ///< failures that were there when somebody said: go on
  bool backing_out = false;   ///< a rollback was decided: it does not turn again
  std::string why_back;       ///< what it was decided for
  bool aborted = false;

  bool over() const { return phase == Phase::Completed || phase == Phase::RolledBack || phase == Phase::Aborted; }
};

std::string_view stage_name(Stage stage);  ///< "Draining"
std::string_view phase_name(Phase phase);

/// Out of service or about to be because of us.
bool holds_node(Stage stage);
/// Nothing more will be done with it.
bool is_settled(Stage stage);

/// The status with which a planned rollout begins.
RolloutStatus first_status(const RolloutSpec& spec, Moment now);

}  // namespace keelson::fleet
