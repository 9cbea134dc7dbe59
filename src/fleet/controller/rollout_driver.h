/// One rollout, driven by the rules of decision 32: observe, decide, store, and only then act.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "fleet/back_ends/back_end.h"
#include "fleet/controller/cluster_view.h"
#include "fleet/controller/gate_keeper.h"
#include "fleet/controller/lost_rights.h"
#include "fleet/resources/node_rollout.h"
#include "fleet/rollout/index.h"
#include "fleet/windows/windows.h"
#include "kube/eviction.h"

namespace keelson::fleet {

/// Told of what happens; metrics, events and logs hang on it. From the deciding thread.
class RolloutListener {
 public:
  virtual ~RolloutListener() = default;
  virtual void decided(const NodeRollout& rollout, const RolloutStatus& status, std::chrono::nanoseconds took) = 0;
  /// A node has entered another stage; stored already. @param node nullptr when it has left the cluster. @param lasted
  /// the stage before.
  virtual void passed(const NodeRollout& rollout, const Node* node, const std::string& name, Stage before,
                      const NodeProgress& progress, std::chrono::seconds lasted) = 0;
  virtual void phase_changed(const NodeRollout& rollout, Phase before, const RolloutStatus& status) = 0;
  virtual void evicted(const Pod& pod, const kube::EvictionOutcome& outcome) = 0;
  /// An action did not succeed; it will be asked for again.
  virtual void failed(const NodeRollout& rollout, const Error& error) = 0;
  /// A look ended early: its status could not be stored, say.
  virtual void failed_step(const std::string& rollout, const Error& error) = 0;
};

struct DriverTools {
  kube::Api* api = nullptr;
  kube::Discovery* discovery = nullptr;
  ClusterView* view = nullptr;
  GateWorker* gate_worker = nullptr;
  const GateSetting* gates = nullptr;
  const PodTally* tally = nullptr;
  RolloutListener* listener = nullptr;
  LostRights* rights = nullptr;
  BackEndTools back_ends;
  std::string token;  ///< of this leader, "17/holder"
  std::string field_manager = "keelson-controller";
  std::function<bool()> may_act;  ///< whether this process still is the leader
};

/// What else speaks for or against going on with a rollout.
struct Surroundings {
  Windows windows;
  std::string no_window;  ///< why its windows are not known, and count as closed; "": they are
  std::string denied;     ///< why its release must not be used any more; "": it may
};

class RolloutDriver {
 public:
  /// @param name of the NodeRollout.
  RolloutDriver(std::string name, DriverTools tools);

  /// Reads specification and status from the API server, not from a cache: rule 4. @return whether it is there.
  /// @throws Error(BadInput) for one that makes no sense; as kube::Api does.
  bool load(const std::stop_token& stop);
  bool is_loaded() const { return rollout_.has_value(); }
  /// What people changed meanwhile, as a watch told it.
  void take_wishes(const kube::json& object);

  const NodeRollout& rollout() const { return *rollout_; }
  const RolloutRecord& record() const { return *record_; }
  /// What each gate said last.
  const std::map<std::string, GateResult>& gate_results() const { return gates_.results(); }
  bool has_begun() const { return record_.has_value(); }
  bool is_over() const { return record_ && record_->status.over(); }
  /// Of nodes in quarantine the label was not seen yet, which is all that is left to do when it is over.
  bool has_to_mark() const;
  /// Somebody deletes it: it is aborted, and let go when nothing is under way.
  bool is_being_deleted() const { return deleting_; }

  /// Begins it: its first status, with a finalizer, so that it isn't deleted under way.
  void begin(Moment now, const std::stop_token& stop);
  /// Says why it does not begin. Writes only when that has changed. @return whether it did.
  bool refuse(const std::string& reason, const std::string& message, Moment now, const std::stop_token& stop);

  /// One look. @return when to look again though nothing changes. @throws as kube::Api does when the status could not
  /// be stored; what failed of the actions is told to the listener, and asked for again at the next look.
  /// @param surroundings what else speaks for or against it.
  Moment step(const Surroundings& surroundings, Moment now, const std::stop_token& stop);
  /// It is over, and deleted: lets it go.
  void let_go(const std::stop_token& stop);

 private:
  /// For a watch to tell of an operation that was asked for.
  static constexpr std::chrono::seconds kBegunWait{30};
  static bool is_conflict(const Error& error);
  Observation observe(const Surroundings& surroundings, Moment now, GateMemory& memory);
  bool store(RolloutRecord record, const std::string& forbidden, Moment now, const std::stop_token& stop);
  void tell(const RolloutStatus& before, const RolloutStatus& after, Moment now);
  bool carry_out(const std::vector<Action>& actions, Moment now, const std::stop_token& stop);
  void change_node(const std::string& node, const std::vector<const Action*>& actions, const std::stop_token& stop);
  void evict(const Action& action, Moment now, const std::stop_token& stop);
  void hear_acknowledgement();
  void require_same_plan(const kube::json& object);
  std::string image_of(const Release& release) const;
  void set_conditions(RolloutRecord& record, const std::string& forbidden) const;
  bool may(const Action& action) const;
  kube::json write_status(const kube::json& status, const std::stop_token& stop);

  std::string name_;
  DriverTools tools_;
  std::optional<NodeRollout> rollout_;
  std::optional<RolloutIndex> index_;  // of its specification
  std::optional<RolloutRecord> record_;
  kube::json stored_;  // the status as the server has it; null: none
  std::string version_;
  std::string plan_hash_;
  bool deleting_ = false;
  bool finalizer_ = false;
  std::unique_ptr<BackEnd> back_end_;
  std::optional<BackEndChoice> back_end_choice_;
  GateKeeper gates_;
  std::map<std::string, Moment> not_before_;  ///< by pod: after a refusal
  std::map<std::string, Moment> begun_;       ///< operations that were asked for, until a watch tells it
  std::optional<std::int64_t> acknowledged_;  ///< halts, as was last heard
  unsigned failures_ = 0;
  std::optional<Moment> words_since_;  ///< only reasons have changed since
  std::string told_forbidden_;         ///< the rights that its stored conditions say are missing
};

}  // namespace keelson::fleet
