#include "kube/work_queue.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "kube/testing/manual_clock.h"

namespace keelson::kube {
namespace {

using namespace std::chrono_literals;
using testing::ManualClock;

class WorkQueueTest : public ::testing::Test {
 protected:
  ManualClock clock;
  WorkQueue queue{clock, {.first_wait = 1s, .longest_wait = 10s}};
};

TEST_F(WorkQueueTest, AKeyStandsInItOnceInTheOrderOfItsFirstAddition) {
  queue.add("a");
  queue.add("b");
  queue.add("a");
  EXPECT_EQ(queue.size(), 2U);
  EXPECT_EQ(queue.try_take(), "a");
  EXPECT_EQ(queue.try_take(), "b");
  EXPECT_EQ(queue.try_take(), std::nullopt);
}

TEST_F(WorkQueueTest, AKeyThatAWorkerHasIsHandedOutAgainOnlyWhenItIsDone) {
  queue.add("a");
  EXPECT_EQ(queue.try_take(), "a");
  queue.add("a");
  queue.add("a");
  EXPECT_EQ(queue.try_take(), std::nullopt);
  queue.done("a");
  EXPECT_EQ(queue.try_take(), "a");
  queue.done("a");
  EXPECT_EQ(queue.try_take(), std::nullopt);
}

TEST_F(WorkQueueTest, AKeyIsLateAsLongAsItIsTold) {
  queue.add_after("a", 5s);
  EXPECT_EQ(queue.try_take(), std::nullopt);
  EXPECT_EQ(queue.next_due(), clock.now() + 5s);
  clock.advance(5s);
  EXPECT_EQ(queue.try_take(), "a");
  EXPECT_EQ(queue.next_due(), std::nullopt);
}

TEST_F(WorkQueueTest, OfSeveralTimesTheEarliestCounts) {
  queue.add_after("a", 5s);
  queue.add_after("a", 9s);
  queue.add_after("a", 2s);
  clock.advance(2s);
  EXPECT_EQ(queue.try_take(), "a");
  queue.done("a");
  clock.advance(20s);
  EXPECT_EQ(queue.try_take(), std::nullopt) << "one look is enough";
  queue.add_after("b", 5s);
  queue.add("b");
  EXPECT_EQ(queue.try_take(), "b");
  EXPECT_EQ(queue.next_due(), std::nullopt);
}

TEST_F(WorkQueueTest, FailuresInARowMakeTheBackOffGrowToItsBound) {
  for (const auto wait : {1s, 2s, 4s, 8s, 10s, 10s}) {
    queue.add("a");
    ASSERT_EQ(queue.try_take(), "a");
    EXPECT_EQ(queue.retry("a"), wait);
  }
  EXPECT_EQ(queue.failures("a"), 6U);
  clock.advance(10s);
  EXPECT_EQ(queue.try_take(), "a");
  queue.done("a");
  EXPECT_EQ(queue.failures("a"), 0U);
}

TEST_F(WorkQueueTest, WhatWasAddedWhileItFailedComesAtOnce) {
  queue.add("a");
  EXPECT_EQ(queue.try_take(), "a");
  queue.add("a");
  queue.retry("a");
  EXPECT_EQ(queue.try_take(), "a");
  EXPECT_EQ(queue.failures("a"), 1U);
}

TEST_F(WorkQueueTest, AWorkerMayAskToLookAgainLater) {
  queue.add("a");
  EXPECT_EQ(queue.try_take(), "a");
  queue.done_until("a", 3s);
  EXPECT_EQ(queue.try_take(), std::nullopt);
  clock.advance(3s);
  EXPECT_EQ(queue.try_take(), "a");
}

TEST_F(WorkQueueTest, JitterTakesAtMostHalfAway) {
  WorkQueue jittered(clock, {.first_wait = 1s, .random = [] { return 0.5; }});
  jittered.add("a");
  EXPECT_EQ(jittered.try_take(), "a");
  EXPECT_EQ(jittered.retry("a"), 750ms);
}

TEST(WorkQueueThreads, WaitersGetWhatIsAddedAndNothingAfterTheShutDown) {
  SystemClock clock;
  WorkQueue queue(clock);
  std::atomic<int> taken{0};
  std::vector<std::thread> workers;
  for (int i = 0; i < 3; ++i) {
    workers.emplace_back([&] {
      while (const auto key = queue.take()) {
        ++taken;
        queue.done(*key);
      }
    });
  }
  for (int i = 0; i < 100; ++i) queue.add(std::to_string(i));
  queue.add_after("late", 1ms);
  while (taken < 101) std::this_thread::sleep_for(1ms);
  queue.shut_down();
  for (auto& worker : workers) worker.join();
  EXPECT_EQ(taken, 101);
}

TEST(WorkQueueThreads, OneKeyIsNeverWithTwoWorkers) {
  SystemClock clock;
  WorkQueue queue(clock);
  std::atomic<int> inside{0};
  std::atomic<int> looks{0};
  std::atomic<bool> shared{false};
  std::vector<std::thread> workers;
  for (int i = 0; i < 4; ++i) {
    workers.emplace_back([&] {
      while (const auto key = queue.take()) {
        if (++inside > 1) shared = true;
        ++looks;
        std::this_thread::yield();
        --inside;
        queue.done(*key);
      }
    });
  }
  while (looks < 500) queue.add("a");
  queue.shut_down();
  for (auto& worker : workers) worker.join();
  EXPECT_FALSE(shared);
}

TEST(WorkQueueThreads, AStopEndsTheWait) {
  SystemClock clock;
  WorkQueue queue(clock);
  std::jthread worker([&](const std::stop_token& stop) { EXPECT_EQ(queue.take(stop), std::nullopt); });
}

}  // namespace
}  // namespace keelson::kube
