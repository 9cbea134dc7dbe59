#include "fleet/simulation/simulate.h"

#include <gmock/gmock.h>

#include "fleet/rollout/sample_rollout.h"
#include "fleet/sample_cluster.h"

namespace keelson::fleet {
namespace {

using namespace std::chrono_literals;

TEST(Simulate, ARolloutWithoutFaultsEndsWithEveryNodeOnTheNewImage) {
  const Cluster cluster = sample::cluster({.nodes = 12, .zones = 3, .apps = 4, .replicas = 6});
  RolloutSpec spec = sample::rollout(cluster);
  spec.strategy.max_unavailable = {3, false};
  World world(cluster, spec, Moment{}, 1);
  const SimulationEnd end = simulate(spec, world, {}, {});
  EXPECT_EQ(end.status.phase, Phase::Completed) << end.status.reason;
  for (const auto& [name, node] : world.cluster().nodes()) {
    EXPECT_EQ(world.booted(name).name, "new") << name;
    EXPECT_FALSE(node.unschedulable) << name;
    EXPECT_TRUE(node.taints.empty()) << name;
  }
  EXPECT_EQ(world.cluster().pod_count(), 36U);
}

TEST(Simulate, TheSameSeedGivesTheSameStory) {
  const Cluster cluster = sample::cluster({.nodes = 8, .apps = 3, .replicas = 5});
  const RolloutSpec spec = sample::rollout(cluster);
  const auto story = [&](std::uint64_t seed) {
    World world(cluster, spec, Moment{}, seed);
    world.pace = World::Pace::Chance;
    std::string told;
    simulate(spec, world, {}, [&told](const Passage& passage) {
      told += std::to_string(passage.at.time_since_epoch().count()) + passage.node +
              std::string(stage_name(passage.stage)) + "\n";
    });
    return told;
  };
  EXPECT_EQ(story(7), story(7));
  EXPECT_NE(story(7), story(8));
}

TEST(Simulate, ACanaryThatBootsTheWrongImageStopsTheRest) {
  const Cluster cluster = sample::cluster({.nodes = 5, .apps = 1, .replicas = 5});
  const RolloutSpec spec = sample::rollout(cluster);
  World world(cluster, spec, Moment{}, 1);
  world.faults.wrong_image = 1000;
  const SimulationEnd end = simulate(spec, world, {}, {});
  EXPECT_TRUE(end.finished);
  for (const auto& [name, progress] : end.status.nodes) {
    if (name != "node-000") {
      EXPECT_EQ(progress.stage, Stage::Pending) << name;
    }
  }
}

TEST(Simulate, AGateThatTurnsBadAfterTheCanaryTakesItBack) {
  const Cluster cluster = sample::cluster({.nodes = 5, .apps = 1, .replicas = 5});
  RolloutSpec spec = sample::rollout(cluster);
  spec.strategy.batch_soak = 1h;
  World world(cluster, spec, Moment{}, 1);
  const auto weather = [](Moment now, Observation& seen) {
    if (now > Moment{30min}) seen.rollout_gate = {Verdict::Bad, "error rate 4 %"};
  };
  const SimulationEnd end = simulate(spec, world, weather, {});
  EXPECT_EQ(end.status.phase, Phase::RolledBack);
  EXPECT_EQ(end.status.reason, "error rate 4 %");
  EXPECT_EQ(world.booted("node-000").name, "old");
  EXPECT_FALSE(world.cluster().find_node("node-000")->unschedulable);
}

}  // namespace
}  // namespace keelson::fleet
