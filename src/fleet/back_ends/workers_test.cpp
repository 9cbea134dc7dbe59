#include "fleet/back_ends/workers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <latch>

namespace keelson::fleet {
namespace {

using namespace std::chrono_literals;

template <typename Condition>
bool eventually(const Condition& condition) {
  for (int i = 0; i < 12'000; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(5ms);
  }
  return false;
}

void wait_for_stop(const std::stop_token& stop) {
  while (!stop.stop_requested()) std::this_thread::sleep_for(1ms);
}

TEST(Workers, AnOperationRunsOnceHoweverOftenItIsStarted) {
  Workers workers(4, {});
  std::atomic<int> runs = 0;
  std::latch go(1);
  const auto work = [&](const std::stop_token&) {
    ++runs;
    go.wait();
    return true;
  };
  for (int i = 0; i < 5; ++i) workers.start("n1", "one", work);
  EXPECT_TRUE(workers.is_under_way("one"));
  EXPECT_FALSE(workers.is_under_way("two"));
  go.count_down();
  EXPECT_TRUE(eventually([&] { return !workers.is_under_way("one"); }));
  workers.start("n1", "one", work);
  EXPECT_FALSE(workers.is_under_way("one")) << "it has ended for good";
  EXPECT_EQ(runs, 1);
}

TEST(Workers, WhatHasNotEndedForGoodMayBeStartedAgain) {
  std::vector<std::string> complaints;
  std::mutex mutex;
  Workers workers(1, [&](const Error& error) {
    const std::lock_guard lock(mutex);
    complaints.push_back(error.message());
  });
  std::atomic<int> runs = 0;
  const auto work = [&](const std::stop_token&) -> bool {
    if (++runs == 1) throw Error(ErrorKind::Unavailable, "no");
    if (runs == 2) throw std::runtime_error("our own bug");
    return true;
  };
  for (int i = 1; i <= 3; ++i) {
    workers.start("n1", "one", work);
    EXPECT_TRUE(eventually([&] { return runs == i && !workers.is_under_way("one"); }));
  }
  EXPECT_THAT(complaints, ::testing::ElementsAre("no", "our own bug"));
}

TEST(Workers, ANewerOperationStopsTheOlderAndBeginsWhenThatHasEnded) {
  Workers workers(4, {});
  std::atomic<int> at_once = 0;
  std::atomic<bool> both = false;
  const auto work = [&](const std::stop_token& stop) {
    both = both || ++at_once > 1;
    wait_for_stop(stop);
    std::this_thread::sleep_for(20ms);
    --at_once;
    return true;
  };
  std::atomic<bool> waited_ran = false;
  std::atomic<bool> last_ran = false;
  workers.start("n1", "one", work);
  EXPECT_TRUE(eventually([&] { return at_once == 1; }));
  workers.start("n1", "two", [&](const std::stop_token&) { return waited_ran = true; });
  workers.start("n1", "three", [&](const std::stop_token&) {
    both = both || at_once > 0;
    return last_ran = true;
  });
  EXPECT_FALSE(workers.is_under_way("one"));
  EXPECT_FALSE(workers.is_under_way("two"));
  EXPECT_TRUE(eventually([&] { return last_ran && !workers.is_under_way("three"); }));
  EXPECT_FALSE(both);
  EXPECT_FALSE(waited_ran);
}

TEST(Workers, OnlySoManyAtOnce) {
  Workers workers(3, {});
  std::atomic<int> at_once = 0;
  std::atomic<int> most = 0;
  std::atomic<int> done = 0;
  for (int i = 0; i < 20; ++i) {
    workers.start("n" + std::to_string(i), "operation-" + std::to_string(i), [&](const std::stop_token&) {
      const int now = ++at_once;
      for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
      }
      std::this_thread::sleep_for(2ms);
      --at_once;
      ++done;
      return true;
    });
  }
  EXPECT_TRUE(eventually([&] { return done == 20; }));
  EXPECT_LE(most, 3);
}

TEST(Workers, TheEndStopsEverything) {
  std::atomic<int> stopped = 0;
  std::atomic<bool> late = false;
  {
    Workers workers(1, {});
    workers.start("n1", "one", [&](const std::stop_token& stop) {
      wait_for_stop(stop);
      ++stopped;
      return true;
    });
    EXPECT_TRUE(workers.is_under_way("one"));
    workers.start("n2", "two", [&](const std::stop_token&) { return late = true; });
    workers.start("n3", "three", [&](const std::stop_token&) { return late = true; });
    workers.supersede("n3", "four");
    EXPECT_FALSE(workers.is_under_way("three"));
  }
  EXPECT_LE(stopped, 1);  // 0: the end came before the beginning
  EXPECT_FALSE(late);
}

}  // namespace
}  // namespace keelson::fleet
