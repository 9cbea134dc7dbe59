#include "fleet/gates/pod_tally.h"

#include <gtest/gtest.h>

#include "fleet/sample_cluster.h"

namespace keelson::fleet {
namespace {

using std::chrono::hours;

struct PodTallyTest : testing::Test {
  Cluster cluster = sample::cluster({.nodes = 2, .apps = 1, .replicas = 4});
  PodTally tally;
  Moment begun{hours(1000)};
  const std::vector<std::string> both{"node-000", "node-001"};

  Pod& pod(const char* uid) { return *cluster.edit_pod(uid); }
  void observe(int after) { tally.observe(cluster, begun + hours(after)); }
};

TEST_F(PodTallyTest, CountsEachPodOnceOverTheHoursOfReadyNodes) {
  pod("uid-app-0-00000").restarts = 7;  // before we looked
  observe(0);
  EXPECT_EQ(tally.restarts(both).exposure, 0);
  pod("uid-app-0-00000").restarts = 9;
  observe(2);
  pod("uid-app-0-00000").restarts = 50;
  pod("uid-app-0-00001").restarts = 1;
  observe(3);
  EXPECT_EQ(tally.restarts({"node-000"}).count, 1);
  EXPECT_EQ(tally.restarts({"node-000"}).exposure, 3);
  EXPECT_EQ(tally.restarts(both).count, 2);
  EXPECT_EQ(tally.restarts(both).exposure, 6);
  EXPECT_EQ(tally.pull_errors(both).count, 0);
  EXPECT_EQ(tally.restarts({"nobody"}).exposure, 0);
}

TEST_F(PodTallyTest, APodThatCameLaterBringsItsRestarts) {
  observe(0);
  Pod late = sample::pod("late", 1, "node-000");
  late.restarts = 2;
  late.pull_failing = true;
  cluster.put(late);
  observe(1);
  observe(2);
  EXPECT_EQ(tally.restarts({"node-000"}).count, 1);
  EXPECT_EQ(tally.pull_errors({"node-000"}).count, 1);
}

TEST_F(PodTallyTest, TimeInWhichANodeIsNotReadyOrAClockGoesBackIsNotCounted) {
  observe(0);
  cluster.edit_node("node-000")->ready = false;
  observe(1);
  cluster.edit_node("node-000")->ready = true;
  observe(2);
  observe(3);
  observe(-50);
  EXPECT_EQ(tally.restarts({"node-000"}).exposure, 1);
  EXPECT_EQ(tally.restarts({"node-001"}).exposure, 3);
}

TEST_F(PodTallyTest, AChangedNodeBeginsAnew) {
  observe(0);
  pod("uid-app-0-00000").restarts = 1;
  observe(1);
  tally.forget("node-000");
  observe(2);
  EXPECT_EQ(tally.restarts({"node-000"}).count, 0);
  EXPECT_EQ(tally.restarts({"node-000"}).exposure, 1);
}

}  // namespace
}  // namespace keelson::fleet
