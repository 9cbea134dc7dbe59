/// The gates of one rollout: asks those that are due, keeps their answers, and puts them into what the state machine
/// sees.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "fleet/controller/gate_worker.h"
#include "fleet/gates/gates.h"
#include "fleet/gates/pod_tally.h"
#include "fleet/resources/node_rollout.h"

namespace keelson::fleet {

struct GateSetting {
  std::function<Fetch(const PrometheusServer&)> fetch_from;  ///< called in the worker's thread
  std::vector<std::string> environment;                      ///< of programs: "NAME=value"
  std::chrono::seconds every{30};                            ///< how often a PromQL gate or a program is asked
};

class GateKeeper {
 public:
  /// @param worker, mailbox and setting must outlive it.
  GateKeeper(GateWorker& worker, const GateSetting& setting) : worker_(worker), setting_(setting) {}

  /// Puts node_gates and rollout_gate into `seen`, and asks what is due.
  /// @return the record's memory as it is now: of looks and answers. To be stored with the next status.
  GateMemory observe(const NodeRollout& rollout, const RolloutRecord& record, const Cluster& cluster,
                     const PodTally& tally, Moment now, Observation& seen);

  /// Somebody has looked at a halt and said: go on. What gates said before does not count any more; a comparison is
  /// taken for good until its next look.
  void ask_anew(GateMemory& memory);

  /// What each gate of the whole rollout said last, by name.
  const std::map<std::string, GateResult>& results() const { return results_; }

  /// What there was on nodes that have just begun, before anything of theirs is changed.
  static void remember(const RolloutStatus& before, const RolloutStatus& after, const Cluster& cluster,
                       GateMemory& memory);
  /// Whether any gate compares counts, for which somebody has to keep a tally.
  static bool needs_tally(const NodeRollout& rollout);

 private:
  struct Answer {
    GateResult result{Verdict::Missing, "it has not answered yet"};
    std::optional<Moment> asked;
    std::optional<Moment> answered;
  };
  void judge_nodes(const NodeRollout& rollout, const RolloutRecord& record, const Cluster& cluster, Moment now,
                   Observation& seen);
  void ask_when_due(const NodeRollout& rollout, const RolloutRecord& record, const Gate& gate, Moment now);
  void compare_when_due(const NodeRollout& rollout, const RolloutRecord& record, const Gate& gate,
                        const Comparison& comparison, const PodTally& tally, GateMemory& memory, Moment now);

  GateWorker& worker_;
  const GateSetting& setting_;
  using Answers = std::map<std::string, Answer>;
  std::function<void(GateResult)> take_answer(const std::string& gate, Moment asked) const;

  // Shared with answers that come after this has gone; a new one with ask_anew(), which nobody asked before answers.
  std::shared_ptr<Answers> answers_ = std::make_shared<Answers>();
  std::map<std::string, GateResult> results_;
  std::map<std::string, std::optional<Moment>> bad_since_;  // by node and gate
};

}  // namespace keelson::fleet
