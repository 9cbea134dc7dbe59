#include "fleet/plan/plan.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "fleet/rollout/sample_rollout.h"
#include "fleet/sample_cluster.h"

namespace keelson::fleet {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

PlanRequest request_for(const Cluster& cluster) {
  PlanRequest request{.cluster = &cluster, .name = "november", .pool = "workers", .target = sample::release("new")};
  for (const auto& [name, node] : cluster.nodes()) {
    request.nodes.push_back(name);
    request.previous[name] = sample::release("old");
  }
  request.start = Moment{std::chrono::hours(490'000)};
  return request;
}

TEST(Plan, TellsOrderAndTimeOfARolloutThatNothingHinders) {
  const Cluster cluster = sample::cluster({.nodes = 6, .zones = 2, .apps = 2, .replicas = 4});
  const Plan plan = make_plan(request_for(cluster));
  EXPECT_THAT(plan.findings, IsEmpty());
  EXPECT_EQ(plan.usual.phase, Phase::Completed);
  EXPECT_EQ(plan.slow.phase, Phase::Completed);
  EXPECT_LT(plan.usual.end, plan.slow.end);
  EXPECT_GE(plan.usual.evictions, 8U) << "every pod moves once, and some more than once";
  for (std::size_t i = 1; i < plan.usual.batches.size(); ++i)
    EXPECT_GE(*plan.usual.batches[i].begins, *plan.usual.batches[i - 1].ends);
  EXPECT_THAT(render_plan(plan, false), HasSubstr("Rollout november: pool workers, 6 nodes, to new"));
}

TEST(Plan, TheSameInputGivesTheSameBytes) {
  const Cluster cluster = sample::cluster({.nodes = 9, .zones = 3, .apps = 3, .replicas = 7});
  EXPECT_EQ(plan_json(make_plan(request_for(cluster))).dump(), plan_json(make_plan(request_for(cluster))).dump());
}

TEST(Plan, ABudgetThatAllowsNothingIsNamedWithTheNodesThatItHolds) {
  Cluster cluster = sample::cluster({.nodes = 3, .apps = 1, .replicas = 2, .away = 0});
  const Plan plan = make_plan(request_for(cluster));
  EXPECT_TRUE(plan.blocked());
  EXPECT_EQ(plan.findings.at(0).subject, "budget shop/app-0");
  EXPECT_THAT(plan.findings.at(0).text, HasSubstr("2 of 2 pods must be there (maxUnavailable 0)"));
  EXPECT_THAT(plan.findings.at(0).nodes, ElementsAre("node-000", "node-001"));
  EXPECT_NE(plan.usual.phase, Phase::Completed) << "the forecast runs the same rules";
}

TEST(Plan, PodsThatNothingOwnsAndDataThatDiesAreTold) {
  Cluster cluster = sample::cluster({.nodes = 2, .apps = 0});
  Pod bare = sample::pod("bare", 0, "node-000");
  bare.owner = Owner::None;
  cluster.put(bare);
  Pod scratch = sample::pod("scratch", 0, "node-001");
  scratch.local_data = true;
  cluster.put(scratch);
  const auto findings = find_obstacles(cluster, sample::rollout(cluster));
  EXPECT_THAT(findings, Contains(Field(&PlanFinding::subject, "pod shop/bare-0")));
  EXPECT_THAT(findings, Contains(Field(&PlanFinding::subject, "pods with an emptyDir")));
  EXPECT_EQ(findings.front().severity, Severity::Blocks);
}

TEST(Plan, TooLittleRoomForWhatMustMoveIsTold) {
  Cluster cluster = sample::cluster({.nodes = 2, .apps = 0});
  for (const auto* name : {"node-000", "node-001"}) {
    Pod big = sample::pod(std::string("big-") + name, 0, name);
    big.requests = {3000, 1LL << 30, 1};
    cluster.put(big);
  }
  const auto findings = find_obstacles(cluster, sample::rollout(cluster));
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].subject, "room");
  EXPECT_THAT(findings[0].text, HasSubstr("3.0 processors of 0.9 left"));
}

TEST(Plan, APlanThatNoLongerFitsSaysWhatChanged) {
  Cluster cluster = sample::cluster({.nodes = 3});
  const RolloutSpec spec = sample::rollout(cluster);
  EXPECT_THAT(why_no_longer_fits(spec, cluster, spec.pool_nodes), IsEmpty());
  cluster.remove_node("node-002");
  EXPECT_THAT(why_no_longer_fits(spec, cluster, {"node-000", "node-003"}),
              ElementsAre("node node-001 is no longer in the pool", "node node-002 is gone",
                          "node node-003 is new in the pool"));
}

TEST(Plan, APoolWithoutNodesIsRefused) {
  const Cluster cluster = sample::cluster({.nodes = 1});
  PlanRequest request = request_for(cluster);
  request.nodes = {"stranger"};
  EXPECT_THROW(make_plan(request), Error);
}

TEST(Plan, AWindowThatIsShutIsWaitedFor) {
  const Cluster cluster = sample::cluster({.nodes = 2, .apps = 0});
  PlanRequest request = request_for(cluster);
  request.weather = [&](Moment now, Observation& seen) {
    seen.window_open = now >= request.start + std::chrono::hours(5);
    seen.window_changes = request.start + std::chrono::hours(5);
  };
  const Plan plan = make_plan(request);
  EXPECT_EQ(plan.usual.phase, Phase::Completed);
  EXPECT_GE(*plan.usual.batches.at(0).begins, request.start + std::chrono::hours(5));
}

}  // namespace
}  // namespace keelson::fleet
