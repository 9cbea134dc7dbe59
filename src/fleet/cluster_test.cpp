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

TEST(Cluster, APodThatTakesThePlaceOfAnotherIsLikeItAndOnNoNode) {
  Cluster cluster;
  cluster.put(sample::budget("web", 1, 1));
  cluster.put(sample::pod("web", 0, "n"));
  cluster.replace_pod(*cluster.edit_pod("uid-web-00000"), "new", "web-new");
  EXPECT_EQ(cluster.find_pod("uid-web-00000"), nullptr);
  EXPECT_THAT(cluster.pods_on("n"), IsEmpty());
  EXPECT_THAT(cluster.pods_on(""), ElementsAre("new"));
  EXPECT_THAT(cluster.pods_of("shop/web"), ElementsAre("new"));
  cluster.move_pod(*cluster.edit_pod("new"), "m");
  EXPECT_THAT(cluster.pods_on("m"), ElementsAre("new"));
  EXPECT_THAT(cluster.pods_on(""), IsEmpty());
  EXPECT_EQ(cluster.find_pod("new")->name, "web-new");
}

TEST(Cluster, ACopyPointsIntoItself) {
  Cluster cluster;
  cluster.put(sample::node("n"));
  cluster.put(sample::budget("web", 2, 1));
  cluster.put(sample::pod("web", 1, "n"));
  cluster.put(sample::pod("web", 0, "n"));
  Cluster copy = cluster;
  copy.edit_pod("uid-web-00000")->ready = false;
  copy.edit_budgets_of(*copy.find_pod("uid-web-00000"))[0]->allowed = 7;
  EXPECT_EQ(copy.pods_at("n")[0], copy.find_pod("uid-web-00000"));
  EXPECT_EQ(copy.pods_at(*copy.find_node("n"))[1], copy.find_pod("uid-web-00001"));
  EXPECT_EQ(copy.find_budget("shop/web")->allowed, 7);
  EXPECT_EQ(cluster.find_budget("shop/web")->allowed, 1);
  EXPECT_TRUE(cluster.find_pod("uid-web-00000")->ready);
  copy.remove_pod("uid-web-00001");
  EXPECT_THAT(copy.pods_of("shop/web"), ElementsAre("uid-web-00000"));
  EXPECT_THAT(cluster.pods_of("shop/web"), ElementsAre("uid-web-00000", "uid-web-00001"));
}

TEST(Cluster, ChangesNameThePlacesOfWhatCouldHaveChanged) {
  Cluster cluster;
  cluster.put(sample::node("n"));
  cluster.put(sample::node("m"));
  cluster.put(sample::pod("web", 0, "n"));
  const auto before = cluster.changes().mark();
  EXPECT_THAT(*cluster.changes().since(before), IsEmpty());
  cluster.edit_pod("uid-web-00000")->ready = false;
  cluster.move_pod(*cluster.edit_pod("uid-web-00000"), "m");
  const Slot n = cluster.find_node("n")->place;
  const Slot m = cluster.find_node("m")->place;
  EXPECT_THAT(*cluster.changes().since(before), ::testing::Contains(n));
  EXPECT_THAT(*cluster.changes().since(before), ::testing::Contains(m));
  const auto later = cluster.changes().mark();
  cluster.edit_node("m")->ready = false;
  EXPECT_THAT(*cluster.changes().since(later), ElementsAre(m)) << "although it was the last one before";
  EXPECT_FALSE(Cluster(cluster).changes().since(before)) << "a copy goes its own way";
  const Cluster moved = std::move(cluster);
  EXPECT_TRUE(moved.changes().since(before)) << "what moved is the same";
}

TEST(Cluster, ChangesAreNotKnownOnceNodesOrBudgetsHaveComeOrGone) {
  Cluster cluster;
  cluster.put(sample::node("n"));
  auto before = cluster.changes().mark();
  cluster.put(sample::node("m"));
  EXPECT_FALSE(cluster.changes().since(before));
  before = cluster.changes().mark();
  cluster.put(sample::node("m"));
  EXPECT_TRUE(cluster.changes().since(before)) << "that one was there";
  cluster.put(sample::budget("web", 1, 1));
  EXPECT_FALSE(cluster.changes().since(before));
  before = cluster.changes().mark();
  cluster.remove_node("n");
  EXPECT_FALSE(cluster.changes().since(before));
}

}  // namespace
}  // namespace keelson::fleet
