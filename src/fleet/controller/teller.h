/// Tells what the controller does: to its log, to Prometheus, and as Events on the objects that they are about.
#pragma once

#include "fleet/controller/controller.h"
#include "fleet/controller/event_thread.h"
#include "fleet/operations/controller_metrics.h"
#include "fleet/operations/fleet_gauges.h"
#include "fleet/operations/log.h"

namespace keelson::fleet {

class Teller final : public ControllerListener {
 public:
  /// All must outlive it.
  Teller(Log& log, ControllerMetrics& metrics, EventThread& events) : log_(log), metrics_(metrics), events_(events) {}

  void leading(bool leads) override;
  void synced() override;
  void lacks(const std::string& rights) override;
  void refused(const std::string& rollout, const std::string& reason, const std::string& message) override;
  void planned(const std::string& pool, const std::string& rollout) override;
  void show(const std::vector<PoolOnShow>& pools, const std::vector<RolloutOnShow>& rollouts, Moment now) override;
  void complain(const Error& error) override;

  void decided(const NodeRollout& rollout, const RolloutStatus& status, std::chrono::nanoseconds took) override;
  void passed(const NodeRollout& rollout, const Node* node, const std::string& name, Stage before,
              const NodeProgress& progress, std::chrono::seconds lasted) override;
  void phase_changed(const NodeRollout& rollout, Phase before, const RolloutStatus& status) override;
  void evicted(const Pod& pod, const kube::EvictionOutcome& outcome) override;
  void failed(const NodeRollout& rollout, const Error& error) override;
  void failed_step(const std::string& rollout, const Error& error) override;

 private:
  Log& log_;
  ControllerMetrics& metrics_;
  EventThread& events_;
  FleetGauges gauges_{metrics_};
};

}  // namespace keelson::fleet
