#include "fleet/requests/wish.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace keelson::fleet {
namespace {

using nlohmann::json;

NodeRollout rollout() {
  NodeRollout rollout{.name = "november", .resource_version = "7"};
  rollout.spec.name = "november";
  rollout.spec.batches = {{.name = "canary", .nodes = {"n1"}},
                          {.name = "one of each kind", .nodes = {"n2"}, .needs_approval = true},
                          {.name = "zone-a 1", .nodes = {"n3"}, .needs_approval = true}};
  rollout.spec.pool_nodes = {"n1", "n2", "n3"};
  return rollout;
}

RolloutRecord record(Phase phase, std::size_t batch = 0, std::int64_t halts = 0) {
  RolloutRecord record;
  record.status = first_status(rollout().spec, Moment{});
  record.status.phase = phase;
  record.status.batch = batch;
  record.status.halts = halts;
  return record;
}

std::string refusal(const std::function<void()>& body) {
  try {
    body();
  } catch (const Error& error) {
    return error.message() + " | " + error.hint();
  }
  return "";
}

TEST(Wish, AskingTwiceIsAskingOnce) {
  auto running = rollout();
  const auto now = record(Phase::Running);
  EXPECT_EQ(change_for({WishKind::Pause}, running, now).patch, json({{"spec", {{"paused", true}}}}));
  EXPECT_EQ(change_for({WishKind::Abort}, running, now).patch, json({{"spec", {{"aborted", true}}}}));
  EXPECT_EQ(change_for({WishKind::RollBack}, running, now).patch, json({{"spec", {{"rollBack", true}}}}));
  EXPECT_FALSE(change_for({WishKind::Resume}, running, now).patch);
  running.wishes = {.paused = true, .aborted = true, .roll_back = true};
  EXPECT_FALSE(change_for({WishKind::Pause}, running, now).patch);
  EXPECT_FALSE(change_for({WishKind::Abort}, running, now).patch);
  EXPECT_FALSE(change_for({WishKind::RollBack}, running, now).patch);
  EXPECT_EQ(change_for({WishKind::Resume}, running, now).patch, json({{"spec", {{"paused", false}}}}));
}

TEST(Wish, NothingIsAskedOfWhatIsOver) {
  EXPECT_EQ(refusal([] { change_for({WishKind::Pause}, rollout(), record(Phase::Completed)); }),
            "cannot pause the rollout 'november': it is over (Completed) | ");
  EXPECT_NE(refusal([] { change_for({WishKind::RollBack}, rollout(), record(Phase::Completed)); }), "");
  EXPECT_FALSE(change_for({WishKind::Abort}, rollout(), record(Phase::Aborted)).patch);
  EXPECT_FALSE(change_for({WishKind::RollBack}, rollout(), record(Phase::RolledBack)).patch);
}

TEST(Wish, AnApprovalAddsItsBatchToTheListThatItSaw) {
  auto waiting = rollout();
  const auto now = record(Phase::WaitingForApproval, 1);
  const json patch = *change_for({WishKind::Approve}, waiting, now).patch;
  EXPECT_EQ(patch,
            json({{"metadata", {{"resourceVersion", "7"}}}, {"spec", {{"approvedBatches", {"one of each kind"}}}}}));
  waiting.wishes.approved = {"one of each kind"};
  EXPECT_FALSE(change_for({WishKind::Approve, "one of each kind"}, waiting, now).patch);
  EXPECT_EQ((*change_for({WishKind::Approve, "zone-a 1"}, waiting, now).patch)["spec"]["approvedBatches"],
            json({"one of each kind", "zone-a 1"}));
  EXPECT_FALSE(change_for({WishKind::Approve, "canary"}, waiting, now).patch);
  EXPECT_EQ(
      refusal([&] {
        change_for({WishKind::Approve, "zone-a 2"}, waiting, now);
      }),
      "cannot approve batch 'zone-a 2' of the rollout 'november': it has no such batch | did you mean 'zone-a 1'?");
  EXPECT_NE(refusal([&] { change_for({WishKind::Approve}, waiting, now); }), "");
}

TEST(Wish, AnAcknowledgementCountsTheHaltsThatWereSeen) {
  auto halted = rollout();
  EXPECT_EQ(change_for({WishKind::Acknowledge}, halted, record(Phase::Halted, 0, 2)).patch,
            json({{"spec", {{"acknowledgedHalts", 2}}}}));
  EXPECT_FALSE(change_for({WishKind::Acknowledge}, halted, record(Phase::Running)).patch);
  EXPECT_FALSE(change_for({WishKind::Acknowledge}, halted, std::nullopt).patch);
  halted.wishes.acknowledged_halts = 2;
  EXPECT_FALSE(change_for({WishKind::Acknowledge}, halted, record(Phase::Halted, 0, 2)).patch);
  auto back = record(Phase::Halted, 0, 3);
  back.status.backing_out = true;
  EXPECT_NE(refusal([&] { change_for({WishKind::Acknowledge}, halted, back); }), "");
}

}  // namespace
}  // namespace keelson::fleet
