#include "fleet/rollout/decide.h"

#include <gmock/gmock.h>

#include "fleet/rollout/by_hand.h"

namespace keelson::fleet {
namespace {

using sample::ByHand;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using namespace std::chrono_literals;

TEST(Decide, ANodeGoesItsWayFromCordonToUncordon) {
  ByHand rollout;
  rollout.decide_all();
  EXPECT_THAT(rollout.kinds(), ElementsAre(ActionKind::Cordon));
  EXPECT_EQ(rollout.actions.at(0).node, "node-000");
  rollout.cordon("node-000");
  rollout.decide_all();
  EXPECT_THAT(rollout.kinds(), ElementsAre(ActionKind::Evict));
  rollout.to_gating("node-000");
  rollout.seen.node_gates["node-000"] = {Verdict::Good, {}};
  rollout.decide_all();
  EXPECT_THAT(rollout.kinds(), ElementsAre(ActionKind::Uncordon));
  rollout.cluster.edit_node("node-000")->annotations.clear();
  rollout.cluster.edit_node("node-000")->unschedulable = false;
  rollout.decide_all();
  EXPECT_EQ(rollout.stage("node-000"), Stage::Done);
  EXPECT_EQ(rollout.stage("node-001"), Stage::Cordoning) << "the canary is done: the next batch begins";
}

TEST(Decide, OnlyAsManyAtOnceAsMayBeAway) {
  ByHand rollout({.nodes = 6, .apps = 6, .replicas = 1});
  rollout.spec.batches = {{"all", rollout.spec.pool_nodes, false}};
  rollout.spec.strategy.max_unavailable = {2, false};
  rollout.decide_all();
  EXPECT_EQ(rollout.stage("node-001"), Stage::Cordoning);
  EXPECT_EQ(rollout.stage("node-002"), Stage::Pending);
  EXPECT_THAT(rollout.at("node-002").reason, HasSubstr("2 of at most 2 nodes"));
}

TEST(Decide, WhatIsAwayForOtherReasonsCounts) {
  ByHand rollout({.nodes = 3, .apps = 3, .replicas = 1});
  rollout.cluster.edit_node("node-002")->ready = false;
  rollout.decide_all();
  EXPECT_EQ(rollout.stage("node-000"), Stage::Pending);
  rollout.cluster.edit_node("node-002")->ready = true;
  rollout.decide_all();
  EXPECT_EQ(rollout.stage("node-000"), Stage::Cordoning);
}

TEST(Decide, NoTwoNodesOfOneSmallBudgetAtOnce) {
  ByHand rollout({.nodes = 3, .apps = 1, .replicas = 3, .away = 1});
  rollout.spec.batches = {{"all", rollout.spec.pool_nodes, false}};
  rollout.spec.strategy.max_unavailable = {3, false};
  rollout.decide_all();
  EXPECT_EQ(rollout.stage("node-000"), Stage::Cordoning);
  EXPECT_EQ(rollout.stage("node-001"), Stage::Pending);
  EXPECT_EQ(rollout.at("node-001").reason, "node node-000 is using budget shop/app-0");
}

TEST(Decide, ACordonThatIsNotOursStays) {
  ByHand rollout;
  rollout.cordon("node-000", "");
  rollout.to_gating("node-000");
  rollout.cluster.edit_node("node-000")->annotations.clear();
  rollout.decide_all();
  EXPECT_FALSE(rollout.at("node-000").cordon_is_ours && rollout.cluster.find_node("node-000")->annotations.empty());
  rollout.seen.node_gates["node-000"] = {Verdict::Good, {}};
  rollout.decide_all();
  EXPECT_EQ(rollout.stage("node-000"), Stage::Done);
  EXPECT_TRUE(rollout.cluster.find_node("node-000")->unschedulable);
}

TEST(Decide, ATokenOfAnotherRolloutIsNotOurs) {
  ByHand rollout;
  rollout.decide_all();
  rollout.cordon("node-000", "rollout-10/7");
  rollout.decide_all();
  EXPECT_FALSE(rollout.at("node-000").cordon_is_ours);
}

TEST(Decide, SomebodyWhoUncordonsANodeMeansIt) {
  ByHand rollout;
  rollout.decide_all();
  rollout.cordon("node-000");
  rollout.decide_all();
  ASSERT_EQ(rollout.stage("node-000"), Stage::Draining);
  rollout.cluster.edit_node("node-000")->unschedulable = false;
  rollout.decide_all();
  EXPECT_THAT(rollout.at("node-000").reason, HasSubstr("somebody uncordoned it"));
  EXPECT_EQ(rollout.status.phase, Phase::Halted);
}

TEST(Decide, AnOperationKeepsItsNameHoweverOftenItIsAskedFor) {
  ByHand rollout;
  rollout.to_acting("node-000");
  EXPECT_EQ(rollout.actions.at(0).operation, "rollout-1/node-000/forward-1");
  rollout.decide_all();
  EXPECT_EQ(rollout.actions.at(0).operation, "rollout-1/node-000/forward-1");
  EXPECT_EQ(rollout.actions.at(0).release, sample::release("new"));
}

TEST(Decide, AnotherImageThanPromisedIsAFailureAndGoesBack) {
  ByHand rollout;
  rollout.to_proving("node-000");
  rollout.reboot("node-000", sample::release("old"));
  rollout.decide_all();
  EXPECT_THAT(rollout.at("node-000").failure, HasSubstr("the image is sha256:old, not sha256:new"));
  EXPECT_EQ(rollout.status.phase, Phase::RollingBack);
  EXPECT_EQ(rollout.at("node-000").direction, Direction::Back);
}

TEST(Decide, AReportOfAnEarlierBootProvesNothing) {
  ByHand rollout;
  rollout.to_proving("node-000");
  rollout.reboot("node-000", sample::release("new"));
  rollout.seen.reports["node-000"].boot_id = "first-node-000";
  rollout.decide_all();
  EXPECT_EQ(rollout.stage("node-000"), Stage::Proving);
  rollout.after(16min);
  EXPECT_THAT(rollout.at("node-000").failure, HasSubstr("nothing has told what it booted"));
}

TEST(Decide, MissingDataHalts) {
  ByHand rollout;
  rollout.spec.strategy.rollback = Rollback::Never;
  rollout.to_gating("node-000");
  rollout.after(9min);
  EXPECT_EQ(rollout.stage("node-000"), Stage::Gating);
  rollout.after(2min);
  EXPECT_EQ(rollout.status.phase, Phase::Halted);
  EXPECT_THAT(rollout.status.reason, HasSubstr("data that its gates need is missing"));
}

TEST(Decide, ABudgetThatNeverYieldsEndsAsTheStrategySays) {
  for (const auto undrainable : {Undrainable::Skip, Undrainable::Quarantine, Undrainable::Halt}) {
    ByHand rollout({.away = 0});
    rollout.spec.strategy.undrainable = undrainable;
    rollout.spec.strategy.max_failures = 1;
    rollout.decide_all();
    rollout.cordon("node-000");
    rollout.decide_all();
    EXPECT_THAT(rollout.actions, IsEmpty()) << "nobody is asked to leave against a budget";
    rollout.after(31min);
    if (undrainable == Undrainable::Quarantine) {
      EXPECT_THAT(rollout.kinds(), ElementsAre(ActionKind::Quarantine));
      EXPECT_EQ(rollout.stage("node-000"), Stage::Quarantined);
      continue;
    }
    EXPECT_EQ(rollout.stage("node-000"), Stage::Backing);
    EXPECT_EQ(rollout.status.phase == Phase::Halted, undrainable == Undrainable::Halt);
  }
}

TEST(Decide, NothingBeginsOutsideTheWindow) {
  ByHand rollout;
  rollout.seen.window_open = false;
  rollout.seen.window_reason = "opens at 22:00";
  rollout.decide_all();
  EXPECT_EQ(rollout.status.phase, Phase::WaitingForWindow);
  EXPECT_EQ(rollout.status.reason, "opens at 22:00");
  EXPECT_THAT(rollout.actions, IsEmpty());
}

TEST(Decide, ABatchThatNeedsApprovalWaitsForIt) {
  ByHand rollout;
  rollout.spec.batches.at(0).needs_approval = true;
  rollout.decide_all();
  EXPECT_EQ(rollout.status.phase, Phase::WaitingForApproval);
  rollout.seen.wishes.approved = {"canary"};
  rollout.decide_all();
  EXPECT_EQ(rollout.status.phase, Phase::Running);
}

TEST(Decide, AnAbortGivesBackWhatWasNotChanged) {
  ByHand rollout;
  rollout.decide_all();
  rollout.cordon("node-000");
  rollout.decide_all();
  rollout.seen.wishes.aborted = true;
  rollout.decide_all();
  EXPECT_THAT(rollout.kinds(), ElementsAre(ActionKind::Uncordon));
  EXPECT_NE(rollout.status.phase, Phase::Aborted);
  rollout.cluster.edit_node("node-000")->annotations.clear();
  rollout.cluster.edit_node("node-000")->unschedulable = false;
  rollout.decide_all();
  EXPECT_EQ(rollout.status.phase, Phase::Aborted);
}

TEST(Decide, AHaltIsOverWhenSomebodyHasLookedAtIt) {
  ByHand rollout;
  rollout.spec.strategy.rollback = Rollback::Never;
  rollout.to_proving("node-000");
  rollout.reboot("node-000", sample::release("old"));
  rollout.decide_all();
  ASSERT_EQ(rollout.status.phase, Phase::Halted);
  rollout.after(24h);
  ASSERT_EQ(rollout.status.phase, Phase::Halted);
  rollout.seen.wishes.acknowledged_halts = rollout.status.halts;
  rollout.spec.strategy.max_unavailable = {2, false};
  rollout.decide_all();
  EXPECT_EQ(rollout.status.phase, Phase::Running);
  EXPECT_EQ(rollout.stage("node-001"), Stage::Cordoning);
}

TEST(Decide, ANodeThatLeavesTheClusterIsNoFailure) {
  ByHand rollout;
  rollout.decide_all();
  rollout.cluster.remove_node("node-000");
  rollout.decide_all();
  EXPECT_EQ(rollout.stage("node-000"), Stage::Skipped);
  EXPECT_EQ(rollout.status.phase, Phase::Running);
}

// Cluster API replaces machines: the node goes, and another one takes its place.
TEST(Decide, AMachineThatIsReplacedIsWaitedForAndItsSuccessorProved) {
  ByHand rollout;
  rollout.to_acting("node-000");
  const std::string operation = rollout.actions.at(0).operation;
  rollout.seen.operations[operation] = OperationState::Running;
  rollout.cluster.remove_node("node-000");
  rollout.decide_all();
  EXPECT_EQ(rollout.stage("node-000"), Stage::Acting) << "it is being replaced";

  rollout.seen.operations[operation] = OperationState::Succeeded;
  Node fresh = sample::node("node-900");
  rollout.cluster.put(fresh);
  rollout.seen.successors["node-000"] = "node-900";
  rollout.decide_all();
  EXPECT_EQ(rollout.stage("node-000"), Stage::Proving);
  rollout.seen.reports["node-000"] = {fresh.boot_id, sample::release("new")};
  rollout.decide_all();
  EXPECT_EQ(rollout.stage("node-000"), Stage::Gating);
  rollout.seen.node_gates["node-000"] = {Verdict::Good, {}};
  rollout.decide_all();
  EXPECT_EQ(rollout.stage("node-000"), Stage::Done);
}

TEST(Decide, AMachineThatNothingReplacesIsAFailureInTheEnd) {
  ByHand rollout;
  rollout.to_acting("node-000");
  rollout.seen.operations[rollout.actions.at(0).operation] = OperationState::Succeeded;
  rollout.cluster.remove_node("node-000");
  rollout.decide_all();
  EXPECT_EQ(rollout.stage("node-000"), Stage::Proving);
  EXPECT_EQ(rollout.stage("node-001"), Stage::Pending) << "it counts as away";
  rollout.after(rollout.spec.strategy.prove_time);
  EXPECT_EQ(rollout.stage("node-000"), Stage::Skipped);
  EXPECT_TRUE(rollout.at("node-000").failed);
}

TEST(Decide, ASuccessorThatBootedAnotherImageIsQuarantinedItself) {
  ByHand rollout;
  rollout.spec.strategy.rollback = Rollback::Never;
  rollout.to_proving("node-000");
  rollout.cluster.remove_node("node-000");
  rollout.cluster.put(sample::node("node-900"));
  rollout.seen.successors["node-000"] = "node-900";
  rollout.seen.reports["node-000"] = {rollout.cluster.find_node("node-900")->boot_id, sample::release("other")};
  rollout.decide_all();
  EXPECT_EQ(rollout.stage("node-000"), Stage::Quarantined);
  ASSERT_FALSE(rollout.actions.empty());
  EXPECT_EQ(rollout.actions.at(0).node, "node-900");
}

}  // namespace
}  // namespace keelson::fleet
