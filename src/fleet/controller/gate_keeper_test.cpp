#include "fleet/controller/gate_keeper.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fleet/rollout/sample_rollout.h"
#include "fleet/sample_cluster.h"

namespace keelson::fleet {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr Moment kStart{seconds(1'795'687'200)};

struct Stand {
  Stand() : cluster(sample::cluster({.nodes = 3, .apps = 1, .replicas = 3})) {
    rollout.name = "november";
    rollout.spec = sample::rollout(cluster);
    record.status = first_status(rollout.spec, kStart);
  }
  /// Has been moved, and is looked at.
  void move(const std::string& node, Stage stage = Stage::Soaking) {
    auto& progress = record.status.nodes.at(node);
    progress.stage = stage;
    progress.changed = true;
    progress.since = kStart;
  }
  Observation observe(Moment now) {
    Observation seen;
    record.memory = keeper.observe(rollout, record, cluster, tally, now, seen);
    return seen;
  }
  void wait_for_answers() {
    for (int i = 0; i < 500 && mailbox.is_empty(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    mailbox.take_all();
  }

  Cluster cluster;
  NodeRollout rollout;
  RolloutRecord record;
  PodTally tally;
  Mailbox mailbox;
  GateSetting setting;
  GateWorker worker{mailbox};
  GateKeeper keeper{worker, setting};
};

TEST(GateKeeper, LooksAtNodesThoughNobodyAskedForIt) {
  Stand stand;
  stand.move("node-000");
  EXPECT_EQ(stand.observe(kStart).node_gates.at("node-000").verdict, Verdict::Good);
  stand.cluster.edit_node("node-000")->bad_conditions = {"DiskPressure"};
  EXPECT_EQ(stand.observe(kStart).node_gates.at("node-000").verdict, Verdict::Missing) << "it may pass";
  const auto later = stand.observe(kStart + seconds(200)).node_gates.at("node-000");
  EXPECT_EQ(later.verdict, Verdict::Bad);
  EXPECT_THAT(later.reason, HasSubstr("DiskPressure"));
}

TEST(GateKeeper, RemembersDaemonSetsBeforeTheNodeIsChanged) {
  Stand stand;
  const RolloutStatus before = stand.record.status;
  stand.record.status.nodes.at("node-000").stage = Stage::Cordoning;
  GateKeeper::remember(before, stand.record.status, stand.cluster, stand.record.memory);
  EXPECT_THAT(stand.record.memory.daemon_sets.at("node-000"), ElementsAre("shop/agent"));
  ASSERT_TRUE(stand.record.memory.crash_looping.has_value());

  stand.cluster.remove_pod("uid-agent-00000");
  stand.move("node-000");
  EXPECT_EQ(stand.observe(kStart).node_gates.at("node-000").verdict, Verdict::Missing) << "it may come";
  EXPECT_THAT(stand.observe(kStart + seconds(200)).node_gates.at("node-000").reason, HasSubstr("shop/agent"));

  stand.record.status.nodes.at("node-000").stage = Stage::Done;
  GateKeeper::remember(stand.record.status, stand.record.status, stand.cluster, stand.record.memory);
  EXPECT_TRUE(stand.record.memory.daemon_sets.empty()) << "what is over is forgotten";
}

TEST(GateKeeper, AsksAProgramOnceSomethingWasChanged) {
  Stand stand;
  stand.rollout.gates = {
      {"smoke", CommandGate{{"/bin/sh", "-c", "echo \"$KEELSON_NODES is ill\"; exit 1"}, seconds(20)}}};
  stand.setting.environment = {"PATH=/usr/bin:/bin"};
  EXPECT_EQ(stand.observe(kStart).rollout_gate.verdict, Verdict::Missing);
  EXPECT_TRUE(stand.mailbox.is_empty()) << "nothing was changed: nothing is asked";

  stand.move("node-000");
  stand.observe(kStart);
  stand.wait_for_answers();
  const auto gate = stand.observe(kStart + seconds(1)).rollout_gate;
  EXPECT_EQ(gate.verdict, Verdict::Bad);
  EXPECT_THAT(gate.reason, HasSubstr("node-000 is ill"));
}

// Missing data halts: an old answer is none.
TEST(GateKeeper, AnAnswerGetsOld) {
  Stand stand;
  stand.rollout.gates = {{"smoke", CommandGate{{"/bin/true"}, seconds(20)}}};
  stand.move("node-000");
  stand.observe(kStart);
  stand.wait_for_answers();
  EXPECT_EQ(stand.observe(kStart + seconds(20)).rollout_gate.verdict, Verdict::Good);
  EXPECT_EQ(stand.observe(kStart + seconds(200)).rollout_gate.verdict, Verdict::Missing);
}

// Who has mended what a gate said must not be halted again by what it said before.
TEST(GateKeeper, AfterAnAcknowledgementOldAnswersDoNotCount) {
  Stand stand;
  stand.rollout.gates = {{"smoke", CommandGate{{"/bin/false"}, seconds(20)}}, {"canary", Comparison{}}};
  stand.record.memory.answers["canary"] = {Verdict::Bad, "it was bad"};
  stand.record.memory.looks["canary"] = 1;
  stand.move("node-000");
  stand.observe(kStart);
  stand.wait_for_answers();
  ASSERT_EQ(stand.observe(kStart + seconds(1)).rollout_gate.verdict, Verdict::Bad);
  stand.keeper.ask_anew(stand.record.memory);
  EXPECT_EQ(stand.observe(kStart + seconds(2)).rollout_gate.verdict, Verdict::Missing) << "it is asked anew";
  stand.wait_for_answers();
  EXPECT_EQ(stand.observe(kStart + seconds(3)).rollout_gate.verdict, Verdict::Bad) << "and is still bad";
}

TEST(GateKeeper, ALookOfAComparisonIsTakenOnceAndItsAnswerStands) {
  Stand stand;
  Comparison comparison;
  comparison.measures = {{.name = std::string(kPodRestarts), .kind = MeasureKind::Count}};
  stand.rollout.gates = {{"canary", comparison}};
  stand.setting.fetch_from = [](const PrometheusServer&) -> Fetch {
    return [](const kube::Request&) { return kube::Response{}; };
  };
  stand.move("node-000");
  stand.observe(kStart + comparison.every);
  EXPECT_EQ(stand.record.memory.looks.at("canary"), 1);
  stand.wait_for_answers();
  stand.observe(kStart + comparison.every + seconds(60));
  EXPECT_EQ(stand.record.memory.looks.at("canary"), 1) << "the second one is not due yet";
  ASSERT_TRUE(stand.record.memory.answers.contains("canary"));
  EXPECT_EQ(stand.record.memory.answers.at("canary").verdict, Verdict::Missing) << "nothing was counted yet";
}

}  // namespace
}  // namespace keelson::fleet
