// What must hold whatever happens, tried over many seeds: small clusters in which everything goes wrong at once.
// KEELSON_SEEDS and KEELSON_FIRST_SEED choose others than the ordinary 10,000.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <set>

#include "fleet/rollout/sample_rollout.h"
#include "fleet/sample_cluster.h"
#include "fleet/simulation/world.h"

namespace keelson::fleet {
namespace {

using namespace std::chrono_literals;

std::uint64_t number_of(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

/// One story: a rollout, its world, and everything that may go wrong between the two.
class Story {
 public:
  explicit Story(std::uint64_t seed)
      : dice_(seed), spec_(make_spec()), world_(cluster_, spec_, Moment{1000h}, seed ^ 1) {
    choose_faults();
    stored_ = first_status(spec_, world_.now());
    stale_ = world_.cluster();
    world_.on_action = [this](const Action& action) { check(action); };
  }

  /// Why it broke a rule, or "".
  std::string run() {
    constexpr int kSteps = 4000;
    for (int step = 0; step < kSteps && broken_.empty() && !at_rest(); ++step) {
      disturb();
      turn();
      check_state();
    }
    if (broken_.empty()) check_end();
    return broken_;
  }
  const RolloutStatus& status() const { return stored_; }

  /// For whoever looks at a broken rule.
  std::string describe() const {
    std::string text = fmt::format("{} {}\n", phase_name(stored_.phase), stored_.reason);
    for (const auto& [name, progress] : stored_.nodes) {
      const Node* node = world_.cluster().find_node(name);
      text += fmt::format("  {} {} {} changed {} failed {} '{}' '{}' pods {} unschedulable {} ready {} budgets {}\n",
                          name, stage_name(progress.stage), progress.direction == Direction::Back ? "back" : "forward",
                          progress.changed, progress.failed, progress.reason, progress.failure,
                          world_.cluster().pods_on(name).size(), node->unschedulable, node->ready,
                          fmt::join(progress.budgets, ","));
    }
    for (const auto& [key, budget] : world_.cluster().budgets())
      text +=
          fmt::format("  {} healthy {} desired {} allowed {}\n", key, budget.healthy, budget.desired, budget.allowed);
    return text;
  }

 private:
  RolloutSpec make_spec() {
    const auto pick = [this](int from, int to) { return from + static_cast<int>(dice_.below(to - from + 1)); };
    cluster_ = sample::cluster(
        {.nodes = pick(1, 9), .zones = pick(1, 3), .apps = pick(0, 4), .replicas = pick(1, 7), .away = pick(0, 2)});
    RolloutSpec spec = sample::rollout(cluster_);
    auto& strategy = spec.strategy;
    strategy.max_unavailable = {pick(1, 3), false};
    strategy.max_failures = pick(0, 2);
    strategy.max_rollback = pick(0, 9);
    strategy.rollback = pick(0, 1) == 0 ? Rollback::Never : Rollback::OnHalt;
    strategy.undrainable = std::array{Undrainable::Skip, Undrainable::Quarantine, Undrainable::Halt}[pick(0, 2)];
    strategy.balancer_delay = std::chrono::seconds(pick(0, 1) * 20);
    strategy.drain_time = std::chrono::seconds(pick(30, 600));
    strategy.node_soak = std::chrono::seconds(pick(0, 1) * 300);
    strategy.batch_soak = std::chrono::seconds(pick(0, 1) * 600);
    strategy.finish_outside_window = pick(0, 1) == 0;
    if (pick(0, 3) == 0) spec.previous.erase(spec.pool_nodes.at(0));
    return spec;
  }

  void choose_faults() {
    const auto maybe = [this](unsigned chances) { return dice_.in_a_thousand(300) ? chances : 0; };
    world_.pace = World::Pace::Chance;
    world_.faults = {.lost_action = maybe(300),
                     .never_boots = maybe(80),
                     .wrong_image = maybe(80),
                     .operation_fails = maybe(80),
                     .silent_node = maybe(80),
                     .bad_node_gate = maybe(80),
                     .missing_node_gate = maybe(80),
                     .stuck_pod = maybe(50),
                     .sick_pod = maybe(50)};
    crash_ = maybe(100);
    watch_gap_ = maybe(700);
    clock_jump_ = maybe(20);
    people_ = maybe(15);
    late_ = maybe(100);
    windows_ = dice_.in_a_thousand(300);
    gate_trouble_ = maybe(30);
  }

  bool at_rest() const {
    // Halted and with nothing in flight: only somebody could move it.
    if (settling_ > 0 || !late_ones_.empty()) return false;
    if (stored_.over()) return true;
    if (stored_.phase != Phase::Halted) return false;
    for (const auto& [name, progress] : stored_.nodes) {
      if (holds_node(progress.stage)) return false;
    }
    return true;
  }

  /// The world and the people in it.
  void disturb() {
    if (dice_.in_a_thousand(clock_jump_)) skew_ += std::chrono::minutes(static_cast<int>(dice_.below(240)) - 120);
    if (windows_) world_.edit_observation().window_open = world_.now().time_since_epoch() / 1h % 3 != 0;
    if (dice_.in_a_thousand(gate_trouble_)) {
      const std::array verdicts{Verdict::Bad, Verdict::Missing, Verdict::Good, Verdict::Good};
      world_.edit_observation().rollout_gate = {verdicts[dice_.below(4)], "somebody's gate"};
    }
    if (dice_.in_a_thousand(people_)) people_meddle();
  }

  void people_meddle() {
    const std::string& name = spec_.pool_nodes[dice_.below(spec_.pool_nodes.size())];
    Node* node = world_.edit().edit_node(name);
    auto& wishes = world_.edit_observation().wishes;
    if (node != nullptr) node->resource_version += "'";
    switch (dice_.below(6)) {
      case 0:
        if (node != nullptr && !node->unschedulable) {
          node->unschedulable = true;
          theirs_.insert(name);
        }
        return;
      case 1:
        if (node != nullptr) node->unschedulable = false;
        theirs_.erase(name);
        return;
      case 2:
        wishes.paused = !wishes.paused;
        return;
      case 3:
        wishes.aborted = dice_.in_a_thousand(200);
        return;
      case 4:
        wishes.roll_back = dice_.in_a_thousand(300);
        return;
      default:
        wishes.acknowledged_halts = stored_.halts;
        return;
    }
  }

  /// One turn of a controller that may die at any point of it, and may see an old state of the cluster.
  void turn() {
    // What is seen may be old, but holds all that this controller, or the one that died, has done.
    if (acted_last_turn_ || !dice_.in_a_thousand(watch_gap_)) stale_ = world_.cluster();
    Observation seen = world_.observe();
    seen.cluster = &stale_;
    const Moment now = std::max(Moment{1h}, world_.now() + skew_);
    Decision decision = decide(spec_, stored_, seen, now);
    settling_ = decision.changed || !decision.actions.empty() ? 20 : std::max(0, settling_ - 1);
    if (dice_.in_a_thousand(crash_)) return pass();  // before anything was stored
    check_beginnings(decision.status, seen);
    stored_ = decision.status;
    carry_out_late_ones();
    acted_last_turn_ = !decision.actions.empty();
    for (const auto& action : decision.actions) {
      if (dice_.in_a_thousand(crash_)) break;  // the actions that follow are lost
      if (changes_node(action) && !is_as_it_was(action.node, *stale_.find_node(action.node))) continue;
      if (changes_node(action) && dice_.in_a_thousand(late_)) {
        late_ones_.emplace_back(action, *stale_.find_node(action.node));
        continue;
      }
      world_.carry_out(action);
    }
    pass();
  }

  /// The API refuses a change of a node that is another by now (resourceVersion).
  static bool changes_node(const Action& action) {
    return action.kind != ActionKind::Evict && action.kind != ActionKind::BeginOperation;
  }
  bool is_as_it_was(const std::string& name, const Node& before) const {
    const Node* node = world_.cluster().find_node(name);
    return node != nullptr && node->resource_version == before.resource_version;
  }
  /// A leader that was none any more had them on their way.
  void carry_out_late_ones() {
    if (late_ones_.empty() || !dice_.in_a_thousand(300)) return;
    const auto [action, before] = late_ones_.front();
    late_ones_.erase(late_ones_.begin());
    if (is_as_it_was(action.node, before)) world_.carry_out(action);
    acted_last_turn_ = true;
  }

  void pass() {
    const auto next = world_.next_event();
    const Moment until = world_.now() + std::chrono::seconds(1 + dice_.below(60));
    world_.pass(next && *next < until ? *next : until);
  }

  void fail(std::string why) {
    if (broken_.empty()) broken_ = std::move(why);
  }

  /// What may not be done, at the moment at which it is done.
  void check(const Action& action) {
    const Node& node = *world_.cluster().find_node(action.node);
    const NodeProgress& progress = stored_.nodes.at(action.node);
    if (action.kind == ActionKind::Uncordon && theirs_.contains(action.node) &&
        !node.annotations.contains(kCordonedBy)) {
      fail("asks to uncordon what somebody else cordoned: " + action.node);
    }
    if (action.kind == ActionKind::Evict) {
      const Pod* pod = world_.cluster().find_pod(action.pod);
      if (pod != nullptr && pod->owner == Owner::DaemonSet) fail("evicts a DaemonSet's pod");
      if (pod != nullptr && pod->node != action.node) fail("evicts a pod of another node");
    }
    if (action.kind == ActionKind::BeginOperation) check_operation(action, node, progress);
  }

  void check_operation(const Action& action, const Node& node, const NodeProgress& progress) {
    if (progress.stage != Stage::Acting) fail("an operation in stage " + std::string(stage_name(progress.stage)));
    const bool first = !world_.operations_done().contains(action.operation);
    if (!first) return;
    if (!node.unschedulable && theirs_.empty() && people_ == 0) fail("acts on a node that takes pods: " + action.node);
    if (node.taints.empty()) fail("acts on a node that is not marked: " + action.node);
    for (const auto& uid : world_.cluster().pods_on(action.node)) {
      const Pod& pod = *world_.cluster().find_pod(uid);
      if (pod.owner == Owner::Workload && people_ == 0) fail("acts on a node with pods: " + action.node + " " + uid);
    }
    auto& acted = acted_[{action.node, progress.direction}];
    acted.insert(action.operation);
    if (acted.size() > 1) fail("acts twice on " + action.node);
  }

  void check_beginnings(const RolloutStatus& next, const Observation& seen) {
    for (const auto& [name, progress] : next.nodes) {
      const NodeProgress& before = stored_.nodes.at(name);
      const bool begins = before.stage == Stage::Pending && holds_node(progress.stage);
      if (!begins) continue;
      if (stored_.halts > seen.wishes.acknowledged_halts) fail("begins a node while it is halted");
      if (next.backing_out && progress.direction == Direction::Forward) fail("begins a node while going back");
      if (!seen.window_open) fail("begins a node outside its window");
      if (seen.wishes.paused) fail("begins a node while it is paused");
    }
  }

  void check_state() {
    std::int64_t ours = 0;
    std::map<std::string, std::string> users;
    for (const auto& [name, progress] : stored_.nodes) {
      if (holds_node(progress.stage) || progress.stage == Stage::Quarantined) ++ours;
      if (!holds_node(progress.stage)) continue;
      for (const auto& key : progress.budgets) {
        const Budget* budget = world_.cluster().find_budget(key);
        if (budget == nullptr || budget->expected - budget->desired > 1) continue;
        if (const auto other = users.emplace(key, name); !other.second)
          fail(fmt::format("{} and {} of budget {} are down at once", other.first->second, name, key));
      }
    }
    if (ours > spec_.strategy.max_unavailable.count) fail(fmt::format("{} nodes are away because of us", ours));
    for (const auto& [name, node] : world_.cluster().nodes()) {
      const Stage stage = stored_.nodes.at(name).stage;
      const bool cordoned = node.annotations.contains(kCordonedBy);
      if (cordoned && late_ == 0 && !holds_node(stage) && stage != Stage::Quarantined)
        fail(fmt::format("{} is {} and has our cordon", name, stage_name(stage)));
    }
  }

  void check_end() {
    if (!at_rest()) {
      // Whoever pauses, or closes a window, or never approves holds it: that is no fault.
      const auto phase = stored_.phase;
      if (phase == Phase::Paused || phase == Phase::WaitingForWindow || people_ != 0) return;
      return fail(fmt::format("never comes to rest: {} {}", phase_name(phase), stored_.reason));
    }
    for (const auto& [name, progress] : stored_.nodes) {
      const Node& node = *world_.cluster().find_node(name);
      if (node.annotations.contains(kCordonedBy) && progress.stage != Stage::Quarantined)
        fail(name + " is left cordoned");
      if (!node.taints.empty() && progress.stage != Stage::Quarantined) fail(name + " is left with its taint");
      if (progress.stage != Stage::Done) continue;
      const bool forward = progress.direction == Direction::Forward;
      if (world_.booted(name).name != (forward ? "new" : "old")) fail(name + " is done with another image");
    }
  }

  Dice dice_;
  Cluster cluster_;
  RolloutSpec spec_;
  World world_;
  RolloutStatus stored_;
  Cluster stale_;
  std::chrono::seconds skew_{0};
  unsigned crash_ = 0;
  unsigned late_ = 0;
  bool acted_last_turn_ = false;
  std::vector<std::pair<Action, Node>> late_ones_;
  unsigned watch_gap_ = 0;
  unsigned clock_jump_ = 0;
  unsigned people_ = 0;
  unsigned gate_trouble_ = 0;
  bool windows_ = false;
  int settling_ = 20;
  std::set<std::string> theirs_;
  std::map<std::pair<std::string, Direction>, std::set<std::string>> acted_;
  std::string broken_;
};

TEST(Safety, HoldsWhateverGoesWrong) {
  const std::uint64_t first = number_of("KEELSON_FIRST_SEED", 1);
  const std::uint64_t seeds = number_of("KEELSON_SEEDS", 10'000);
  std::map<std::string, int> ends;
  for (std::uint64_t seed = first; seed < first + seeds; ++seed) {
    Story story(seed);
    const std::string broken = story.run();
    ASSERT_EQ(broken, "") << "seed " << seed << "\n" << story.describe();
    ++ends[std::string(phase_name(story.status().phase))];
  }
  // The faults are no good if no story ends well, or none ends badly.
  if (seeds < 1000) return;
  for (const auto* phase : {"Completed", "RolledBack", "Halted", "Aborted"}) EXPECT_GT(ends[phase], 50) << phase;
}

}  // namespace
}  // namespace keelson::fleet
