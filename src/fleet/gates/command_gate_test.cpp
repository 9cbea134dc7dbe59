#include "fleet/gates/command_gate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace keelson::fleet {
namespace {

using testing::HasSubstr;

GateResult run(const std::string& script, GateContext context = {},
               std::chrono::seconds timeout = std::chrono::seconds(60)) {
  return run_gate({.arguments = {"/bin/sh", "-c", script}, .timeout = timeout}, context);
}

TEST(CommandGate, TheExitCodeIsTheVerdictAndTheLastLineTheReason) {
  EXPECT_EQ(run("echo one; echo all well").verdict, Verdict::Good);
  EXPECT_EQ(run("echo one; echo all well").reason, "all well");
  EXPECT_EQ(run("echo too slow >&2; exit 1").verdict, Verdict::Bad);
  EXPECT_EQ(run("echo too slow >&2; exit 1").reason, "too slow");
  EXPECT_EQ(run("exit 1").reason, "exit code 1");
  EXPECT_EQ(run("echo what; exit 2").verdict, Verdict::Missing);
  EXPECT_EQ(run("echo what; exit 2").reason, "exit code 2: what");
}

TEST(CommandGate, WhatCannotRunOrEndIsMissing) {
  const auto none = run_gate({.arguments = {"/no/such/program"}}, {});
  EXPECT_EQ(none.verdict, Verdict::Missing);
  EXPECT_THAT(none.reason, HasSubstr("no such program"));
  EXPECT_EQ(run_gate({}, {}).verdict, Verdict::Missing);
  const auto killed = run("kill -9 $$");
  EXPECT_EQ(killed.verdict, Verdict::Missing);
  EXPECT_EQ(killed.reason, "it was ended by signal 9");
  const auto late = run("sleep 1000 & sleep 1000", {}, std::chrono::seconds(1));
  EXPECT_EQ(late.verdict, Verdict::Missing);
  EXPECT_EQ(late.reason, "it took longer than 1 s and was stopped");
}

TEST(CommandGate, TellsWhatItIsAskedAbout) {
  const GateContext context{"move-to-3", "canary", {"node-a", "node-b"}, {"GREETING=hello"}};
  EXPECT_EQ(run("echo $GREETING $KEELSON_ROLLOUT $KEELSON_BATCH $KEELSON_NODE_COUNT: $KEELSON_NODES", context).reason,
            "hello move-to-3 canary 2: node-a node-b");
  EXPECT_EQ(run("while read -r node; do printf '<%s>' $node; done", context).reason, "<node-a><node-b>");
}

TEST(CommandGate, ManyNodesComeByStandardInputOnly) {
  GateContext context{"r", "b", std::vector<std::string>(5000, "node-with-a-rather-long-name.example"), {}};
  EXPECT_EQ(run("read -r first; echo ${KEELSON_NODES-none} $KEELSON_NODE_COUNT $first", context).reason,
            "none 5000 node-with-a-rather-long-name.example");
}

TEST(CommandGate, ItsOutputIsBoundedAndHarmless) {
  EXPECT_EQ(run("printf 'a\\033[31mb'").reason, "a?[31mb");
  const auto loud = run("head -c 1000000 /dev/zero | tr '\\0' x; exit 1");
  EXPECT_EQ(loud.verdict, Verdict::Bad);
  EXPECT_LE(loud.reason.size(), 210U);
}

}  // namespace
}  // namespace keelson::fleet
