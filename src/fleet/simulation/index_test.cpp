// A decision with an index that was kept is the same as one with a new one, whatever has changed in between.
#include "fleet/rollout/index.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "fleet/rollout/document.h"
#include "fleet/rollout/sample_rollout.h"
#include "fleet/sample_cluster.h"
#include "fleet/simulation/world.h"

namespace keelson::fleet {
namespace {

using namespace std::chrono_literals;

class Pair {
 public:
  explicit Pair(std::uint64_t seed)
      : dice_(seed), spec_(make_spec()), world_(cluster_, spec_, Moment{1000h}, seed ^ 1) {
    world_.pace = World::Pace::Chance;
    const auto maybe = [this](unsigned chances) { return dice_.in_a_thousand(300) ? chances : 0; };
    world_.faults = {.lost_action = maybe(300),
                     .never_boots = maybe(80),
                     .wrong_image = maybe(80),
                     .operation_fails = maybe(80),
                     .bad_node_gate = maybe(80),
                     .stuck_pod = maybe(50),
                     .sick_pod = maybe(50)};
    status_ = first_status(spec_, world_.now());
  }

  void run() {
    constexpr int kSteps = 250;
    for (int step = 0; step < kSteps && !status_.over(); ++step) {
      if (dice_.in_a_thousand(60)) meddle();
      const Decision fresh = decide(spec_, status_, world_.observe(), world_.now());
      Decision kept = decide(index_, status_, world_.observe(), world_.now());
      ASSERT_EQ(status_json(fresh.status), status_json(kept.status));
      ASSERT_EQ(fresh.actions, kept.actions);
      ASSERT_EQ(fresh.changed, kept.changed);
      ASSERT_EQ(fresh.wake, kept.wake);
      status_ = std::move(kept.status);
      for (const auto& action : kept.actions) world_.carry_out(action);
      world_.pass(world_.now() + std::chrono::seconds(1 + dice_.below(20)));
    }
  }

 private:
  RolloutSpec make_spec() {
    const auto pick = [this](int from, int to) { return from + static_cast<int>(dice_.below(to - from + 1)); };
    cluster_ = sample::cluster(
        {.nodes = pick(2, 12), .zones = pick(1, 3), .apps = pick(1, 5), .replicas = pick(1, 8), .away = pick(0, 3)});
    RolloutSpec spec = sample::rollout(cluster_);
    spec.strategy.max_unavailable = {pick(1, 5), false};
    spec.strategy.max_per_zone = {pick(20, 100), true};
    spec.strategy.max_failures = pick(0, 4);
    spec.strategy.undrainable = std::array{Undrainable::Skip, Undrainable::Quarantine, Undrainable::Halt}[pick(0, 2)];
    spec.strategy.drain_time = std::chrono::seconds(pick(30, 600));
    return spec;
  }

  /// All that may happen to a cluster beside a rollout.
  void meddle() {
    Cluster& cluster = world_.edit();
    const std::string name = spec_.pool_nodes[dice_.below(spec_.pool_nodes.size())];
    Node* node = cluster.edit_node(name);
    if (node == nullptr) return cluster.put(sample::node(name, "b"));
    switch (dice_.below(10)) {
      case 0:
        return cluster.remove_node(name);
      case 1:
        node->ready = !node->ready;
        return;
      case 2:
        node->unschedulable = !node->unschedulable;
        return;
      case 3:
        node->labels.insert_or_assign("topology.kubernetes.io/zone",
                                      std::string(1, static_cast<char>('a' + dice_.below(4))));
        return;
      case 4:
        node->labels.insert_or_assign(std::string(kQuarantined), spec_.uid);
        return;
      case 5: {
        Pod pod = sample::pod("app-0", 100 + static_cast<int>(dice_.below(50)), name);
        if (dice_.below(3) == 0) pod.owner = Owner::None;
        return cluster.put(std::move(pod));
      }
      case 6: {
        const auto pods = cluster.pods_at(name);
        if (!pods.empty()) cluster.remove_pod(std::string(pods.front()->uid));
        return;
      }
      case 7:
        return cluster.put(sample::budget("app-1", 5, static_cast<std::int64_t>(dice_.below(4))));
      case 8: {
        Budget both = sample::budget("app-0", 5, 2);
        both.name = "both";
        return cluster.put(std::move(both));
      }
      default:
        return cluster.remove_budget("shop/both");
    }
  }

  Dice dice_;
  Cluster cluster_;
  RolloutSpec spec_;
  World world_;
  RolloutIndex index_{spec_};
  RolloutStatus status_;
};

TEST(Index, KeptGivesTheSameDecisionsAsNew) {
  for (std::uint64_t seed = 1; seed <= 120; ++seed) {
    SCOPED_TRACE(seed);
    Pair(seed).run();
    if (HasFatalFailure()) return;
  }
}

TEST(Index, AStatusWithoutANodeOfTheRolloutIsRefused) {
  const Cluster cluster = sample::cluster({.nodes = 3});
  const RolloutSpec spec = sample::rollout(cluster);
  Observation seen;
  seen.cluster = &cluster;
  RolloutStatus status = first_status(spec, Moment{});
  status.nodes.erase("node-001");
  EXPECT_THROW(decide(spec, status, seen, Moment{}), std::out_of_range);
}

}  // namespace
}  // namespace keelson::fleet
