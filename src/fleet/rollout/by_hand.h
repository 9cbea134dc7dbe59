/// For tests: a rollout whose cluster the test changes as a real one would.
#pragma once

#include <gmock/gmock.h>

#include "fleet/rollout/decide.h"
#include "fleet/rollout/sample_rollout.h"
#include "fleet/sample_cluster.h"

namespace keelson::fleet::sample {

struct ByHand {
  Cluster cluster;
  RolloutSpec spec;
  RolloutStatus status;
  Observation seen;
  Moment now{std::chrono::hours(1)};
  std::vector<Action> actions;

  explicit ByHand(Shape shape = {}) : cluster(sample::cluster(shape)), spec(sample::rollout(cluster)) {
    status = first_status(spec, now);
    seen.cluster = &cluster;
  }

  /// Decides until nothing more changes; keeps the last actions.
  void decide_all() {
    for (int i = 0; i < 20; ++i) {
      Decision decision = decide(spec, status, seen, now);
      status = std::move(decision.status);
      actions = std::move(decision.actions);
      if (!decision.changed) return;
    }
    ADD_FAILURE() << "it does not come to rest";
  }
  void after(std::chrono::seconds time) {
    now += time;
    decide_all();
  }
  std::vector<ActionKind> kinds() const {
    std::vector<ActionKind> all;
    for (const auto& action : actions) all.push_back(action.kind);
    return all;
  }
  NodeProgress& at(const std::string& node) { return status.nodes.at(node); }
  Stage stage(const std::string& node) { return at(node).stage; }

  void cordon(const std::string& name, const std::string& by = "rollout-1/7") {
    Node& node = *cluster.edit_node(name);
    node.unschedulable = true;
    if (!by.empty()) node.annotations[std::string(kCordonedBy)] = by;
  }
  void empty(const std::string& name) {
    const auto uids = cluster.pods_on(name);
    for (const auto& uid : uids) {
      if (cluster.find_pod(uid)->owner == Owner::Workload) cluster.remove_pod(uid);
    }
  }
  void reboot(const std::string& name, const Release& release) {
    Node& node = *cluster.edit_node(name);
    node.boot_id = "second-" + name;
    node.ready = true;
    seen.reports[name] = {node.boot_id, release};
  }
  /// To the moment at which the back end is to be asked.
  void to_acting(const std::string& name) {
    decide_all();
    cordon(name);
    empty(name);
    decide_all();
    ASSERT_EQ(stage(name), Stage::Acting);
    cluster.edit_node(name)->taints.push_back({std::string(kUnproven), "rollout-1", "NoSchedule"});
    decide_all();
  }
  void to_proving(const std::string& name) {
    to_acting(name);
    ASSERT_THAT(kinds(), ::testing::ElementsAre(ActionKind::BeginOperation));
    seen.operations[actions.at(0).operation] = OperationState::Succeeded;
    decide_all();
    ASSERT_EQ(stage(name), Stage::Proving);
  }
  void to_gating(const std::string& name) {
    to_proving(name);
    reboot(name, release("new"));
    decide_all();
    ASSERT_THAT(kinds(), ::testing::ElementsAre(ActionKind::ClearUnproven));
    cluster.edit_node(name)->taints.clear();
    decide_all();
    ASSERT_EQ(stage(name), Stage::Gating);
  }
};

}  // namespace keelson::fleet::sample
