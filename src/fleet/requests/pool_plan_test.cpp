#include "fleet/requests/pool_plan.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace keelson::fleet {
namespace {

constexpr Moment kNow{std::chrono::seconds(1'795'687'200)};  // 2026-11-26

std::string refusal(const std::function<void()>& body) {
  try {
    body();
  } catch (const Error& error) {
    return error.message() + " | " + error.hint();
  }
  return "";
}

ImageRelease release(const std::string& name, const std::string& channel, std::int64_t published) {
  ImageRelease release{.release = {.name = name}, .channel = channel};
  release.published = Moment{std::chrono::seconds(published)};
  return release;
}

TEST(WantedRelease, IsThePinnedOneOrTheNewestOfTheChannel) {
  std::vector<ImageRelease> releases{release("a", "stable", 100), release("b", "stable", 200),
                                     release("c", "edge", 300)};
  NodePool pool{.name = "workers", .release = "a"};
  EXPECT_EQ(require_wanted_release(pool, releases, kNow).release.name, "a");
  pool = {.name = "workers", .channel = "stable"};
  EXPECT_EQ(require_wanted_release(pool, releases, kNow).release.name, "b");
  releases[1].denied = "bad";
  EXPECT_EQ(require_wanted_release(pool, releases, kNow).release.name, "a");
}

TEST(WantedRelease, IsAskedForWithWordsWhenThereIsNone) {
  const std::vector<ImageRelease> releases{release("host-2026.11", "stable", 100)};
  EXPECT_EQ(refusal([&] { require_wanted_release({.name = "w", .release = "host-2026.12"}, releases, kNow); }),
            "cannot plan a rollout of pool 'w': there is no ImageRelease 'host-2026.12', which it wants | did you mean "
            "'host-2026.11'?");
  EXPECT_NE(refusal([&] { require_wanted_release({.name = "w", .channel = "edge"}, releases, kNow); }), "");
  EXPECT_NE(refusal([&] { require_wanted_release({.name = "w"}, releases, kNow); }), "");
}

TEST(RolloutName, IsOneThatTheApiTakes) {
  EXPECT_EQ(rollout_name_for("workers", "container-host-2026.11"), "workers-container-host-2026.11");
  EXPECT_EQ(rollout_name_for("pool=workers,zone in (a,b)", "Host 2026_11!"), "pool-workers-zone-in-a-b-host-2026-11");
  EXPECT_EQ(rollout_name_for("--", "..."), "rollout");
  EXPECT_EQ(rollout_name_for("a.-b"), "a.b");
  EXPECT_LE(rollout_name_for(std::string(500, 'a')).size(), 200u);
}

TEST(PlanRequestFor, APoolWithoutNodesIsNotPlanned) {
  Cluster cluster;
  cluster.put(Node{.name = "n1"});
  NodePool pool{.name = "workers", .selector = kube::Selector::parse("pool=workers")};
  EXPECT_NE(refusal([&] { plan_request_for(pool, release("a", "", 1), cluster, {}); }), "");
  pool.selector = kube::Selector::parse("");
  EXPECT_EQ(plan_request_for(pool, release("a", "", 1), cluster, {}).nodes, std::vector<std::string>{"n1"});
}

TEST(PlanRequestFor, NodesThatAreProvedToRunTheReleaseAreLeftOut) {
  Cluster cluster;
  for (const char* name : {"n1", "n2", "n3"}) cluster.put(Node{.name = name, .boot_id = "boot", .kernel = "6.12"});
  NodePool pool{.name = "workers", .selector = kube::Selector::parse("")};
  ImageRelease wanted = release("host", "", 1);
  wanted.release.image_digest = "sha256:2";
  NodeRecords records;
  for (const char* name : {"n1", "n2"}) {
    records[name].name = name;
    records[name].report = BootReport{.boot_id = "boot", .booted = {.name = "host", .image_digest = "sha256:2"}};
  }
  records["n2"].report->boot_id = "earlier";
  const auto request = plan_request_for(pool, wanted, cluster, records);
  EXPECT_EQ(request.only, (std::vector<std::string>{"n2", "n3"}));
  EXPECT_EQ(request.nodes.size(), 3u);
  EXPECT_EQ(request.previous.at("n1").image_digest, "sha256:2");
  records["n2"].report->boot_id = "boot";
  records["n3"] = records["n1"];
  EXPECT_NE(refusal([&] { plan_request_for(pool, wanted, cluster, records); }), "");
}

TEST(RolloutFor, HasTheNameOfPoolAndReleaseAndTheRulesOfThePool) {
  Cluster cluster;
  cluster.put(Node{.name = "n1"});
  const NodePool pool{.name = "workers", .selector = kube::Selector::parse(""), .windows = {"nightly"}};
  ImageRelease wanted = release("host", "", 1);
  wanted.image = "registry.example/host:1";
  const NodeRollout rollout = rollout_for(pool, wanted, plan_request_for(pool, wanted, cluster, {}));
  EXPECT_EQ(rollout.name, "workers-host");
  EXPECT_EQ(rollout.spec.name, "workers-host");
  EXPECT_EQ(rollout.pool, "workers");
  EXPECT_EQ(rollout.image, "registry.example/host:1");
  EXPECT_EQ(rollout.windows, std::vector<std::string>{"nightly"});
  EXPECT_EQ(rollout.spec.pool_nodes, std::vector<std::string>{"n1"});
}

}  // namespace
}  // namespace keelson::fleet
