#include "fleet/back_ends/whole_pools.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fleet/rollout/sample_rollout.h"
#include "fleet/sample_cluster.h"

namespace keelson::fleet {
namespace {

using ::testing::HasSubstr;

struct WholePools : ::testing::Test {
  WholePools() {
    for (const auto& [name, pool] : {std::pair{"a1", "blue"}, std::pair{"a2", "blue"}, std::pair{"b1", "green"}}) {
      Node node = sample::node(name);
      node.labels["kubernetes.azure.com/agentpool"] = pool;
      cluster.put(node);
    }
    spec.pool_nodes = {"a1", "a2", "b1"};
    spec.batches = {{"first", {"b1"}, false}, {"second", {"a1", "a2"}, false}};
    spec.strategy.max_unavailable = {100, true};
  }
  std::string why() const { return why_not_by(AksBackEnd{}, spec, cluster); }

  Cluster cluster;
  RolloutSpec spec;
};

TEST_F(WholePools, BatchesOfWholePoolsAreFine) {
  EXPECT_EQ(why(), "");
  spec.strategy.max_unavailable = {2, false};
  EXPECT_EQ(why(), "");
}

TEST_F(WholePools, ABatchThatSplitsAPoolIsRefused) {
  spec.batches = {{"canary", {"a1"}, false}, {"rest", {"a2", "b1"}, false}};
  EXPECT_THAT(why(), HasSubstr("its nodes are in the batches 'canary' and 'rest'"));
  spec.batches = {{"all", {"a1", "b1"}, false}};
  EXPECT_THAT(why(), HasSubstr("its node 'a2' is not in the plan"));
}

TEST_F(WholePools, AllOfAPoolMustBeAllowedToBeAway) {
  spec.strategy.max_unavailable = {1, false};
  EXPECT_THAT(why(), HasSubstr("maxUnavailable"));
  spec.strategy.max_unavailable = {100, true};
  spec.strategy.max_per_zone = {1, false};
  EXPECT_THAT(why(), HasSubstr("maxPerZone"));
}

TEST_F(WholePools, ANodeOfNoPoolIsRefused) {
  cluster.put(sample::node("x"));
  EXPECT_EQ(why(), "") << "it is not in the plan";
  spec.batches.push_back({"third", {"x"}, false});
  EXPECT_THAT(why(), HasSubstr("node 'x' is in no node pool"));
}

TEST_F(WholePools, OtherBackEndsDoNotMind) {
  spec.batches = {{"canary", {"a1"}, false}};
  EXPECT_EQ(why_not_by(ExecBackEnd{}, spec, cluster), "");
  EXPECT_EQ(why_not_by(ClusterApiBackEnd{}, spec, cluster), "");
}

}  // namespace
}  // namespace keelson::fleet
