/// The controller: leads, watches, and drives every rollout and pool of a cluster. All its state is in the API server.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "fleet/controller/cluster_view.h"
#include "fleet/controller/rollout_driver.h"
#include "fleet/operations/fleet_gauges.h"
#include "fleet/requests/start.h"
#include "kube/lease.h"

namespace keelson::fleet {

struct ControllerSetting {
  std::string space = "keelson-system";  ///< of its Lease
  std::string lease = "keelson-controller";
  std::string identity;  ///< unlike any other's, and than its own before a restart
  std::chrono::milliseconds lease_duration{15'000};
  std::chrono::milliseconds settle{200};  ///< what comes within is looked at together
  std::chrono::seconds pools_every{30};   ///< how often pools are counted, at most
  ViewOptions view;
  GateSetting gates;
  std::function<void()> came_round = {};  ///< each time that the deciding thread looks, or waits to lead: a heartbeat
};

/// What is told while it runs. From the deciding thread, but for complain().
class ControllerListener : public RolloutListener {
 public:
  virtual void leading(bool leads) = 0;
  virtual void synced() = 0;
  /// Rights are missing since now: "the account 'x' may not patch nodes", or another set of them; "": none any more.
  virtual void lacks(const std::string& rights) = 0;
  virtual void refused(const std::string& rollout, const std::string& reason, const std::string& message) = 0;
  /// All pools and rollouts, now and then.
  virtual void show(const std::vector<PoolOnShow>& pools, const std::vector<RolloutOnShow>& rollouts, Moment now) = 0;
  virtual void planned(const std::string& pool, const std::string& rollout) = 0;
  /// From any thread.
  virtual void complain(const Error& error) = 0;
};

class Controller {
 public:
  /// @param api for what it changes, with a rate limit; @param watching for what it watches. All must outlive it.
  Controller(kube::Api& api, kube::Api& watching, kube::Discovery& discovery, ControllerSetting setting,
             ControllerListener& listener);
  ~Controller();

  /// Until stopped, or until it is leader no more after having been. @return whether it was stopped.
  /// @throws as ClusterView::start().
  bool run(const std::stop_token& stop);

  /// What /readyz asks, from any thread: whether it leads and has seen the cluster, or waits for its turn.
  bool is_ready() const { return ready_; }
  bool is_leading() const { return leading_; }
  /// The rights that the server refuses, in words, or "". From any thread.
  std::string lost_rights() const { return lost_.text(); }

 private:
  struct Slot;
  void lead(const std::stop_token& stop);
  kube::Clock::Moment look(const std::stop_token& stop);
  void take_rollouts(const std::stop_token& stop);
  void load(const std::string& name, Slot& slot, const std::stop_token& stop);
  std::vector<OtherRollout> holders() const;
  std::optional<Refusal> why_not(const NodeRollout& rollout, const std::vector<ImageRelease>& releases,
                                 Moment now) const;
  void begin_accepted(Moment now, const std::stop_token& stop);
  void refuse_unreadable(const std::string& name, const kube::json& object, const Error& error,
                         const std::stop_token& stop);
  Moment step_rollouts(Moment now, const std::stop_token& stop);
  void keep_pools(Moment now, const std::stop_token& stop);
  void keep_pool(const kube::json& object, const std::vector<ImageRelease>& releases, Moment now,
                 const std::stop_token& stop);
  std::string rollout_of(const std::string& pool) const;
  void plan_when_due(const NodePool& pool, const ImageRelease& release, const std::stop_token& stop);
  std::vector<ImageRelease> releases() const;
  Windows windows_of(const NodeRollout& rollout, std::string& missing) const;
  Surroundings surroundings_of(const NodeRollout& rollout) const;
  void show(Moment now);
  DriverTools driver_tools();
  void complain(const Error& error);
  void ask_for_rights(const std::stop_token& stop);
  Moment now() const;

  kube::Api& api_;
  kube::Api& watching_;
  kube::Discovery& discovery_;
  ControllerSetting setting_;
  ControllerListener& listener_;
  Mailbox mailbox_;
  LostRights lost_;
  std::string told_lost_;
  kube::LeaderElector elector_;
  std::unique_ptr<ClusterView> view_;
  std::unique_ptr<GateWorker> gate_worker_;
  PodTally tally_;
  std::optional<Moment> tallied_;
  std::optional<Moment> pools_kept_;
  std::optional<Moment> shown_;
  std::map<std::string, std::unique_ptr<Slot>> slots_;  // by NodeRollout
  std::string token_;
  std::atomic<bool> leading_ = false;
  std::atomic<bool> ready_ = false;
};

}  // namespace keelson::fleet
