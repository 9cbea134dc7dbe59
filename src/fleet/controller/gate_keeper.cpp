#include "fleet/controller/gate_keeper.h"

#include <fmt/format.h>

#include <algorithm>

#include "fleet/gates/measure.h"
#include "fleet/gates/verdict.h"

namespace keelson::fleet {

namespace {

bool is_judged(Stage stage) { return stage == Stage::Gating || stage == Stage::Soaking; }

/// Has the release it is being moved to, as far as was proved.
bool is_moved(const NodeProgress& progress) {
  const bool proved = is_judged(progress.stage) || progress.stage == Stage::Releasing || progress.stage == Stage::Done;
  return progress.changed && progress.direction == Direction::Forward && proved;
}

bool anything_changed(const RolloutStatus& status) {
  return std::any_of(status.nodes.begin(), status.nodes.end(), [](const auto& entry) {
    return entry.second.changed && entry.second.direction == Direction::Forward;
  });
}

Parties parties_of(const RolloutStatus& status) {
  Parties parties;
  for (const auto& [name, progress] : status.nodes) {
    if (is_moved(progress)) parties.canary.push_back(name);
    if (progress.stage == Stage::Pending) parties.control.push_back(name);
  }
  return parties;
}

/// When the first of them was there.
Moment first_moved(const RolloutStatus& status, Moment now) {
  Moment first = now;
  for (const auto& [name, progress] : status.nodes) {
    if (is_moved(progress)) first = std::min(first, progress.since);
  }
  return first;
}

GateContext context_of(const NodeRollout& rollout, const RolloutStatus& status, const GateSetting& setting) {
  const Batch& batch = rollout.spec.batches[status.batch];
  GateContext context{rollout.name, batch.name, {}, setting.environment};
  for (const auto& node : batch.nodes) {
    if (is_moved(status.nodes.at(node))) context.nodes.push_back(node);
  }
  return context;
}

std::vector<std::pair<std::string, NodeGateRule>> node_rules(const NodeRollout& rollout) {
  std::vector<std::pair<std::string, NodeGateRule>> rules;
  for (const auto& gate : rollout.gates) {
    if (const auto* rule = std::get_if<NodeGateRule>(&gate.rule)) rules.emplace_back(gate.name, *rule);
  }
  // Nobody wants a rollout that does not look at its nodes.
  if (rules.empty()) rules.emplace_back("nodes", NodeGateRule{});
  return rules;
}

}  // namespace

bool GateKeeper::needs_tally(const NodeRollout& rollout) {
  return std::any_of(rollout.gates.begin(), rollout.gates.end(),
                     [](const Gate& gate) { return std::holds_alternative<Comparison>(gate.rule); });
}

void GateKeeper::remember(const RolloutStatus& before, const RolloutStatus& after, const Cluster& cluster,
                          GateMemory& memory) {
  if (before.batch != after.batch) memory.crash_looping.reset();
  for (const auto& [name, progress] : after.nodes) {
    const bool known = memory.daemon_sets.contains(name);
    const bool over = is_settled(progress.stage) && progress.stage != Stage::Quarantined;
    if (known && (over || progress.stage == Stage::Pending)) memory.daemon_sets.erase(name);
    if (known || !holds_node(progress.stage)) continue;
    if (!memory.crash_looping) memory.crash_looping = crash_looping(cluster);
    memory.daemon_sets[name] = baseline_of(cluster, name, {}).daemon_sets;
  }
}

void GateKeeper::judge_nodes(const NodeRollout& rollout, const RolloutRecord& record, const Cluster& cluster,
                             Moment now, Observation& seen) {
  const auto rules = node_rules(rollout);
  std::optional<Names> alive;  // looked for only when somebody asks: it goes over all pods
  for (const auto& [name, progress] : record.status.nodes) {
    if (!is_judged(progress.stage)) continue;
    if (!alive) alive = daemon_sets(cluster);
    NodeBaseline baseline;
    if (const auto known = record.memory.daemon_sets.find(name); known != record.memory.daemon_sets.end())
      baseline.daemon_sets = known->second;
    if (record.memory.crash_looping) baseline.crash_looping = *record.memory.crash_looping;
    std::vector<NamedResult> results;
    for (const auto& [gate, rule] : rules) {
      const auto successor = seen.successors.find(name);
      const std::string& present = successor == seen.successors.end() ? name : successor->second;
      GateResult result = judge_node(rule.gate, cluster, present, baseline, *alive);
      results.push_back({gate, bear(std::move(result), bad_since_[name + "/" + gate], now, rule.patience)});
    }
    seen.node_gates[name] = combine(results);
  }
}

std::function<void(GateResult)> GateKeeper::take_answer(const std::string& gate, Moment asked) const {
  return [answers = answers_, gate, asked](GateResult result) {
    (*answers)[gate].result = std::move(result);
    (*answers)[gate].answered = asked;
  };
}

void GateKeeper::ask_anew(GateMemory& memory) {
  answers_ = std::make_shared<Answers>();
  bad_since_.clear();
  for (auto& [gate, answer] : memory.answers)
    answer = {Verdict::Good, "somebody has looked at it: its next look decides"};
}

void GateKeeper::ask_when_due(const NodeRollout& rollout, const RolloutRecord& record, const Gate& gate, Moment now) {
  Answer& answer = (*answers_)[gate.name];
  if (answer.asked && now - *answer.asked < setting_.every && now >= *answer.asked) return;
  GateContext context = context_of(rollout, record.status, setting_);
  if (context.nodes.empty()) return;
  answer.asked = now;
  worker_.ask(
      rollout.spec.uid + "/" + gate.name,
      [gate, context = std::move(context), now, fetch = setting_.fetch_from] {
        return ask_gates({gate}, context, now, fetch).front().result;
      },
      take_answer(gate.name, now));
}

void GateKeeper::compare_when_due(const NodeRollout& rollout, const RolloutRecord& record, const Gate& gate,
                                  const Comparison& comparison, const PodTally& tally, GateMemory& memory, Moment now) {
  const auto due = due_look(comparison, first_moved(record.status, now), memory.looks[gate.name], now);
  Parties parties = parties_of(record.status);
  if (!due || parties.canary.empty() || parties.control.empty()) return;
  memory.looks[gate.name] = *due;
  worker_.ask(
      rollout.spec.uid + "/" + gate.name,
      [comparison, parties = std::move(parties), tally, now, fetch = setting_.fetch_from] {
        return judge(comparison, measure_all(comparison, parties, tally, now, fetch(comparison.server)));
      },
      take_answer(gate.name, now));
}

GateMemory GateKeeper::observe(const NodeRollout& rollout, const RolloutRecord& record, const Cluster& cluster,
                               const PodTally& tally, Moment now, Observation& seen) {
  GateMemory memory = record.memory;
  judge_nodes(rollout, record, cluster, now, seen);
  std::vector<NamedResult> results;
  const bool changed = anything_changed(record.status);
  for (const auto& gate : rollout.gates) {
    if (std::holds_alternative<NodeGateRule>(gate.rule)) continue;
    const auto* comparison = std::get_if<Comparison>(&gate.rule);
    if (changed && comparison != nullptr)
      compare_when_due(rollout, record, gate, *comparison, tally, memory, now);
    else if (changed)
      ask_when_due(rollout, record, gate, now);
    Answer& answer = (*answers_)[gate.name];
    if (const auto known = memory.answers.find(gate.name); comparison != nullptr && known != memory.answers.end()) {
      // Between two looks the last one's answer stands, over a restart too.
      if (!answer.answered) answer.result = known->second;
    }
    if (comparison != nullptr && answer.answered) memory.answers[gate.name] = answer.result;
    const bool old = comparison == nullptr && answer.answered && now - *answer.answered > 4 * setting_.every;
    results.push_back({gate.name, old ? GateResult{Verdict::Missing, "it has stopped answering"} : answer.result});
  }
  for (const auto& [gate, result] : results) results_[gate] = result;
  seen.rollout_gate = combine(results);
  return memory;
}

}  // namespace keelson::fleet
