// What is left to do for nodes in quarantine, and what is said of them.
#include <gmock/gmock.h>

#include "fleet/rollout/by_hand.h"

namespace keelson::fleet {
namespace {

using sample::ByHand;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using namespace std::chrono_literals;

const std::string kNode = "node-000";

/// Its operation failed and somebody aborted it: all that is left is a node in quarantine.
void to_aborted(ByHand& hand) {
  hand.spec.strategy.rollback = Rollback::Never;
  hand.to_acting(kNode);
  const std::string operation = hand.actions.at(0).operation;
  hand.seen.operations[operation] = OperationState::Failed;
  hand.seen.operation_words[operation] = "exit code 3: no space left";
  hand.seen.wishes.aborted = true;
  hand.decide_all();
  ASSERT_EQ(hand.status.phase, Phase::Aborted);
  ASSERT_EQ(hand.stage(kNode), Stage::Quarantined);
}

TEST(Quarantine, SaysWhatTheOperationSaid) {
  ByHand hand;
  to_aborted(hand);
  EXPECT_EQ(hand.at(kNode).failure, "its image could not be put in place: exit code 3: no space left");
}

// Whoever was to set the label may have been killed between the last status and the label.
TEST(Quarantine, AsksForItsLabelUntilItWasSeenThoughTheRolloutIsOver) {
  ByHand hand;
  to_aborted(hand);
  EXPECT_TRUE(hand.at(kNode).to_mark);
  hand.after(1h);
  EXPECT_THAT(hand.kinds(), ElementsAre(ActionKind::Quarantine));
  EXPECT_EQ(hand.actions.at(0).reason, hand.at(kNode).reason);
  hand.cluster.edit_node(kNode)->labels[std::string(kQuarantined)] = "rollout-1";
  const Decision seen = decide(hand.spec, hand.status, hand.seen, hand.now);
  EXPECT_TRUE(seen.changed) << "worth storing: it is not asked for again";
  hand.decide_all();
  EXPECT_FALSE(hand.at(kNode).to_mark);
}

TEST(Quarantine, ALabelThatSomebodyTookAwayAfterwardsStaysAway) {
  ByHand hand;
  to_aborted(hand);
  hand.cluster.edit_node(kNode)->labels[std::string(kQuarantined)] = "rollout-1";
  hand.decide_all();
  hand.cluster.edit_node(kNode)->labels.erase(std::string(kQuarantined));
  hand.after(1h);
  EXPECT_THAT(hand.actions, IsEmpty());
}

TEST(Quarantine, ANodeThatHasGoneIsNotAskedFor) {
  ByHand hand;
  to_aborted(hand);
  hand.cluster.remove_node(kNode);
  hand.decide_all();
  EXPECT_THAT(hand.actions, IsEmpty());
}

}  // namespace
}  // namespace keelson::fleet
