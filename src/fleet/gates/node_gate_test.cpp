#include "fleet/gates/node_gate.h"

#include <gtest/gtest.h>

#include "fleet/sample_cluster.h"

namespace keelson::fleet {
namespace {

constexpr const char* kNode = "node-000";

struct NodeGateTest : testing::Test {
  Cluster cluster = sample::cluster({.nodes = 3, .apps = 1, .replicas = 3});
  NodeGate gate;
  NodeBaseline before = baseline_of(cluster, kNode, crash_looping(cluster));

  Pod& pod_of(Owner owner, const char* node = kNode) {
    for (const auto& uid : cluster.pods_on(node)) {
      if (cluster.find_pod(uid)->owner == owner) return *cluster.edit_pod(uid);
    }
    throw std::logic_error("no such pod");
  }
  GateResult judged() { return judge_node(gate, cluster, kNode, before, daemon_sets(cluster)); }
};

TEST_F(NodeGateTest, IsGoodWhenEverythingIsAsBefore) {
  EXPECT_EQ(before.daemon_sets, (Names{"shop/agent"}));
  EXPECT_EQ(judged().verdict, Verdict::Good);
  EXPECT_EQ(judged().reason, "it is ready, and so are its 1 DaemonSets");
}

TEST_F(NodeGateTest, ANodeThatIsNotThereIsMissing) {
  EXPECT_EQ(judge_node(gate, cluster, "nobody", before, {}).verdict, Verdict::Missing);
}

TEST_F(NodeGateTest, SeesConditions) {
  cluster.edit_node(kNode)->bad_conditions = {"DiskPressure"};
  EXPECT_EQ(judged().verdict, Verdict::Bad);
  EXPECT_EQ(judged().reason, "its condition DiskPressure says that something is wrong");
  gate.ignored_conditions = {"DiskPressure"};
  EXPECT_EQ(judged().verdict, Verdict::Good);
  cluster.edit_node(kNode)->ready = false;
  EXPECT_EQ(judged().reason, "it is not ready");
}

TEST_F(NodeGateTest, MissesTheDaemonSetsThatWereThere) {
  pod_of(Owner::DaemonSet).ready = false;
  EXPECT_EQ(judged().verdict, Verdict::Bad);
  EXPECT_EQ(judged().reason, "the pod of shop/agent is not ready");
  cluster.remove_pod(pod_of(Owner::DaemonSet).uid);
  EXPECT_EQ(judged().reason, "shop/agent has no pod on it");
  gate.ignored_spaces = {"shop"};
  EXPECT_EQ(judged().verdict, Verdict::Good);
}

TEST_F(NodeGateTest, ADaemonSetThatWasDeletedIsNotMissed) {
  for (const char* node : {"node-000", "node-001", "node-002"}) cluster.remove_pod(pod_of(Owner::DaemonSet, node).uid);
  EXPECT_EQ(judged().verdict, Verdict::Good);
}

TEST_F(NodeGateTest, ADaemonSetThatWasNotReadyBeforeIsNotAskedFor) {
  pod_of(Owner::DaemonSet).ready = false;
  before = baseline_of(cluster, kNode, {});
  EXPECT_EQ(judged().verdict, Verdict::Good);
}

TEST_F(NodeGateTest, SeesCrashLoopsThatAreNew) {
  pod_of(Owner::Workload).crash_looping = true;
  EXPECT_EQ(judged().verdict, Verdict::Bad);
  EXPECT_EQ(judged().reason, "pod shop/app-0-0 is crash-looping, and was not before");
  before.crash_looping = crash_looping(cluster);  // its workload crashed before, wherever it was
  EXPECT_EQ(judged().verdict, Verdict::Good);
  EXPECT_EQ(before.crash_looping, (Names{"shop/app-0"}));
}

}  // namespace
}  // namespace keelson::fleet
