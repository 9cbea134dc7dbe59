#include "fleet/operations/health.h"

#include <gtest/gtest.h>

#include "fleet/operations/pages.h"
#include "kube/testing/manual_clock.h"

namespace keelson::fleet {
namespace {

TEST(Health, SaysWhichPartIsNotReady) {
  Health health;
  health.ask("leader election", [] { return std::string(); });
  health.ask("nodes", [] { return std::string("not listed yet: 403 \x1b[31m"); });
  const auto answer = health.look();
  EXPECT_FALSE(answer.well);
  EXPECT_EQ(answer.text, "ok leader election\nnot ok nodes: not listed yet: 403 ?[31m\n");
}

TEST(Health, WithoutQuestionsIsWell) {
  EXPECT_TRUE(Health().look().well);
  EXPECT_EQ(Health().look().text, "ok\n");
}

TEST(Heartbeat, TellsThatALoopHasNotComeRound) {
  kube::testing::ManualClock clock;
  Heartbeat heartbeat(clock, std::chrono::seconds(60));
  clock.advance(std::chrono::seconds(60));
  EXPECT_EQ(heartbeat.why_not(), "");
  clock.advance(std::chrono::seconds(1));
  EXPECT_EQ(heartbeat.why_not(), "has not come round for 61 s");
  heartbeat.beat();
  EXPECT_EQ(heartbeat.why_not(), "");
}

TEST(Pages, AnswerByHealth) {
  ControllerMetrics metrics;
  Health alive;
  Health ready;
  ready.ask("pods", [] { return std::string("not listed yet"); });
  const auto pages = operations_pages(metrics, alive, ready);
  EXPECT_EQ(pages.at("/healthz")().status, 200);
  EXPECT_EQ(pages.at("/readyz")().status, 503);
  EXPECT_EQ(pages.at("/readyz")().body, "not ok pods: not listed yet\n");
  EXPECT_EQ(pages.at("/metrics")().type, kExpositionType);
}

}  // namespace
}  // namespace keelson::fleet
