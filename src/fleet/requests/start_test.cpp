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
      cluster_.put(Node{.name = name, .ready = true, .kubelet = "v1.32.4", .architecture = "amd64"});
      rollout_.spec.pool_nodes.emplace_back(name);
    }
    rollout_.name = rollout_.spec.name = "november";
    rollout_.pool = rollout_.spec.pool = "workers";
    rollout_.spec.target = {.name = "host", .kernel = "6.12"};
    rollout_.spec.batches = {{.name = "canary", .nodes = {"n1"}}, {.name = "rest", .nodes = {"n2", "n3"}}};
    release_.release = rollout_.spec.target;
  }
  std::vector<std::string> why() {
    return why_not_start({.rollout = &rollout_,
                          .cluster = &cluster_,
                          .pool_nodes = pool_,
                          .release = &release_,
                          .others = &others_,
                          .now = Moment{std::chrono::seconds(1'795'687'200)}});
  }
  static json other(const std::string& name, const std::string& pool, const std::string& phase, json nodes) {
    return {{"metadata", {{"name", name}}},
            {"spec", {{"pool", pool}, {"plan", {{"poolNodes", std::move(nodes)}}}}},
            {"status", {{"phase", phase}}}};
  }

  Cluster cluster_;
  NodeRollout rollout_;
  ImageRelease release_;
  std::vector<std::string> pool_{"n1", "n2", "n3"};
  std::vector<json> others_;
};

TEST_F(Start, MayWhenNothingHasChanged) { EXPECT_EQ(why(), std::vector<std::string>{}); }

TEST_F(Start, MayNotWhenThePoolIsAnotherOneNow) {
  cluster_.remove_node("n3");
  pool_ = {"n1", "n4"};
  EXPECT_EQ(why(), (std::vector<std::string>{"node n2 is no longer in the pool", "node n3 is gone",
                                             "node n4 is new in the pool"}));
}

TEST_F(Start, OfAPoolThatWasMadeAnewItNamesTheFirstChangesOnly) {
  pool_.clear();
  for (int i = 0; i < 5000; ++i) pool_.push_back("m" + std::to_string(i));
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

TEST_F(Start, TheSamePlanUnderAnotherNameIsTheSame) {
  NodeRollout there = rollout_;
  there.name = there.spec.name = "other";
  EXPECT_TRUE(is_same_rollout(there, rollout_));
  there.spec.strategy.max_failures = 3;
  EXPECT_FALSE(is_same_rollout(there, rollout_));
}

}  // namespace
}  // namespace keelson::fleet
