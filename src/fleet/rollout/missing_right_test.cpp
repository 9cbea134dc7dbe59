#include <gmock/gmock.h>

#include "fleet/rollout/by_hand.h"

namespace keelson::fleet {
namespace {

using sample::ByHand;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using namespace std::chrono_literals;

TEST(ARightThatIsMissing, HoldsWhatHasBegunAndBeginsNothing) {
  const std::string missing = "the account 'robot' may not create pods/eviction";
  ByHand hand;
  hand.decide_all();
  hand.cordon("node-000");
  hand.decide_all();
  ASSERT_EQ(hand.stage("node-000"), Stage::Draining);
  hand.seen.forbidden = missing;
  hand.decide_all();
  EXPECT_EQ(hand.at("node-000").reason, missing);
  EXPECT_EQ(hand.status.reason, missing);
  // At its deadline the node is given back: it has not failed, and begins again once it may.
  hand.after(hand.spec.strategy.drain_time);
  EXPECT_EQ(hand.stage("node-000"), Stage::Backing);
  EXPECT_EQ(hand.kinds(), std::vector{ActionKind::Uncordon});
  hand.cluster.edit_node("node-000")->unschedulable = false;
  hand.cluster.edit_node("node-000")->annotations.clear();
  hand.after(24h);
  EXPECT_EQ(hand.stage("node-000"), Stage::Pending);
  EXPECT_FALSE(hand.at("node-000").failed);
  EXPECT_EQ(hand.status.phase, Phase::Running);
  EXPECT_EQ(hand.status.reason, missing);
  EXPECT_THAT(hand.actions, IsEmpty());
  hand.seen.forbidden.clear();
  hand.decide_all();
  EXPECT_EQ(hand.stage("node-000"), Stage::Cordoning);
  EXPECT_EQ(hand.at("node-000").reason, "");
}

TEST(ARightThatIsMissing, IsNotANodesFaultWhenItCannotBeCordoned) {
  ByHand hand;
  hand.decide_all();
  ASSERT_EQ(hand.stage("node-000"), Stage::Cordoning);
  hand.seen.forbidden = "the account 'robot' may not patch nodes";
  hand.after(1h);
  EXPECT_EQ(hand.stage("node-000"), Stage::Pending);
  EXPECT_FALSE(hand.at("node-000").failed);
}

TEST(ARightThatIsMissing, HoldsUpTheWayBack) {
  ByHand hand;
  hand.to_proving("node-000");
  hand.seen.forbidden = "the account 'robot' may not patch nodes";
  hand.after(1h);  // it is not what it should be, and fails
  ASSERT_EQ(hand.stage("node-000"), Stage::Quarantined);
  EXPECT_EQ(hand.status.phase, Phase::Halted);
  EXPECT_THAT(hand.status.reason, HasSubstr("may not patch nodes"));
  hand.seen.forbidden.clear();
  hand.decide_all();
  EXPECT_EQ(hand.at("node-000").direction, Direction::Back);
  EXPECT_EQ(hand.status.phase, Phase::RollingBack);
}

}  // namespace
}  // namespace keelson::fleet
