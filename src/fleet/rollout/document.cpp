#include "fleet/rollout/document.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <set>

#include "base/duration.h"
#include "base/error.h"
#include "base/timestamp.h"
#include "fleet/rollout/field.h"

namespace keelson::fleet {

namespace {

using nlohmann::json;

constexpr std::size_t kMostNodes = 50'000;
constexpr std::size_t kMostBatches = 10'000;

template <typename Value, std::size_t Size>
using Names = std::array<std::pair<Value, std::string_view>, Size>;

constexpr Names<Undrainable, 3> kUndrainable{
    {{Undrainable::Skip, "skip"}, {Undrainable::Quarantine, "quarantine"}, {Undrainable::Halt, "halt"}}};
constexpr Names<Unowned, 2> kUnowned{{{Unowned::Refuse, "refuse"}, {Unowned::Delete, "delete"}}};
constexpr Names<LocalData, 2> kLocalData{{{LocalData::Refuse, "refuse"}, {LocalData::Delete, "delete"}}};
constexpr Names<Rollback, 2> kRollback{{{Rollback::Never, "never"}, {Rollback::OnHalt, "on-halt"}}};

template <typename Table, typename Value>
std::string word_for(const Table& table, Value value) {
  const auto found = std::find_if(table.begin(), table.end(), [&](const auto& row) { return row.first == value; });
  return std::string(found->second);
}

template <typename Table, typename Value>
void read_word(const Field& field, const Table& table, Value& value) {
  if (!field.is_there()) return;
  const std::string word = field.text();
  const auto found = std::find_if(table.begin(), table.end(), [&](const auto& row) { return row.second == word; });
  if (found == table.end()) {
    std::vector<std::string_view> words;
    for (const auto& row : table) words.push_back(row.second);
    field.refuse(fmt::format("'{}' is none of {}", word, fmt::join(words, ", ")));
  }
  value = found->first;
}

std::string moment_text(Moment moment) { return timestamp_text(moment.time_since_epoch().count()); }

std::string length_text(std::chrono::seconds length) {
  const auto seconds = length.count();
  if (seconds != 0 && seconds % 3600 == 0) return fmt::format("{}h", seconds / 3600);
  if (seconds != 0 && seconds % 60 == 0) return fmt::format("{}m", seconds / 60);
  return fmt::format("{}s", seconds);
}

json limit_json(const Limit& limit) {
  if (limit.percent) return fmt::format("{}%", limit.count);
  return limit.count;
}

// In one list, so that writing and reading can't differ.
struct LengthField {
  const char* key;
  std::chrono::seconds Strategy::*member;
};
constexpr std::array<LengthField, 10> kLengths{{{"loadBalancerDelay", &Strategy::balancer_delay},
                                                {"drainTime", &Strategy::drain_time},
                                                {"detachTime", &Strategy::detach_time},
                                                {"actTime", &Strategy::act_time},
                                                {"proveTime", &Strategy::prove_time},
                                                {"gateTime", &Strategy::gate_time},
                                                {"nodeSoak", &Strategy::node_soak},
                                                {"batchSoak", &Strategy::batch_soak},
                                                {"finalSoak", &Strategy::final_soak},
                                                {"evictAgain", &Strategy::evict_again}}};

struct ReleaseField {
  const char* key;
  std::string Release::*member;
};
constexpr std::array<ReleaseField, 7> kReleaseFields{{{"name", &Release::name},
                                                      {"imageDigest", &Release::image_digest},
                                                      {"manifestHash", &Release::manifest_hash},
                                                      {"kernel", &Release::kernel},
                                                      {"containerd", &Release::containerd},
                                                      {"selinux", &Release::selinux},
                                                      {"fips", &Release::fips}}};

Release read_release(const Field& field) {
  Release release;
  for (const auto& [key, member] : kReleaseFields) release.*member = field.at(key).text_or("");
  if (release.name.empty()) field.at("name").refuse("it is missing");
  return release;
}

Strategy read_strategy(const Field& field) {
  Strategy strategy;
  for (const auto& [key, member] : kLengths) {
    if (const Field length = field.at(key); length.is_there()) strategy.*member = length.length();
  }
  if (const Field limit = field.at("maxUnavailable"); limit.is_there()) strategy.max_unavailable = limit.limit();
  if (const Field limit = field.at("maxPerZone"); limit.is_there()) strategy.max_per_zone = limit.limit();
  if (const Field count = field.at("maxFailures"); count.is_there()) strategy.max_failures = count.number();
  if (const Field count = field.at("maxRollback"); count.is_there()) strategy.max_rollback = count.number();
  read_word(field.at("undrainable"), kUndrainable, strategy.undrainable);
  read_word(field.at("unownedPods"), kUnowned, strategy.unowned);
  read_word(field.at("localData"), kLocalData, strategy.local_data);
  read_word(field.at("rollback"), kRollback, strategy.rollback);
  strategy.finish_outside_window = field.at("finishOutsideWindow").flag_or(true);
  if (strategy.max_unavailable.count <= 0) field.at("maxUnavailable").refuse("at least one node must be allowed");
  return strategy;
}

Batch read_batch(const Field& field, std::set<std::string>& seen) {
  Batch batch;
  batch.name = field.at("name").text();
  batch.needs_approval = field.at("needsApproval").flag_or(false);
  batch.nodes = field.at("nodes").texts(kMostNodes);
  if (batch.nodes.empty()) field.at("nodes").refuse("a batch without nodes");
  for (const auto& node : batch.nodes) {
    if (!seen.insert(node).second) field.at("nodes").refuse(fmt::format("node '{}' stands in two batches", node));
  }
  return batch;
}

Stage read_stage(const Field& field) {
  const std::string text = field.text();
  for (int i = 0; i <= static_cast<int>(Stage::Quarantined); ++i) {
    if (stage_name(static_cast<Stage>(i)) == text) return static_cast<Stage>(i);
  }
  field.refuse(fmt::format("'{}' is no stage", text));
}

Phase read_phase(const Field& field) {
  const std::string text = field.text();
  for (int i = 0; i <= static_cast<int>(Phase::Aborted); ++i) {
    if (phase_name(static_cast<Phase>(i)) == text) return static_cast<Phase>(i);
  }
  field.refuse(fmt::format("'{}' is no phase", text));
}

json progress_json(const NodeProgress& progress) {
  json document{{"stage", stage_name(progress.stage)}, {"since", moment_text(progress.since)}};
  if (progress.direction == Direction::Back) document["direction"] = "back";
  if (!progress.reason.empty()) document["reason"] = progress.reason;
  if (progress.attempt != 0) document["attempt"] = progress.attempt;
  // What a settled node no longer needs is left out: a status of thousands of nodes must fit into one object.
  const bool over = progress.stage == Stage::Done || progress.stage == Stage::Skipped;
  if (progress.cordon_is_ours && !over) document["cordonIsOurs"] = true;
  if (progress.failed) document["failed"] = true;
  if (!progress.failure.empty()) document["failure"] = progress.failure;
  if (progress.changed) document["changed"] = true;
  if (progress.to_mark) document["toMark"] = true;
  if (progress.after == AfterBacking::Skipped) document["after"] = "Skipped";
  if (!progress.boot_id.empty() && !over) document["bootId"] = progress.boot_id;
  if (!progress.budgets.empty() && !over) document["budgets"] = progress.budgets;
  if (progress.gates_good_since && !over) document["gatesGoodSince"] = moment_text(*progress.gates_good_since);
  return document;
}

/// Nothing was ever done with it: a node that is not named in a status.
bool is_untouched(const NodeProgress& progress) {
  return progress.stage == Stage::Pending && progress.direction == Direction::Forward && progress.reason.empty() &&
         progress.attempt == 0 && !progress.cordon_is_ours && !progress.failed && progress.failure.empty() &&
         !progress.changed && !progress.to_mark && progress.after == AfterBacking::Pending &&
         progress.boot_id.empty() && progress.budgets.empty() && !progress.gates_good_since;
}

NodeProgress read_progress(const Field& field) {
  NodeProgress progress;
  progress.stage = read_stage(field.at("stage"));
  progress.since = field.at("since").moment();
  progress.direction = field.at("direction").text_or("") == "back" ? Direction::Back : Direction::Forward;
  progress.reason = field.at("reason").text_or("");
  if (const Field attempt = field.at("attempt"); attempt.is_there()) progress.attempt = attempt.number();
  progress.cordon_is_ours = field.at("cordonIsOurs").flag_or(false);
  progress.failed = field.at("failed").flag_or(false);
  progress.failure = field.at("failure").text_or("");
  progress.changed = field.at("changed").flag_or(false);
  progress.to_mark = field.at("toMark").flag_or(false);
  progress.after = field.at("after").text_or("") == "Skipped" ? AfterBacking::Skipped : AfterBacking::Pending;
  progress.boot_id = field.at("bootId").text_or("");
  if (const Field budgets = field.at("budgets"); budgets.is_there()) progress.budgets = budgets.texts(kMostNodes);
  if (const Field since = field.at("gatesGoodSince"); since.is_there()) progress.gates_good_since = since.moment();
  return progress;
}

}  // namespace

json release_json(const Release& release) {
  json document = json::object();
  for (const auto& [key, member] : kReleaseFields) {
    if (!(release.*member).empty()) document[key] = release.*member;
  }
  return document;
}

json strategy_json(const Strategy& strategy) {
  json document{{"maxUnavailable", limit_json(strategy.max_unavailable)},
                {"maxPerZone", limit_json(strategy.max_per_zone)},
                {"maxFailures", strategy.max_failures},
                {"maxRollback", strategy.max_rollback},
                {"undrainable", word_for(kUndrainable, strategy.undrainable)},
                {"unownedPods", word_for(kUnowned, strategy.unowned)},
                {"localData", word_for(kLocalData, strategy.local_data)},
                {"rollback", word_for(kRollback, strategy.rollback)},
                {"finishOutsideWindow", strategy.finish_outside_window}};
  for (const auto& [key, member] : kLengths) document[key] = length_text(strategy.*member);
  return document;
}

json spec_json(const RolloutSpec& spec) {
  json batches = json::array();
  for (const auto& batch : spec.batches) {
    json one{{"name", batch.name}, {"nodes", batch.nodes}};
    if (batch.needs_approval) one["needsApproval"] = true;
    batches.push_back(std::move(one));
  }
  // Nodes have few releases between them: each is said once, with its nodes.
  std::map<std::string, json> previous;
  for (const auto& [node, release] : spec.previous) {
    auto& entry = previous[release_json(release).dump()];
    if (entry.is_null()) entry = {{"release", release_json(release)}, {"nodes", json::array()}};
    entry["nodes"].push_back(node);
  }
  json before = json::array();
  for (auto& [text, entry] : previous) before.push_back(std::move(entry));
  return {{"name", spec.name},
          {"pool", spec.pool},
          {"poolNodes", spec.pool_nodes},
          {"target", release_json(spec.target)},
          {"previous", std::move(before)},
          {"batches", std::move(batches)},
          {"strategy", strategy_json(spec.strategy)}};
}

json status_json(const RolloutStatus& status) {
  json nodes = json::object();
  for (const auto& [name, progress] : status.nodes) {
    if (!is_untouched(progress)) nodes[name] = progress_json(progress);
  }
  json document{{"phase", phase_name(status.phase)},
                {"since", moment_text(status.since)},
                {"batch", status.batch},
                {"halts", status.halts},
                {"forgiven", status.forgiven},
                {"nodes", std::move(nodes)}};
  if (!status.reason.empty()) document["reason"] = status.reason;
  if (status.batch_done) document["batchDone"] = moment_text(*status.batch_done);
  if (status.gate_missing_since) document["gateMissingSince"] = moment_text(*status.gate_missing_since);
  if (status.backing_out) document["backingOut"] = true;
  if (!status.why_back.empty()) document["whyBack"] = status.why_back;
  if (status.aborted) document["aborted"] = true;
  return document;
}

Strategy parse_strategy(const json& document, std::string_view name) { return read_strategy(Field(document, name)); }
Release parse_release(const json& document, std::string_view name) { return read_release(Field(document, name)); }

RolloutSpec parse_spec(const json& document, std::string_view name) {
  const Field field(document, name);
  RolloutSpec spec;
  spec.name = field.at("name").text();
  spec.pool = field.at("pool").text();
  spec.pool_nodes = field.at("poolNodes").texts(kMostNodes);
  spec.target = read_release(field.at("target"));
  for (const Field& entry : field.at("previous").items(kMostNodes)) {
    const Release release = read_release(entry.at("release"));
    for (auto& node : entry.at("nodes").texts(kMostNodes)) spec.previous[std::move(node)] = release;
  }
  std::set<std::string> nodes;
  std::set<std::string> names;
  for (const Field& entry : field.at("batches").items(kMostBatches)) {
    spec.batches.push_back(read_batch(entry, nodes));
    if (!names.insert(spec.batches.back().name).second)
      entry.at("name").refuse(fmt::format("two batches are called '{}'", spec.batches.back().name));
  }
  if (spec.batches.empty()) field.at("batches").refuse("there is none");
  const std::set<std::string> pool(spec.pool_nodes.begin(), spec.pool_nodes.end());
  for (const auto& node : nodes) {
    if (!pool.contains(node)) field.at("batches").refuse(fmt::format("node '{}' is not in the pool", node));
  }
  if (const Field strategy = field.at("strategy"); strategy.is_there()) spec.strategy = read_strategy(strategy);
  return spec;
}

RolloutStatus parse_status(const json& document, const RolloutSpec& spec, std::string_view name) {
  const Field field(document, name);
  RolloutStatus status = first_status(spec, field.at("since").moment());
  status.phase = read_phase(field.at("phase"));
  status.reason = field.at("reason").text_or("");
  const std::int64_t batch = field.at("batch").number();
  if (static_cast<std::size_t>(batch) >= spec.batches.size()) field.at("batch").refuse("there are not so many batches");
  status.batch = static_cast<std::size_t>(batch);
  if (const Field done = field.at("batchDone"); done.is_there()) status.batch_done = done.moment();
  if (const Field since = field.at("gateMissingSince"); since.is_there()) status.gate_missing_since = since.moment();
  status.halts = field.at("halts").number();
  status.forgiven = field.at("forgiven").number();
  status.backing_out = field.at("backingOut").flag_or(false);
  status.why_back = field.at("whyBack").text_or("");
  status.aborted = field.at("aborted").flag_or(false);
  for (const auto& [node, entry] : field.at("nodes").members(kMostNodes)) {
    const auto found = status.nodes.find(node);
    if (found == status.nodes.end()) entry.refuse("the rollout has no such node");
    found->second = read_progress(entry);
  }
  return status;
}

}  // namespace keelson::fleet
