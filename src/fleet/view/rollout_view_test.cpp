#include "fleet/view/rollout_view.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "fleet/rollout/decide.h"
#include "fleet/view/render.h"
#include "fleet/view/sample_view.h"

namespace keelson::fleet::view {
namespace {

using sample::kNow;

std::size_t count_lines(const std::string& page) { return std::count(page.begin(), page.end(), '\n'); }

bool has(const std::string& page, std::string_view text) { return page.find(text) != std::string::npos; }

TEST(RolloutView, OneThatNoControllerHasTakenUpSaysSo) {
  const auto view = view_rollout(sample::resource(sample::rollout(5), std::nullopt));
  EXPECT_FALSE(view.phase);
  EXPECT_EQ(view.counts.pending, 5u);
  EXPECT_TRUE(has(render_rollout(view, {.now = kNow}), "no controller has taken it up for 2 h"));
  EXPECT_TRUE(view.next.empty());
}

TEST(RolloutView, OneThatTheControllerDoesNotAcceptSaysWhy) {
  auto object = sample::resource(sample::rollout(5), std::nullopt);
  object["status"] = refusal_json("PoolIsBusy", "rollout 'october' has the pool", 3, nullptr, kNow);
  const auto view = view_rollout(object);
  EXPECT_EQ(view.refused, "rollout 'october' has the pool");
  EXPECT_TRUE(has(render_rollout(view, {.now = kNow}), "does not accept it: rollout 'october' has the pool"));
}

TEST(RolloutView, TellsNodesUnderWayWithTheirDeadline) {
  const auto rollout = sample::rollout(5);
  auto record = sample::record(rollout);
  record.status.batch = 1;
  sample::node(record, "n001", Stage::Done);
  sample::node(record, "n002", Stage::Draining, "budget shop/web allows nothing now");
  const auto view = view_rollout(sample::resource(rollout, record));
  ASSERT_EQ(view.under_way.size(), 1u);
  EXPECT_EQ(view.under_way[0].deadline, kNow + std::chrono::minutes(26));
  EXPECT_EQ(view.counts.done, 1u);
  EXPECT_EQ(view.batches[0].state, BatchView::State::Over);
  EXPECT_EQ(view.batches[1].state, BatchView::State::Current);
  EXPECT_EQ(view.batches[2].state, BatchView::State::Waiting);
  const std::string page = render_rollout(view, {.now = kNow});
  EXPECT_TRUE(has(page, "n002  Draining  4 min  26 min  budget shop/web allows nothing now")) << page;
}

TEST(RolloutView, AHaltNamesTheCommandsThatHelp) {
  auto rollout = sample::rollout(5);
  auto record = sample::record(rollout);
  record.status.phase = Phase::Halted;
  record.status.halts = 1;
  record.status.reason = "1 nodes failed and 0 may: n001: it is not ready";
  auto& failed = sample::node(record, "n001", Stage::Quarantined, "it is not ready");
  failed.failed = failed.changed = true;
  failed.failure = "it is not ready";
  auto view = view_rollout(sample::resource(rollout, record));
  EXPECT_TRUE(view.halted);
  ASSERT_EQ(view.next.size(), 3u);
  EXPECT_EQ(view.next[0].command, "keelson fleet rollout acknowledge november");
  ASSERT_EQ(view.troubles.size(), 1u);
  EXPECT_EQ(view.troubles[0].next[1].command, "keelson fleet rollout rollback november");
  // Once somebody has said so, it is no longer halted, though the controller has not heard of it.
  rollout.wishes.acknowledged_halts = 1;
  view = view_rollout(sample::resource(rollout, record, 2));
  EXPECT_FALSE(view.halted);
  EXPECT_TRUE(view.unheard);
}

TEST(RolloutView, OfANodeInQuarantineAfterTheEndItSaysHowToGiveItBack) {
  const auto rollout = sample::rollout(3);
  auto record = sample::record(rollout);
  for (auto& [name, progress] : record.status.nodes) progress.stage = Stage::Done;
  record.status.phase = Phase::Completed;
  record.status.batch = 1;
  sample::node(record, "n002", Stage::Quarantined).failed = true;
  const auto view = view_rollout(sample::resource(rollout, record));
  ASSERT_EQ(view.troubles.size(), 1u);
  EXPECT_EQ(view.troubles[0].next[1].command, "kubectl label node n002 keelson.dev/quarantined-");
  EXPECT_EQ(view.troubles[0].next.back().command, "kubectl uncordon n002");
  EXPECT_TRUE(view.over);
  EXPECT_TRUE(view.next.empty());
}

TEST(RolloutView, ABatchThatWaitsIsApprovedByItsName) {
  const auto rollout = sample::rollout(5);
  auto record = sample::record(rollout);
  record.status.batch = 2;
  for (const char* name : {"n001", "n002", "n003"}) sample::node(record, name, Stage::Done);
  record.status.phase = Phase::WaitingForApproval;
  const auto view = view_rollout(sample::resource(rollout, record));
  ASSERT_EQ(view.next.size(), 1u);
  EXPECT_EQ(view.next[0].command, "keelson fleet rollout approve november 'zone-a 2'");
}

TEST(RolloutView, WhatCannotBeReadIsShownWithTheReason) {
  nlohmann::json broken = sample::resource(sample::rollout(2), std::nullopt);
  broken["spec"]["plan"]["batches"] = "none";
  const auto view = view_rollout(broken);
  EXPECT_EQ(view.name, "november");
  EXPECT_NE(view.problem, "");
  EXPECT_TRUE(has(render_fleet({.pools = {}, .rollouts = {view}}, {.now = kNow}), "november"));
  for (const auto& nothing : {nlohmann::json(), nlohmann::json::array(), nlohmann::json("x")})
    EXPECT_NE(view_rollout(nothing).problem, "");
}

TEST(RolloutView, HostileTextDoesNothingToATerminal) {
  const auto rollout = sample::rollout(2);
  auto record = sample::record(rollout);
  auto object = sample::resource(rollout, record);
  object["status"]["reason"] = "\x1b]0;title\x07\x1b[2J\nRollout other: done";
  object["status"]["nodes"]["n001"]["stage"] = "Draining";
  object["status"]["nodes"]["n001"]["reason"] = "\x1b[31mred\r\n";
  object["metadata"]["name"] = "november\x1b[2J";
  for (const bool colour : {false, true}) {
    std::string page = render_rollout(view_rollout(object), {.now = kNow, .colour = colour});
    page += render_fleet({.pools = {}, .rollouts = {view_rollout(object)}}, {.now = kNow, .colour = colour});
    for (const char* bad : {"\x1b[2J", "\x1b]", "\x07", "\r"}) EXPECT_FALSE(has(page, bad));
    EXPECT_FALSE(has(page, "\nRollout other"));
  }
}

TEST(RolloutView, APageFitsATerminalHoweverManyNodesThereAre) {
  const auto rollout = sample::rollout(5000, 50);
  auto record = sample::record(rollout);
  record.status.batch = 40;
  for (std::size_t i = 1; i <= 1952; ++i) sample::node(record, fmt::format("n{:03}", i), Stage::Done);
  for (std::size_t i = 1953; i <= 2000; ++i)
    sample::node(record, fmt::format("n{:03}", i), Stage::Draining, std::string(300, 'w'));
  for (std::size_t i = 1; i <= 30; ++i)
    sample::node(record, fmt::format("n{:03}", i), Stage::Quarantined).failed = true;
  const auto view = view_rollout(sample::resource(rollout, record));
  for (const std::size_t rows : {24u, 40u, 60u}) {
    const std::string page = render_rollout(view, {.now = kNow, .columns = 80, .rows = rows});
    EXPECT_LE(count_lines(page), rows) << page;
    EXPECT_TRUE(has(page, "more nodes")) << page;
    EXPECT_TRUE(has(page, "zone-a 40")) << page;
  }
  EXPECT_GT(count_lines(render_rollout(view, {.now = kNow})), 48u + 30u);
}

TEST(RolloutView, ChangesBetweenTwoLooksAreLines) {
  const auto rollout = sample::rollout(3);
  auto record = sample::record(rollout);
  sample::node(record, "n001", Stage::Draining);
  const auto before = view_rollout(sample::resource(rollout, record));
  sample::node(record, "n001", Stage::Quarantined, "its pods did not leave");
  record.status.phase = Phase::Halted;
  record.status.reason = "too many";
  const auto after = view_rollout(sample::resource(rollout, record));
  EXPECT_EQ(changes_between(&before, after),
            (std::vector<std::string>{"Halted: too many", "n001: Draining → Quarantined: its pods did not leave"}));
  EXPECT_EQ(changes_between(&after, after), std::vector<std::string>{});
  EXPECT_EQ(changes_between(nullptr, before), (std::vector<std::string>{"Running", "n001: Draining"}));
}

TEST(FleetView, PutsWhatIsUnderWayFirstAndFindsEachPoolsRollout) {
  RolloutView old{.name = "old", .pool = "workers", .created = kNow, .phase = Phase::Completed, .over = true};
  RolloutView now{.name = "now", .pool = "workers", .created = kNow - std::chrono::hours(2), .phase = Phase::Running};
  const auto view = view_fleet({{.name = "workers", .mode = "Plan"}, {.name = "idle", .mode = "Observe"}}, {old, now});
  EXPECT_EQ(view.rollouts[0].name, "now");
  EXPECT_EQ(view.pools[0].name, "idle");
  EXPECT_EQ(view.pools[1].rollout, "now");
}

nlohmann::json pool(const nlohmann::json& status) {
  return {{"apiVersion", "keelson.dev/v1alpha1"},
          {"kind", "NodePool"},
          {"metadata", {{"name", "workers"}}},
          {"spec", {{"selector", {{"matchLabels", {{"pool", "workers"}}}}}, {"channel", "stable"}}},
          {"status", status}};
}

TEST(FleetView, ShowsWhatTheControllerCountedOfAPool) {
  const auto view = view_pool(pool({{"release", "host-2026.11"},
                                    {"nodes", 40},
                                    {"current", 12},
                                    {"outdated", 27},
                                    {"unknown", 1},
                                    {"quarantined", 3},
                                    {"drifted", 2}}));
  EXPECT_EQ(view.wants, "the newest of stable");
  EXPECT_EQ(view.counts, (PoolCounts{40, 12, 27, 1, 3, 2}));
  const std::string page = render_fleet(view_fleet({view}, {RolloutView{.name = "november"}}), {.now = kNow});
  EXPECT_TRUE(has(page, "workers  Observe  host-2026.11  40     12       27        1        2")) << page;
  EXPECT_LT(page.find("Pools"), page.find("Rollouts"));
}

TEST(FleetView, OfAPoolThatNobodyHasCountedNothingIsMadeUp) {
  for (const auto& status : {nlohmann::json(), nlohmann::json("x"), nlohmann::json({{"nodes", "many"}})}) {
    const auto view = view_pool(pool(status));
    EXPECT_FALSE(view.counts);
    EXPECT_TRUE(has(render_fleet(view_fleet({view}, {}), {.now = kNow}), "the newest of stable  ?      ?"));
  }
  EXPECT_EQ(view_pool(pool({{"nodes", -5}})).counts, PoolCounts{});
}

TEST(FleetView, PoolsThatAreNotKnownAreANoteAndManyLeaveRoomForRollouts) {
  FleetView view = view_fleet({}, {RolloutView{.name = "november"}});
  view.pools_note = "the account 'eve' may not list nodepools";
  const std::string page = render_fleet(view, {.now = kNow});
  EXPECT_TRUE(has(page, "not known: the account 'eve' may not list nodepools")) << page;
  EXPECT_TRUE(has(page, "november")) << page;
  EXPECT_EQ(fleet_json(view, kNow)["poolsNote"], view.pools_note);
  const auto many = view_fleet(std::vector<PoolView>(100, PoolView{.name = "p"}), {RolloutView{.name = "november"}});
  const std::string small = render_fleet(many, {.now = kNow, .columns = 80, .rows = 24});
  EXPECT_LE(count_lines(small), 24u);
  EXPECT_TRUE(has(small, "november") && has(small, "more pools")) << small;
}

/// The deadlines that are shown are those of the state machine.
TEST(DeadlineOf, IsWhenTheStateMachineEndsTheStage) {
  Cluster cluster;
  cluster.put(Node{.name = "n001", .ready = true, .boot_id = "boot", .attached_volumes = {"volume"}});
  auto rollout = sample::rollout(1);
  rollout.spec.strategy.balancer_delay = std::chrono::minutes(2);
  for (const Stage stage : {Stage::Excluding, Stage::Cordoning, Stage::Detaching, Stage::Acting, Stage::Proving}) {
    Node* node = cluster.edit_node("n001");
    node->unschedulable = stage != Stage::Cordoning && stage != Stage::Excluding;
    auto record = sample::record(rollout);
    auto& progress = sample::node(record, "n001", stage);
    progress.boot_id = "boot";
    const auto deadline = deadline_of(progress, rollout.spec.strategy);
    ASSERT_TRUE(deadline);
    const auto stage_at = [&](Moment now) {
      Observation seen{.cluster = &cluster};
      return decide(rollout.spec, record.status, seen, now).status.nodes.at("n001").stage;
    };
    EXPECT_EQ(stage_at(*deadline - std::chrono::seconds(1)), stage) << stage_name(stage);
    EXPECT_NE(stage_at(*deadline), stage) << stage_name(stage);
  }
}

}  // namespace
}  // namespace keelson::fleet::view
