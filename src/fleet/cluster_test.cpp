#include "fleet/cluster.h"

#include <gmock/gmock.h>

#include "fleet/sample_cluster.h"

namespace keelson::fleet {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Cluster, APodKnowsTheBudgetsThatSelectItWhicheverCameFirst) {
  Cluster cluster;
  cluster.put(sample::pod("web", 0, "n"));
  cluster.put(sample::budget("web", 1, 1));
  cluster.put(sample::pod("web", 1, "n"));
  cluster.put(sample::pod("other", 0, "n"));
  EXPECT_THAT(cluster.find_pod("uid-web-00000")->budgets, ElementsAre("shop/web"));
  EXPECT_THAT(cluster.find_pod("uid-web-00001")->budgets, ElementsAre("shop/web"));
  EXPECT_THAT(cluster.find_pod("uid-other-00000")->budgets, IsEmpty());
  EXPECT_THAT(cluster.pods_of("shop/web"), ElementsAre("uid-web-00000", "uid-web-00001"));
}

TEST(Cluster, ABudgetOfAnotherNamespaceSelectsNothingHere) {
  Cluster cluster;
  Budget budget = sample::budget("web", 1, 1);
  budget.space = "elsewhere";
  cluster.put(std::move(budget));
  cluster.put(sample::pod("web", 0, "n"));
  EXPECT_THAT(cluster.find_pod("uid-web-00000")->budgets, IsEmpty());
}

TEST(Cluster, WhatIsRemovedOrMovesIsFoundWhereItIs) {
  Cluster cluster;
  cluster.put(sample::budget("web", 1, 1));
  cluster.put(sample::pod("web", 0, ""));
  EXPECT_THAT(cluster.pods_on(""), ElementsAre("uid-web-00000"));
  cluster.put(sample::pod("web", 0, "n"));
  EXPECT_THAT(cluster.pods_on(""), IsEmpty());
  EXPECT_THAT(cluster.pods_on("n"), ElementsAre("uid-web-00000"));
  EXPECT_EQ(cluster.requested_on("n"), (Resources{100, 64 << 20, 1}));
  cluster.remove_budget("shop/web");
  EXPECT_THAT(cluster.find_pod("uid-web-00000")->budgets, IsEmpty());
  cluster.remove_pod("uid-web-00000");
  EXPECT_THAT(cluster.pods_on("n"), IsEmpty());
  EXPECT_EQ(cluster.pod_count(), 0U);
}

}  // namespace
}  // namespace keelson::fleet
