#include "fleet/requests/start.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace keelson::fleet {
namespace {

using nlohmann::json;

class Start : public ::testing::Test {
 protected:
  Start() {
    for (const char* name : {"n1", "n2", "n3"}) {
      put(name);
      rollout_.spec.pool_nodes.emplace_back(name);
    }
    rollout_.name = rollout_.spec.name = "november";
    rollout_.pool = rollout_.spec.pool = "workers";
    rollout_.spec.target = {.name = "host", .kernel = "6.12"};
    rollout_.spec.batches = {{.name = "canary", .nodes = {"n1"}}, {.name = "rest", .nodes = {"n2", "n3"}}};
    release_.release = rollout_.spec.target;
  }
  void put(const std::string& name) {
    cluster_.put(Node{
        .name = name, .labels = {{"pool", "workers"}}, .ready = true, .kubelet = "v1.32.4", .architecture = "amd64"});
  }
  std::vector<Refusal> refusals() {
    StartRequest request{.rollout = &rollout_,
                         .cluster = &cluster_,
                         .pool = pool_ ? &*pool_ : nullptr,
                         .release = &release_,
                         .windows = &windows_,
                         .now = Moment{std::chrono::seconds(1'795'687'200)}};
    for (const auto& other : others_) {
      if (auto held = held_by(other)) request.others.push_back(std::move(*held));
    }
    return why_not_start(request);
  }
  std::vector<std::string> why() {
    std::vector<std::string> messages;
    for (auto& refusal : refusals()) messages.push_back(std::move(refusal.message));
    return messages;
  }
  /// The words, each once.
  std::vector<std::string> words() {
    std::vector<std::string> reasons;
    for (auto& refusal : refusals()) {
      if (reasons.empty() || reasons.back() != refusal.reason) reasons.push_back(std::move(refusal.reason));
    }
    return reasons;
  }
  static json other(const std::string& name, const std::string& pool, const std::string& phase, json nodes) {
    return {{"metadata", {{"name", name}}},
            {"spec", {{"pool", pool}, {"plan", {{"poolNodes", std::move(nodes)}}}}},
            {"status", {{"phase", phase}}}};
  }

  Cluster cluster_;
  NodeRollout rollout_;
  ImageRelease release_;
  std::optional<NodePool> pool_ = NodePool{.name = "workers", .selector = kube::Selector::parse("pool=workers")};
  Windows windows_;
  std::vector<json> others_;
};

TEST_F(Start, MayWhenNothingHasChanged) { EXPECT_EQ(why(), std::vector<std::string>{}); }

TEST_F(Start, MayNotWhenThePoolIsAnotherOneNow) {
  cluster_.remove_node("n3");
  cluster_.edit_node("n2")->labels.clear();
  put("n4");
  EXPECT_EQ(why(), (std::vector<std::string>{"node n2 is no longer in the pool", "node n3 is gone",
                                             "node n4 is new in the pool"}));
}

TEST_F(Start, OfAPoolThatWasMadeAnewItNamesTheFirstChangesOnly) {
  for (const char* name : {"n1", "n2", "n3"}) cluster_.edit_node(name)->labels.clear();
  for (int i = 0; i < 5000; ++i) put("m" + std::to_string(i));
  const auto reasons = why();
  ASSERT_EQ(reasons.size(), 6u);
  EXPECT_EQ(reasons.back(), "… and 4998 more such changes");
}

TEST_F(Start, MayNotBesideAnotherRolloutOfThePoolOrOfItsNodes) {
  others_ = {other("november", "workers", "Running", {}), other("done", "workers", "Completed", {"n1"}),
             other("october", "workers", "Paused", {}), other("blue", "blue", "", {"n2"}), other("x", "x", "", 7)};
  EXPECT_EQ(why(), (std::vector<std::string>{"rollout 'october' of the same pool is not over",
                                             "rollout 'blue', which is not over, has node n2 too"}));
}

TEST_F(Start, MayNotToAReleaseThatIsDeniedOverOrForOtherNodes) {
  release_.denied = "boots without SELinux";
  EXPECT_EQ(why(), (std::vector<std::string>{"3 nodes (n1 …): the release is denied: boots without SELinux"}));
  release_.denied.reset();
  release_.end_of_life = lifecycle::parse_day("2026-11-25");
  EXPECT_EQ(why(), (std::vector<std::string>{"3 nodes (n1 …): the release ended on 2026-11-25"}));
  release_.end_of_life.reset();
  release_.architectures = {"amd64"};
  cluster_.edit_node("n2")->architecture = "arm64";
  EXPECT_EQ(why(), (std::vector<std::string>{"node n2: the release is for amd64, the node is arm64"}));
}

TEST_F(Start, MayNotWhenTheReleaseIsNoLongerWhatWasPlanned) {
  release_.release.kernel = "6.13";
  EXPECT_EQ(why(),
            (std::vector<std::string>{"release 'host': kernel is 6.12 in the plan, and 6.13 in the ImageRelease"}));
}

TEST_F(Start, OnlyNodesThatWouldBeMovedMustSuitTheRelease) {
  release_.architectures = {"amd64"};
  cluster_.edit_node("n3")->architecture = "arm64";
  EXPECT_EQ(words(), std::vector<std::string>{"ReleaseDoesNotFit"});
  rollout_.spec.batches.back().nodes = {"n2"};
  EXPECT_EQ(why(), std::vector<std::string>{});
}

TEST_F(Start, WhatWasAbortedOrDeletedBeforeItBeganHoldsNothing) {
  auto regretted = other("october", "workers", "", {"n1"});
  others_ = {regretted};
  EXPECT_EQ(words(), std::vector<std::string>{"PoolBusy"});
  regretted["spec"]["aborted"] = true;
  others_ = {regretted};
  EXPECT_EQ(why(), std::vector<std::string>{});
  regretted["status"]["phase"] = "Draining";  // it had begun: it puts back first what it has under way
  others_ = {regretted};
  EXPECT_EQ(words(), std::vector<std::string>{"PoolBusy"});
  others_ = {other("october", "workers", "", {"n1"})};
  others_[0]["metadata"]["deletionTimestamp"] = "2026-11-26T10:00:00Z";
  EXPECT_EQ(why(), std::vector<std::string>{});
}

TEST_F(Start, OneThatCannotBeReadAnyMoreHoldsTheNodesThatItBeganWith) {
  others_ = {other("blue", "blue", "Running", "changed")};
  others_[0]["status"]["nodes"]["n2"]["stage"] = "Acting";
  EXPECT_EQ(why(), (std::vector<std::string>{"rollout 'blue', which is not over, has node n2 too"}));
  others_ = {json(), json::array(), json("x"), {{"spec", 7}, {"status", {{"nodes", {1, 2}}}}}};
  EXPECT_EQ(why(), std::vector<std::string>{});
}

TEST_F(Start, WithoutANodePoolItsPoolIsASelectorOrItsOwnNodes) {
  pool_.reset();
  EXPECT_EQ(why(), std::vector<std::string>{});  // "workers" is a name that selects nothing
  rollout_.pool = "pool=workers";
  EXPECT_EQ(why(), std::vector<std::string>{});
  put("n4");
  EXPECT_EQ(why(), std::vector<std::string>{"node n4 is new in the pool"});
  rollout_.pool = "all nodes";
  EXPECT_EQ(why(), std::vector<std::string>{"node n4 is new in the pool"});
  rollout_.pool = "pool=blue";
  EXPECT_EQ(why().size(), 3u);
  rollout_.pool = "workers";
  cluster_.remove_node("n1");
  EXPECT_EQ(why(), std::vector<std::string>{"node n1 is gone"});
}

TEST_F(Start, EveryReasonIsToldAndWhatWeighsMostIsFirst) {
  rollout_.wishes.aborted = true;
  rollout_.back_end = AksBackEnd{};
  release_.denied = "";
  release_.release.kernel = "6.13";
  put("n4");
  others_ = {other("october", "workers", "Running", {})};
  Window past{.name = "past"};
  past.not_after = Moment{std::chrono::seconds(1)};
  windows_ = Windows({past});
  EXPECT_EQ(words(), (std::vector<std::string>{"Aborted", "PoolBusy", "ReleaseDenied", "PlanOutdated", "BackEndCannot",
                                               "WindowNeverOpens"}));
  EXPECT_EQ(why()[2], "3 nodes (n1 …): the release is denied: no reason is given");
}

TEST_F(Start, TheSamePlanUnderAnotherNameIsTheSame) {
  NodeRollout there = rollout_;
  there.name = there.spec.name = "other";
  EXPECT_TRUE(is_same_rollout(there, rollout_));
  there.spec.strategy.max_failures = 3;
  EXPECT_FALSE(is_same_rollout(there, rollout_));
}

}  // namespace
}  // namespace keelson::fleet
