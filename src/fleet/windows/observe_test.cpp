#include "fleet/windows/observe.h"

#include <gtest/gtest.h>

#include "fleet/rollout/sample_rollout.h"
#include "fleet/sample_cluster.h"
#include "fleet/simulation/simulate.h"
#include "fleet/windows/sample_windows.h"

namespace keelson::fleet {
namespace {

using namespace std::chrono_literals;
using sample::at;

// Over a week-end on which the clocks change, and a blackout.
TEST(ObserveWindow, ARolloutBeginsItsNodesInTheWindowOnlyAndEnds) {
  auto nights = sample::window(Daily{}, 2h + 30min, 20min);
  nights.blackouts = {{{at("2026-03-27T23:00:00Z"), at("2026-03-28T23:00:00Z")}, "Saturday"}};
  const Windows windows({nights});
  const Cluster cluster = sample::cluster({.nodes = 12, .apps = 2, .replicas = 4});
  RolloutSpec spec = sample::rollout(cluster);
  spec.strategy.balancer_delay = 10s;  // so that the first stage lasts, and is told
  World world(cluster, spec, at("2026-03-26T12:00:00Z"), 1);
  std::vector<Moment> begun;
  std::string waited;
  const SimulationEnd end = simulate(
      spec, world,
      [&](Moment now, Observation& seen) {
        observe_window(windows, now, seen);
        if (!seen.window_open) waited = seen.window_reason;
      },
      [&](const Passage& passage) {
        if (passage.stage == Stage::Excluding) begun.push_back(passage.at);
      });
  EXPECT_EQ(end.status.phase, Phase::Completed) << end.status.reason;
  EXPECT_EQ(begun.size(), 12U);
  for (const Moment moment : begun) EXPECT_TRUE(windows.is_open(moment)) << nights.zone.text(moment);
  EXPECT_GT(end.at, at("2026-03-29T01:30:00Z"));  // one night was not enough, the second was blacked out
  EXPECT_TRUE(waited.starts_with("opens ")) << waited;
}

TEST(ObserveWindow, OneThatNeverOpensSaysSoAndWakesNobody) {
  auto over = sample::window(Daily{}, 1h, 1h);
  over.not_after = at("2026-01-01T00:00:00Z");
  Observation seen;
  observe_window(Windows({over}), at("2026-03-26T12:00:00Z"), seen);
  EXPECT_FALSE(seen.window_open);
  EXPECT_FALSE(seen.window_changes);
  EXPECT_TRUE(seen.window_reason.starts_with("never opens: ")) << seen.window_reason;
}

}  // namespace
}  // namespace keelson::fleet
