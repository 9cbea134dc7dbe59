#include "fleet/cluster.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <set>

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
  EXPECT_THAT(cluster.budget_keys_of(*cluster.find_pod("uid-web-00000")), ElementsAre("shop/web"));
  EXPECT_THAT(cluster.budget_keys_of(*cluster.find_pod("uid-web-00001")), ElementsAre("shop/web"));
  EXPECT_THAT(cluster.budget_keys_of(*cluster.find_pod("uid-other-00000")), IsEmpty());
  EXPECT_THAT(cluster.pods_of("shop/web"), ElementsAre("uid-web-00000", "uid-web-00001"));
}

TEST(Cluster, ABudgetOfAnotherNamespaceSelectsNothingHere) {
  Cluster cluster;
  Budget budget = sample::budget("web", 1, 1);
  budget.space = "elsewhere";
  cluster.put(std::move(budget));
  cluster.put(sample::pod("web", 0, "n"));
  EXPECT_THAT(cluster.budget_keys_of(*cluster.find_pod("uid-web-00000")), IsEmpty());
}

TEST(Cluster, ASelectorThatNeedsNoOneLabelIsAskedAboutEveryPod) {
  Cluster cluster;
  cluster.put(sample::pod("before", 0, "n"));
  Budget all = sample::budget("all", 2, 1);
  all.needs.clear();
  all.selects = [](const Labels&) { return true; };
  cluster.put(all);
  cluster.put(sample::budget("after", 1, 1));
  cluster.put(sample::pod("after", 0, "n"));
  EXPECT_THAT(cluster.pods_of("shop/all"), ElementsAre("uid-after-00000", "uid-before-00000"));
  EXPECT_THAT(cluster.budget_keys_of(*cluster.find_pod("uid-after-00000")), ElementsAre("shop/after", "shop/all"));
  cluster.remove_budget("shop/all");
  EXPECT_THAT(cluster.budget_keys_of(*cluster.find_pod("uid-after-00000")), ElementsAre("shop/after"));
  EXPECT_THAT(cluster.budget_keys_of(*cluster.find_pod("uid-before-00000")), IsEmpty());
}

TEST(Cluster, AHandleFindsItsPodAndNoOtherInItsPlace) {
  Cluster cluster;
  cluster.put(sample::node("n"));
  cluster.put(sample::pod("web", 0, "n"));
  const PodHandle first = cluster.handle_of(*cluster.find_pod("uid-web-00000"));
  EXPECT_EQ(cluster.edit_pod(first), cluster.find_pod("uid-web-00000"));
  EXPECT_EQ(cluster.node_of(*cluster.edit_pod(first)), cluster.find_node("n"));
  cluster.put(sample::pod("web", 0, "n"));
  EXPECT_EQ(cluster.edit_pod(first), cluster.find_pod("uid-web-00000")) << "it is the same, told anew";
  cluster.replace_pod(*cluster.edit_pod(first), "new", "web-new");
  EXPECT_EQ(cluster.edit_pod(first), nullptr);
  const PodHandle second = cluster.handle_of(*cluster.find_pod("new"));
  Cluster copy = cluster;
  EXPECT_EQ(copy.edit_pod(second), copy.find_pod("new"));
  cluster.remove_pod("new");
  cluster.put(sample::pod("web", 1, "n"));
  EXPECT_EQ(cluster.edit_pod(second), nullptr);
  EXPECT_EQ(cluster.edit_pod(PodHandle{}), nullptr);
  EXPECT_EQ(cluster.edit_pod(PodHandle{.slot = 9, .generation = 1}), nullptr);
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
  EXPECT_THAT(cluster.budget_keys_of(*cluster.find_pod("uid-web-00000")), IsEmpty());
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
  cluster.put(sample::pod("web", 1, "n"));
  cluster.replace_pod(*cluster.edit_pod("uid-web-00001"), "new", "web-newer");
  EXPECT_EQ(cluster.pod_count(), 1U) << "one UID, one pod";
  EXPECT_EQ(cluster.find_pod("new")->name, "web-newer");
  EXPECT_THAT(cluster.pods_on("m"), IsEmpty());
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

TEST(Cluster, WhoReadsOnFindsEveryChangeHoweverManyThereWere) {
  Cluster cluster;
  for (int i = 0; i < 200; ++i) cluster.put(sample::node(fmt::format("n{:03}", i)));
  auto mark = cluster.changes().mark();
  const auto early = mark;
  for (int round = 0; round < 1000; ++round) {
    std::set<Slot> expected;
    for (int i = round % 7; i < 200; i += 1 + round % 5) {
      cluster.edit_node(fmt::format("n{:03}", i));
      cluster.edit_node(fmt::format("n{:03}", i));
      expected.insert(cluster.find_node(fmt::format("n{:03}", i))->place);
    }
    const auto changed = cluster.changes().since(mark);
    ASSERT_TRUE(changed);
    EXPECT_EQ(std::set<Slot>(changed->begin(), changed->end()), expected);
    EXPECT_EQ(changed->size(), expected.size()) << "each is told once";
    mark = cluster.changes().mark();
  }
  EXPECT_FALSE(cluster.changes().since(early)) << "too many for who reads on only now";
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
