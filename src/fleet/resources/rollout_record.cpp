#include <array>
#include <nlohmann/json.hpp>

#include "crypto/hash.h"

#include "base/harmless_text.h"
#include "fleet/gates/verdict.h"
#include "fleet/resources/node_rollout.h"
#include "fleet/resources/read_resource.h"
#include "fleet/rollout/document.h"
#include "kube/objects.h"

namespace keelson::fleet {

namespace {

using nlohmann::json;
using std::string_view;

constexpr std::size_t kMostConditions = 16;
constexpr std::size_t kMostDaemonSets = 1024;
constexpr std::size_t kMostCrashLooping = 5000;
constexpr std::size_t kMostOwner = 512;  // "space/Kind/name"
constexpr std::int64_t kMostLooks = 1'000'000;
constexpr std::size_t kMostReason = 4096;
constexpr std::size_t kMostMessages = 32 * 1024;  // a message may hold a line for every mistake of a resource
constexpr std::array<string_view, 3> kVerdicts{"Good", "Bad", "Missing"};  // in the order of Verdict

Names read_names(const JsonPlace& list, std::size_t most) {
  Names names;
  for (const auto& place : list.list(0, most)) {
    if (auto name = place.text(kMostOwner)) names.insert(std::move(*name));
  }
  return names;
}

void read_daemon_sets(const JsonPlace& nodes, const RolloutStatus& status, GateMemory& memory) {
  if (!is_object(nodes)) return;
  for (const auto& [node, list] : nodes.value()->items()) {
    if (!status.nodes.contains(node)) return nodes.wrong("names a node that the rollout does not have");
    memory.daemon_sets[node] = read_names(nodes.member(node), kMostDaemonSets);
  }
}

void read_looks(const JsonPlace& looks, GateMemory& memory) {
  if (!is_object(looks)) return;
  if (looks.value()->size() > kMostGates) return looks.wrong("has more entries than a rollout has gates");
  for (const auto& [gate, count] : looks.value()->items()) {
    if (gate.empty() || gate.size() > 64) return looks.wrong("names a gate that there can't be");
    const auto look = looks.member(gate);
    if (!is_object(look)) continue;
    if (const auto taken = look.require("taken").whole(0, kMostLooks)) memory.looks[gate] = *taken;
    // A reason may be "".
    const auto verdict = look.member("verdict").choice(kVerdicts);
    const auto reason = look.member("reason");
    if (!verdict) continue;
    GateResult& answer = memory.answers[gate];
    answer.verdict = static_cast<Verdict>(*verdict);
    if (reason.is_there() && *reason.value() != "")
      answer.reason = reason.text(kMostReason, JsonPlace::Lines::Many).value_or("");
  }
}

std::string read_plan_hash(const JsonPlace& place) {
  constexpr std::size_t kDigits = 64;
  if (!place.is_there()) return {};
  const auto text = place.text(kDigits);
  const bool hash = text && text->size() == kDigits && text->find_first_not_of("0123456789abcdef") == std::string::npos;
  if (text && !hash) place.wrong("is no SHA-256");
  return hash ? *text : std::string();
}

std::vector<RolloutCondition> read_conditions(const JsonPlace& list) {
  static constexpr std::array<string_view, 3> kStates{"True", "False", "Unknown"};
  std::vector<RolloutCondition> conditions;
  for (const auto& place : list.list(0, kMostConditions)) {
    if (!is_object(place)) {
      place.wrong("is null");
      continue;
    }
    RolloutCondition condition;
    condition.type = place.require("type").text(kMostName).value_or("");
    condition.holds = place.require("status").choice(kStates).value_or(1) == 0;
    // The API's convention lets a message be "", which is no finding.
    condition.reason = place.member("reason").text(kMostName).value_or("");
    if (const auto message = place.member("message"); message.is_there() && *message.value() != "")
      condition.message = message.text(kMostMessages, JsonPlace::Lines::Many).value_or("");
    conditions.push_back(std::move(condition));
  }
  return conditions;
}

json counts_of(const RolloutStatus& status) {
  std::int64_t done = 0;
  std::int64_t under_way = 0;
  std::int64_t failed = 0;
  std::int64_t quarantined = 0;
  for (const auto& [name, progress] : status.nodes) {
    done += progress.stage == Stage::Done && progress.direction == Direction::Forward;
    under_way += progress.stage != Stage::Pending && !is_settled(progress.stage);
    failed += progress.failed;
    quarantined += progress.stage == Stage::Quarantined;
  }
  return {{"nodes", status.nodes.size()},
          {"done", done},
          {"underWay", under_way},
          {"failed", failed},
          {"quarantined", quarantined}};
}

// What is written must be read again: a name in it may have come from anywhere.
std::string message_text(string_view text) { return harmless_text(text.substr(0, kMostMessages)); }

// When the condition of this type last changed, if it holds as it did.
std::string since(const json& before, const RolloutCondition& condition, const std::string& otherwise) {
  const auto earlier = kube::condition_of({{"status", before}}, condition.type);
  const bool same = earlier && earlier->status == (condition.holds ? "True" : "False");
  return same && !earlier->last_transition.empty() ? earlier->last_transition : otherwise;
}

json conditions_json(const std::vector<RolloutCondition>& conditions, std::int64_t generation, const json& before,
                     Moment now) {
  json list = json::array();
  for (const auto& condition : conditions) {
    json one{{"type", condition.type},
             {"status", condition.holds ? "True" : "False"},
             {"reason", condition.reason},
             {"observedGeneration", generation},
             {"lastTransitionTime", since(before, condition, moment_text(now))}};
    if (!condition.message.empty()) one["message"] = message_text(condition.message);
    list.push_back(std::move(one));
  }
  return list;
}

// Of so many that they don't fit, those that are left out count as new: the gate then says that something crashes that
// did not before, and halts, which is the safe mistake.
json crash_looping_json(const Names& names) {
  json list = json::array();
  for (const auto& name : names) {
    if (list.size() < kMostCrashLooping) list.push_back(name);
  }
  return list;
}

json looks_json(const GateMemory& memory) {
  json looks = json::object();
  for (const auto& [gate, taken] : memory.looks) looks[gate] = {{"taken", taken}};
  for (const auto& [gate, answer] : memory.answers) {
    json& look = looks[gate];
    if (look.is_null()) look["taken"] = 0;
    look["verdict"] = kVerdicts.at(static_cast<std::size_t>(answer.verdict));
    if (!answer.reason.empty()) look["reason"] = reason_text(answer.reason);
  }
  return looks;
}

}  // namespace

std::string plan_hash_of(const json& resource) {
  json frozen = json::object();
  for (const char* key : {"pool", "plan", "image", "gates", "windows", "backEnd"}) {
    if (const json* part = kube::find_at(resource, {"spec", key})) frozen[key] = *part;
  }
  Sha256Hasher hasher;
  hasher.update(frozen.dump(-1, ' ', false, json::error_handler_t::replace));
  return hasher.finish().hex();
}

std::optional<RolloutRecord> read_rollout_record(const json& resource, const RolloutSpec& spec) {
  JsonFindings findings;
  if (!resource.is_object()) findings.add("the document", "is not an object");
  const JsonPlace status = JsonPlace(&resource, "", findings).member("status");
  is_object(status);
  findings.refuse_if_any("status of node rollout", spec.name);
  // Before it has begun there may be conditions: why it does not.
  if (!status.member("phase").is_there() && !status.member("nodes").is_there()) return std::nullopt;
  RolloutRecord record;
  read_part(status, [&](const json& value, string_view name) { record.status = parse_status(value, spec, name); });
  if (!findings.any()) {
    const auto baselines = status.member("baselines");
    is_object(baselines);
    read_daemon_sets(baselines.member("nodes"), record.status, record.memory);
    if (const auto looping = baselines.member("crashLooping"); looping.is_there())
      record.memory.crash_looping = read_names(looping, kMostCrashLooping);
    read_looks(status.member("looks"), record.memory);
    record.plan_hash = read_plan_hash(status.member("planHash"));
    record.conditions = read_conditions(status.member("conditions"));
  }
  findings.refuse_if_any("status of node rollout", spec.name);
  return record;
}

json rollout_record_json(const RolloutRecord& record, std::int64_t generation, const json& before, Moment now) {
  json document = status_json(record.status);
  document["observedGeneration"] = generation;
  document["counts"] = counts_of(record.status);
  if (!record.plan_hash.empty()) document["planHash"] = record.plan_hash;
  document["conditions"] = conditions_json(record.conditions, generation, before, now);
  json baselines = json::object();
  if (!record.memory.daemon_sets.empty()) baselines["nodes"] = record.memory.daemon_sets;
  if (record.memory.crash_looping) baselines["crashLooping"] = crash_looping_json(*record.memory.crash_looping);
  if (!baselines.empty()) document["baselines"] = std::move(baselines);
  if (json looks = looks_json(record.memory); !looks.empty()) document["looks"] = std::move(looks);
  return document;
}

json refusal_json(const std::string& reason, const std::string& message, std::int64_t generation, const json& before,
                  Moment now) {
  return {{"observedGeneration", generation},
          {"conditions", conditions_json({{"Accepted", false, reason, message}}, generation, before, now)}};
}

}  // namespace keelson::fleet
