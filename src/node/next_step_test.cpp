#include "node/next_step.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace keelson::node {
namespace {

using fleet::OperationState;
using ::testing::HasSubstr;

fleet::NodeRecord record(const std::string& wanted, const std::string& told = {},
                         OperationState state = OperationState::Unknown) {
  fleet::NodeRecord result;
  if (!wanted.empty()) result.operation = fleet::Operation{.name = wanted};
  if (!told.empty()) result.progress = fleet::OperationReport{.name = told, .state = state};
  return result;
}

KnownOperation known(const std::string& name, Phase phase, const std::string& boot = "boot-1") {
  return {.name = name, .phase = phase, .boot_id = boot, .message = phase == Phase::Failed ? "no space" : ""};
}

StepKind kind(const fleet::NodeRecord& seen, const std::optional<KnownOperation>& mine, bool is_running = false) {
  return next_step(seen, mine, is_running, "boot-1").kind;
}

TEST(NextStep, AnOperationFromBeginningToEnd) {
  using enum Phase;
  EXPECT_EQ(kind(record(""), {}), StepKind::Nothing);
  EXPECT_EQ(kind(record("a"), {}), StepKind::Accept);
  EXPECT_EQ(kind(record("a"), known("a", Asked)), StepKind::TellRunning);
  EXPECT_EQ(kind(record("a", "a", OperationState::Running), known("a", Asked)), StepKind::Start);
  EXPECT_EQ(kind(record("a", "a", OperationState::Running), known("a", Running), true), StepKind::Await);
  EXPECT_EQ(kind(record("a", "a", OperationState::Running), known("a", Installed)), StepKind::TellSucceeded);
  EXPECT_EQ(kind(record("a", "a", OperationState::Succeeded), known("a", Installed)), StepKind::Reboot);
  EXPECT_EQ(kind(record("a", "a", OperationState::Succeeded), known("a", Installed, "boot-0")), StepKind::Nothing);
}

TEST(NextStep, AFailureIsTold) {
  const auto step = next_step(record("a", "a", OperationState::Running), known("a", Phase::Failed), false, "boot-1");
  EXPECT_EQ(step, (Step{StepKind::TellFailed, "no space"}));
  EXPECT_EQ(kind(record("a", "a", OperationState::Failed), known("a", Phase::Failed)), StepKind::Nothing);
}

TEST(NextStep, WhatMayHaveBegunIsNotBegunAgain) {
  const auto running = record("a", "a", OperationState::Running);
  const auto killed = next_step(running, known("a", Phase::Running), false, "boot-1");
  EXPECT_EQ(killed.kind, StepKind::TellFailed);
  EXPECT_THAT(killed.message, HasSubstr("ended from outside"));
  const auto rebooted = next_step(running, known("a", Phase::Running, "boot-0"), false, "boot-1");
  EXPECT_THAT(rebooted.message, HasSubstr("went down"));
  const auto lost = next_step(running, {}, false, "boot-1");
  EXPECT_EQ(lost.kind, StepKind::TellFailed);
  EXPECT_THAT(lost.message, HasSubstr("no trace"));
  EXPECT_EQ(kind(running, known("b", Phase::Installed)), StepKind::TellFailed);
}

TEST(NextStep, ANewerOneTakesItsPlace) {
  // Whatever is known of the older one: it is not told of, and nothing of it begins.
  for (const auto phase : {Phase::Asked, Phase::Running, Phase::Installed, Phase::Failed}) {
    EXPECT_EQ(kind(record("b"), known("a", phase)), StepKind::Accept);
    EXPECT_EQ(kind(record("b", "a", OperationState::Running), known("a", phase)), StepKind::Accept);
    EXPECT_EQ(kind(record("b", "a", OperationState::Succeeded), known("a", phase)), StepKind::Accept);
  }
  // Two programs never write at once.
  EXPECT_EQ(kind(record("b"), known("a", Phase::Running), true), StepKind::Await);
  // Nothing is asked for any more: no reboot either.
  EXPECT_EQ(kind(record("", "a", OperationState::Succeeded), known("a", Phase::Installed)), StepKind::Nothing);
}

TEST(NextStep, AResultIsTheLastWord) {
  for (const auto state : {OperationState::Succeeded, OperationState::Failed}) {
    EXPECT_EQ(kind(record("a", "a", state), {}), StepKind::Nothing);
    for (const auto phase : {Phase::Asked, Phase::Running, Phase::Failed})
      EXPECT_EQ(kind(record("a", "a", state), known("a", phase)), StepKind::Nothing);
  }
  EXPECT_EQ(kind(record("a", "a", OperationState::Failed), known("a", Phase::Installed)), StepKind::Nothing);
}

}  // namespace
}  // namespace keelson::node
