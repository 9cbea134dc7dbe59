/// NodeRollout: a frozen plan, what people ask of it, and where it is.
///
///     spec:
///       pool: workers                # the NodePool it belongs to, or what the plan calls its pool
///       plan: {…}                    # fleet/rollout/document.h's specification; can't be changed
///       image: registry.example/…    # of the target, for who fetches it
///       gates: […]                   # can't be changed, nor can the next two
///       windows: [nightly]
///       backEnd: {agent: {}}
///       paused: false                # from here on: what people may ask while it runs
///       aborted: false
///       rollBack: false
///       approvedBatches: [canary]
///       acknowledgedHalts: 0
///     status:
///       {…}                          # fleet/rollout/document.h's status
///       observedGeneration: 3
///       counts: {nodes: 40, done: 12, underWay: 2, failed: 0, quarantined: 0}
///       conditions: [{type: Accepted, …}, {type: Progressing, …}, {type: Halted, …}]
///       baselines: {nodes: {n1: [kube-system/DaemonSet/agent]}, crashLooping: [shop/ReplicaSet/web]}
///       planHash: 7d86…              # of all that can't be changed, when it began
///       looks: {canary: {taken: 3, verdict: Good, reason: …}}   # of comparisons, by gate
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "fleet/gates/gates.h"
#include "fleet/gates/node_gate.h"
#include "fleet/resources/back_end_choice.h"
#include "fleet/rollout/spec.h"
#include "fleet/rollout/status.h"

namespace keelson::fleet {

struct NodeRollout {
  std::string name;
  std::string resource_version;
  std::int64_t generation = 0;
  RolloutSpec spec;  ///< its uid is the resource's, its name too
  std::string pool;
  std::string image;
  std::vector<Gate> gates;
  std::vector<std::string> windows;
  BackEndChoice back_end;
  Wishes wishes;
};

/// What the gates have to remember over a restart.
struct GateMemory {
  std::map<std::string, Names> daemon_sets;   ///< by node that is under way: those that it had
  std::optional<Names> crash_looping;         ///< when the first node of the batch began
  std::map<std::string, std::int64_t> looks;  ///< taken, by gate
  std::map<std::string, GateResult> answers;  ///< of the last look, by gate: it stands until the next
};

struct RolloutCondition {
  std::string type;  ///< "Accepted", "Progressing", "Halted"
  bool holds = false;
  std::string reason;  ///< one word
  std::string message;
};

/// All that a NodeRollout's status holds.
struct RolloutRecord {
  RolloutStatus status;
  GateMemory memory;
  std::vector<RolloutCondition> conditions;
  std::string plan_hash;  ///< plan_hash_of() when it began; "" where an earlier version began it
};

/// Of what can't be changed of a rollout: plan, image, gates, windows, back end. Servers before 1.25 let people change
/// it all the same. @param resource the whole NodeRollout.
std::string plan_hash_of(const nlohmann::json& resource);

/// @param resource untrusted. @throws Error(BadInput) that names every mistake with its place.
NodeRollout read_node_rollout(const nlohmann::json& resource);
/// Nothing when it has not begun: no status yet, or one without a phase, which says why it was not accepted. @throws
/// Error(BadInput) for one that does not fit the spec.
std::optional<RolloutRecord> read_rollout_record(const nlohmann::json& resource, const RolloutSpec& spec);

/// The resource as it is created: without a status.
nlohmann::json node_rollout_json(const NodeRollout& rollout);
/// @param before the status that is there (or null): a condition that holds as it did keeps its lastTransitionTime.
nlohmann::json rollout_record_json(const RolloutRecord& record, std::int64_t generation, const nlohmann::json& before,
                                   Moment now);

/// The status of one that was not accepted: its condition only.
nlohmann::json refusal_json(const std::string& reason, const std::string& message, std::int64_t generation,
                            const nlohmann::json& before, Moment now);

}  // namespace keelson::fleet
