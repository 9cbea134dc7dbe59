#include "fleet/rollout/drain.h"

#include <gmock/gmock.h>

#include "fleet/sample_cluster.h"

namespace keelson::fleet {
namespace {

using ::testing::HasSubstr;

/// Node "n" with one pod of "web", changed by the test.
struct OnePod {
  Cluster cluster;
  Pod pod = sample::pod("web", 0, "n");
  Strategy strategy;

  PodFate fate() {
    cluster.put(sample::node("n"));
    cluster.put(pod);
    Allowances allowances(cluster);
    return judge_pods(cluster, *cluster.find_node("n"), strategy, allowances).at(0);
  }
  std::string reason() { return reason_of(cluster, fate()); }
};

TEST(Drain, WhatNobodyNeedsToMoveStays) {
  OnePod daemon;
  daemon.pod.owner = Owner::DaemonSet;
  EXPECT_EQ(daemon.fate().verdict, PodVerdict::Stays);
  OnePod mirror;
  mirror.pod.mirror = true;
  EXPECT_EQ(mirror.fate().verdict, PodVerdict::Stays);
  OnePod finished;
  finished.pod.owner = Owner::None;
  finished.pod.finished = true;
  EXPECT_EQ(finished.fate().verdict, PodVerdict::Stays);
}

TEST(Drain, AnOrdinaryPodMayBeAskedToLeaveOnce) {
  OnePod plain;
  EXPECT_EQ(plain.fate().verdict, PodVerdict::Evictable);
  plain.pod.deleted = Moment{};
  EXPECT_EQ(plain.fate().verdict, PodVerdict::Leaving);
}

TEST(Drain, WhatNothingWouldMakeAgainIsNotLostUnlessSomebodySaidSo) {
  OnePod bare;
  bare.pod.owner = Owner::None;
  EXPECT_EQ(bare.fate().verdict, PodVerdict::BlockedForEver);
  bare.strategy.unowned = Unowned::Delete;
  EXPECT_EQ(bare.fate().verdict, PodVerdict::Evictable);
  OnePod scratch;
  scratch.pod.local_data = true;
  EXPECT_EQ(scratch.fate().verdict, PodVerdict::Evictable);
  scratch.strategy.local_data = LocalData::Refuse;
  EXPECT_EQ(scratch.fate().verdict, PodVerdict::BlockedForEver);
}

TEST(Drain, ABudgetThatAllowsNothingNowIsToldApartFromOneThatNeverWill) {
  OnePod now;
  Budget budget = sample::budget("web", 3, 1);
  budget.healthy = 2;
  budget.allowed = 0;
  now.cluster.put(budget);
  EXPECT_EQ(now.fate().verdict, PodVerdict::BlockedNow);
  OnePod never;
  never.cluster.put(sample::budget("web", 3, 0));
  EXPECT_EQ(never.fate().verdict, PodVerdict::BlockedForEver);
  EXPECT_THAT(never.reason(), HasSubstr("wants 3 of 3 pods"));
}

TEST(Drain, ABudgetWhoseStatusIsOldAllowsNothing) {
  OnePod stale;
  Budget budget = sample::budget("web", 3, 1);
  budget.observed = false;
  stale.cluster.put(budget);
  EXPECT_EQ(stale.fate().verdict, PodVerdict::BlockedNow);
}

TEST(Drain, AnUnhealthyPodIsProtectedAsItsBudgetSays) {
  OnePod sick;
  sick.pod.ready = false;
  Budget budget = sample::budget("web", 3, 1);
  budget.allowed = 0;
  budget.healthy = 1;
  sick.cluster.put(budget);
  EXPECT_EQ(sick.fate().verdict, PodVerdict::BlockedNow) << "others are missing already";
  budget.healthy = 2;
  sick.cluster.put(budget);
  EXPECT_EQ(sick.fate().verdict, PodVerdict::Evictable) << "enough others are healthy (KEP-3017)";
  budget.healthy = 0;
  budget.unhealthy = UnhealthyPods::AlwaysAllow;
  sick.cluster.put(budget);
  EXPECT_EQ(sick.fate().verdict, PodVerdict::Evictable);
}

TEST(Drain, TwoBudgetsOnOnePodBlockItBecauseTheApiRefuses) {
  OnePod both;
  both.cluster.put(sample::budget("web", 3, 1));
  Budget second = sample::budget("web", 3, 1);
  second.name = "second";
  both.cluster.put(second);
  EXPECT_EQ(both.fate().verdict, PodVerdict::BlockedForEver);
  EXPECT_THAT(both.reason(), HasSubstr("shop/second, shop/web"));
}

TEST(Drain, NoMoreEvictionsThanTheBudgetAllowsOverAllNodes) {
  Cluster cluster = sample::cluster({.nodes = 2, .apps = 1, .replicas = 6, .away = 2});
  Allowances allowances(cluster);
  const Strategy strategy;
  std::size_t evictable = 0;
  for (const auto* node : {"node-000", "node-001"}) {
    for (const auto& fate : judge_pods(cluster, *cluster.find_node(node), strategy, allowances))
      evictable += fate.verdict == PodVerdict::Evictable;
  }
  EXPECT_EQ(evictable, 2U);
}

TEST(Drain, PodsLeaveInTheirOrder) {
  Cluster cluster;
  cluster.put(sample::node("n"));
  cluster.put(sample::pod("first", 0, "n"));
  Pod last = sample::pod("last", 0, "n");
  last.drain_order = 10;
  cluster.put(last);
  Allowances allowances(cluster);
  auto fates = judge_pods(cluster, *cluster.find_node("n"), {}, allowances);
  EXPECT_EQ(fates.at(0).verdict, PodVerdict::Evictable);
  EXPECT_EQ(fates.at(1).verdict, PodVerdict::WaitsForOthers);
  cluster.remove_pod("uid-first-00000");
  EXPECT_EQ(judge_pods(cluster, *cluster.find_node("n"), {}, allowances).at(0).verdict, PodVerdict::Evictable);
}

TEST(Drain, APodThatAskedToFinishIsWaitedFor) {
  OnePod job;
  job.pod.wait_until_done = true;
  EXPECT_EQ(job.fate().verdict, PodVerdict::WaitsToFinish);
  job.pod.finished = true;
  EXPECT_EQ(job.fate().verdict, PodVerdict::Stays);
}

}  // namespace
}  // namespace keelson::fleet
