// A whole rollout of 5,000 nodes in which requests are lost, the watch falls behind, nodes never come back, clocks jump
// and the controller dies: the rules of safety_test.cpp hold at every step, and one seed always tells the same story.
// KEELSON_LARGE_SEED chooses another one.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <set>

#include "fleet/rollout/index.h"
#include "fleet/rollout/sample_rollout.h"
#include "fleet/sample_cluster.h"
#include "fleet/simulation/world.h"

namespace keelson::fleet {
namespace {

using namespace std::chrono_literals;

constexpr int kNodes = 5000;
constexpr std::int64_t kAway = 250;

/// 150,000 pods of 2,000 budgets that allow eight of 75, and a few on the way whose budgets allow one.
Cluster make_cluster() {
  Cluster cluster = sample::cluster({.nodes = kNodes, .zones = 3, .apps = 2000, .replicas = 75, .away = 8});
  for (int app = 0; app < 10; ++app) {
    const std::string name = fmt::format("single-{}", app);
    for (int i = 0; i < 8; ++i) cluster.put(sample::pod(name, i, fmt::format("node-{:03}", app * 450 + i * 50)));
    cluster.put(sample::budget(name, 8, 1));
  }
  return cluster;
}

RolloutSpec make_spec(const Cluster& cluster) {
  RolloutSpec spec = sample::rollout(cluster);
  spec.strategy.max_unavailable = {kAway, false};
  spec.strategy.max_failures = 50;
  spec.strategy.rollback = Rollback::Never;
  return spec;
}

class Trace {
 public:
  // FNV-1a
  void add(std::string_view text) {
    for (const char c : text) hash_ = (hash_ ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
    hash_ = (hash_ ^ 0xff) * 0x100000001b3u;
  }
  std::uint64_t hash() const { return hash_; }

 private:
  std::uint64_t hash_ = 0xcbf29ce484222325u;
};

class LargeStory {
 public:
  LargeStory(const Cluster& cluster, const RolloutSpec& spec, std::uint64_t seed)
      : dice_(seed), spec_(spec), index_(spec_), world_(cluster, spec_, Moment{1000h}, seed ^ 1) {
    world_.pace = World::Pace::Chance;
    world_.faults = {.lost_action = 100,  // 429, 500, no answer
                     .never_boots = 3,
                     .wrong_image = 2,
                     .operation_fails = 2,
                     .silent_node = 1,
                     .bad_node_gate = 2,
                     .missing_node_gate = 1};
    world_.on_action = [this](const Action& action) { check(action); };
    stored_ = first_status(spec_, world_.now());
  }

  void run() {
    constexpr int kTurns = 20'000;
    for (; turns_ < kTurns && broken_.empty() && !stored_.over(); ++turns_) {
      turn();
      check_state();
    }
    if (broken_.empty()) check_end();
  }

  const std::string& broken() const { return broken_; }
  const RolloutStatus& status() const { return stored_; }
  std::uint64_t hash() const { return trace_.hash(); }
  std::string describe() const {
    std::map<std::string_view, int> stages;
    for (const auto& [name, progress] : stored_.nodes) ++stages[stage_name(progress.stage)];
    std::string text = fmt::format(
        "{} {}, {} turns, {} halts, {} gaps, {} jumps, {} deaths, {} requests, {} evictions, trace {:016x}:",
        phase_name(stored_.phase), stored_.reason, turns_, stored_.halts, gaps_, jumps_, deaths_, world_.requests(),
        world_.evictions(), hash());
    for (const auto& [stage, count] : stages) text += fmt::format(" {} {}", count, stage);
    return text;
  }

 private:
  void turn() {
    if (dice_.in_a_thousand(8)) {
      skew_ += std::chrono::seconds(static_cast<int>(dice_.below(600)) - 300);
      ++jumps_;
    }
    // Somebody looks at each halt, and lets it go on.
    world_.edit_observation().wishes.acknowledged_halts = stored_.halts;
    Observation seen = world_.observe();
    Cluster old;
    if (dice_.in_a_thousand(8)) {
      // The watch is silent for a while: what is decided next is decided by what was seen before.
      old = world_.cluster();
      seen.cluster = &old;
      world_.pass(world_.now() + std::chrono::seconds(20 + dice_.below(60)));
      ++gaps_;
    }
    Decision decision = decide(index_, stored_, seen, world_.now() + skew_);
    if (dies(15)) return pass();  // before anything was stored
    tell(decision.status, seen);
    stored_ = std::move(decision.status);
    // A change of a node is made only if the node is as it was seen.
    std::vector<std::string> versions;
    for (const auto& action : decision.actions)
      versions.push_back(seen.cluster->find_node(action.node)->resource_version);
    for (std::size_t i = 0; i < decision.actions.size(); ++i) {
      const Action& action = decision.actions[i];
      if (dice_.in_a_thousand(1) && dies(100)) break;  // the actions that follow are lost
      const bool changes_node = action.kind != ActionKind::Evict && action.kind != ActionKind::BeginOperation;
      if (changes_node && world_.cluster().find_node(action.node)->resource_version != versions[i]) continue;
      world_.carry_out(action);
    }
    pass();
  }
  bool dies(unsigned chances) {
    if (!dice_.in_a_thousand(chances)) return false;
    ++deaths_;
    return true;
  }
  void pass() { world_.pass(world_.now() + std::chrono::seconds(3 + dice_.below(8))); }

  void fail(std::string why) {
    if (broken_.empty()) broken_ = std::move(why);
  }

  /// What changes, for the trace; and nothing begins while it is halted.
  void tell(const RolloutStatus& next, const Observation& seen) {
    auto before = stored_.nodes.begin();
    for (const auto& [name, progress] : next.nodes) {
      const Stage was = (before++)->second.stage;
      if (was == progress.stage) continue;
      trace_.add(name);
      trace_.add(stage_name(progress.stage));
      if (was == Stage::Pending && holds_node(progress.stage) && stored_.halts > seen.wishes.acknowledged_halts)
        fail("begins a node while it is halted");
    }
  }

  void check(const Action& action) {
    trace_.add(fmt::format("{} {} {} {} {}", world_.now().time_since_epoch().count(), static_cast<int>(action.kind),
                           action.node, action.pod, action.operation));
    if (action.kind == ActionKind::Evict) {
      const Pod* pod = world_.cluster().find_pod(action.pod);
      if (pod != nullptr && pod->owner == Owner::DaemonSet) fail("evicts a DaemonSet's pod");
      if (pod != nullptr && pod->node != action.node) fail("evicts a pod of another node");
    }
    if (action.kind != ActionKind::BeginOperation || world_.operations_done().contains(action.operation)) return;
    const Node& node = *world_.cluster().find_node(action.node);
    if (stored_.nodes.at(action.node).stage != Stage::Acting) fail("an operation in another stage: " + action.node);
    if (!node.unschedulable) fail("acts on a node that takes pods: " + action.node);
    if (node.taints.empty()) fail("acts on a node that is not marked: " + action.node);
    for (const Pod* pod : world_.cluster().pods_at(node)) {
      if (pod->owner == Owner::Workload) fail("acts on a node with pods: " + action.node + " " + pod->uid);
    }
    if (!acted_.insert(action.node).second) fail("acts twice on " + action.node);
  }

  void check_state() {
    std::int64_t ours = 0;
    std::map<std::string_view, std::string_view> users;
    auto node = world_.cluster().nodes().begin();
    for (const auto& [name, progress] : stored_.nodes) {
      const bool held = holds_node(progress.stage);
      const bool mine = held || progress.stage == Stage::Quarantined;
      if (mine) ++ours;
      if (!mine && !node->second.annotations.empty() && node->second.annotations.contains(kCordonedBy))
        fail(fmt::format("{} is {} and has our cordon", name, stage_name(progress.stage)));
      ++node;
      if (!held) continue;
      for (const auto& key : progress.budgets) {
        if (!key.starts_with("shop/single-")) continue;
        if (const auto other = users.emplace(key, name); !other.second)
          fail(fmt::format("{} and {} of budget {} are down at once", other.first->second, name, key));
      }
    }
    if (ours > kAway) fail(fmt::format("{} nodes are away because of us", ours));
  }

  void check_end() {
    if (!stored_.over()) return fail("never comes to an end");
    for (const auto& [name, progress] : stored_.nodes) {
      const Node& node = *world_.cluster().find_node(name);
      if (progress.stage == Stage::Quarantined) continue;
      if (node.unschedulable || node.annotations.contains(kCordonedBy)) fail(name + " is left cordoned");
      if (!node.taints.empty()) fail(name + " is left with its taint");
      if (progress.stage == Stage::Done && world_.booted(name).name != "new")
        fail(name + " is done with another image");
    }
  }

  Dice dice_;
  const RolloutSpec& spec_;
  RolloutIndex index_;
  World world_;
  RolloutStatus stored_;
  Trace trace_;
  std::chrono::seconds skew_{0};
  std::set<std::string> acted_;
  std::string broken_;
  int turns_ = 0;
  int gaps_ = 0;
  int jumps_ = 0;
  int deaths_ = 0;
};

TEST(LargeRollout, IsSafeAndTheSameEveryTime) {
  const char* chosen = std::getenv("KEELSON_LARGE_SEED");
  const std::uint64_t seed = chosen == nullptr ? 1 : std::strtoull(chosen, nullptr, 10);
  const Cluster cluster = make_cluster();
  const RolloutSpec spec = make_spec(cluster);
  std::string told;
  for (int run = 0; run < 2; ++run) {
    LargeStory story(cluster, spec, seed);
    story.run();
    ASSERT_EQ(story.broken(), "") << "seed " << seed << "\n" << story.describe();
    EXPECT_EQ(story.status().phase, Phase::Completed) << story.describe();
    if (run == 0) fmt::print("{}\n", story.describe());
    if (run == 1) {
      EXPECT_EQ(story.describe(), told);
    }
    told = story.describe();
  }
}

}  // namespace
}  // namespace keelson::fleet
