#include "fleet/operations/fleet_gauges.h"

#include <gtest/gtest.h>

namespace keelson::fleet {
namespace {

Moment at(int minutes) { return Moment(std::chrono::minutes(29'000'000 + minutes)); }

NodeProgress in(Stage stage, int since) { return {.stage = stage, .since = at(since)}; }

RolloutOnShow on_show(const RolloutStatus& status) {
  return {
      .name = "november", .uid = "u1", .pool = "workers", .release = "new", .published = at(-60), .status = &status};
}

TEST(FleetGauges, CountNodesByPoolAndStage) {
  ControllerMetrics metrics;
  FleetGauges gauges(metrics);
  RolloutStatus status;
  status.nodes = {{"n1", in(Stage::Draining, 0)}, {"n2", in(Stage::Pending, 0)}};
  gauges.show({{"workers", {"n1", "n2", "n3"}, {}}, {"spare", {}, {}}}, {on_show(status)}, at(0));
  EXPECT_EQ(metrics.nodes.value("workers", "Draining"), 1);
  EXPECT_EQ(metrics.nodes.value("workers", "Pending"), 1);
  EXPECT_EQ(metrics.nodes.value("workers", "Idle"), 1);
  EXPECT_NE(metrics.exposition().find("keelson_nodes{pool=\"spare\",stage=\"Idle\"} 0"), std::string::npos);
  EXPECT_EQ(metrics.rollout_nodes.value("november", "Draining"), 1);
}

TEST(FleetGauges, ShowThePhaseAndTheGatesOfARollout) {
  ControllerMetrics metrics;
  FleetGauges gauges(metrics);
  RolloutStatus status;
  status.phase = Phase::Halted;
  auto shown = on_show(status);
  shown.gates = {{"errors", {Verdict::Bad, ""}}, {"latency", {Verdict::Missing, ""}}, {"ready", {Verdict::Good, ""}}};
  gauges.show({}, {shown}, at(0));
  EXPECT_EQ(metrics.rollout_phase.value("november", "Halted"), 1);
  EXPECT_EQ(metrics.rollout_phase.value("november", "Running"), 0);
  EXPECT_EQ(metrics.gate_verdict.value("november", "errors"), 0);
  EXPECT_EQ(metrics.gate_verdict.value("november", "latency"), -1);
  EXPECT_EQ(metrics.gate_verdict.value("november", "ready"), 1);
}

TEST(FleetGauges, WhatIsGoneIsNotShown) {
  ControllerMetrics metrics;
  FleetGauges gauges(metrics);
  RolloutStatus status;
  status.nodes = {{"n1", in(Stage::Draining, 0)}};
  gauges.show({{"workers", {"n1"}, {{"packages", 3}}}}, {on_show(status)}, at(0));
  EXPECT_EQ(metrics.drift_findings.value("workers", "packages"), 3);
  gauges.show({}, {}, at(1));
  const auto page = metrics.exposition();
  EXPECT_EQ(page.find("november"), std::string::npos) << page;
  EXPECT_EQ(page.find("workers"), std::string::npos) << page;
  gauges.show({{"workers", {"n1"}, {}}}, {}, at(1));
  gauges.show_nothing();
  EXPECT_EQ(metrics.exposition().find("workers"), std::string::npos);
}

TEST(FleetGauges, TimeTheStagesThatNodesLeave) {
  ControllerMetrics metrics;
  note_stage(metrics, Stage::Draining, std::chrono::minutes(8));
  note_stage(metrics, Stage::Pending, std::chrono::hours(8));
  const auto page = metrics.exposition();
  EXPECT_NE(page.find("keelson_node_stage_seconds_sum{stage=\"Draining\"} 480"), std::string::npos) << page;
  EXPECT_NE(page.find("keelson_node_stage_seconds_count{stage=\"Draining\"} 1"), std::string::npos) << page;
  EXPECT_EQ(page.find("stage=\"Pending\""), std::string::npos) << page;
}

TEST(FleetGauges, TimeToPatchEndsWithTheLastNodeThatIsProven) {
  ControllerMetrics metrics;
  FleetGauges gauges(metrics);
  RolloutStatus status;
  status.nodes = {{"n1", in(Stage::Done, 0)}, {"n2", in(Stage::Proving, 0)}};
  gauges.show({}, {on_show(status)}, at(0));
  EXPECT_EQ(metrics.exposition().find("keelson_time_to_patch_seconds{"), std::string::npos);
  status.nodes["n2"] = in(Stage::Gating, 30);
  gauges.show({}, {on_show(status)}, at(30));
  EXPECT_EQ(metrics.time_to_patch.value("workers", "new"), 90 * 60);
  status.nodes["n2"] = in(Stage::Done, 300);
  status.phase = Phase::Completed;
  gauges.show({}, {on_show(status)}, at(300));
  EXPECT_EQ(metrics.time_to_patch.value("workers", "new"), 90 * 60);
}

TEST(FleetGauges, ARolloutThatWasOverWhenWeFirstLookedHasNoTime) {
  ControllerMetrics metrics;
  FleetGauges gauges(metrics);
  RolloutStatus status;
  status.nodes = {{"n1", in(Stage::Done, 0)}};
  gauges.show({}, {on_show(status)}, at(500));
  EXPECT_EQ(metrics.exposition().find("keelson_time_to_patch_seconds{"), std::string::npos);
}

TEST(FleetGauges, NodesThatWereSkippedAreNotPatched) {
  ControllerMetrics metrics;
  FleetGauges gauges(metrics);
  RolloutStatus status;
  status.nodes = {{"n1", in(Stage::Proving, 0)}, {"n2", in(Stage::Skipped, 0)}};
  gauges.show({}, {on_show(status)}, at(0));
  status.nodes["n1"] = in(Stage::Done, 5);
  gauges.show({}, {on_show(status)}, at(5));
  EXPECT_EQ(metrics.exposition().find("keelson_time_to_patch_seconds{"), std::string::npos);
}

}  // namespace
}  // namespace keelson::fleet
