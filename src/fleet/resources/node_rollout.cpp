#include "fleet/resources/node_rollout.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "base/harmless_text.h"
#include "fleet/gates/read_gates.h"
#include "fleet/resources/gates_json.h"
#include "fleet/resources/kinds.h"
#include "fleet/resources/read_resource.h"
#include "fleet/rollout/document.h"
#include "fleet/windows/windows.h"

namespace keelson::fleet {

namespace {

using nlohmann::json;
using std::string_view;

constexpr std::size_t kMostText = 256;
constexpr std::size_t kMostBatches = 10'000;
constexpr std::int64_t kMostHalts = 1'000'000'000;

bool is_short_line(string_view text) {
  return text.size() <= kMostText &&
         std::none_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

// Plan files may come from anywhere and say anything; what stands in a cluster has the bounds of its schema.
void check_plan(const JsonPlace& plan, const RolloutSpec& spec) {
  const auto check_release = [&](const Release& release) {
    const json fields = release_json(release);
    for (const auto& [key, value] : fields.items()) {
      if (!is_short_line(value.get_ref<const std::string&>()))
        plan.wrong(fmt::format("{} of a release is longer than 256 bytes or holds control characters", key));
    }
  };
  if (!is_short_line(spec.name) || !is_short_line(spec.pool))
    plan.wrong("its name or pool is longer than 256 bytes or holds control characters");
  check_release(spec.target);
  for (const auto& [node, release] : spec.previous) {
    if (!is_object_name(node)) plan.wrong("a node in 'previous' has a name that no node can have");
    check_release(release);
  }
  for (const auto& node : spec.pool_nodes) {
    if (!is_object_name(node)) plan.wrong("a node in 'poolNodes' has a name that no node can have");
  }
  for (const auto& batch : spec.batches) {
    if (!is_short_line(batch.name))
      plan.wrong("the name of a batch is longer than 256 bytes or holds control characters");
  }
}

void read_plan(const JsonPlace& place, NodeRollout& rollout) {
  read_part(place, [&](const json& value, string_view name) {
    rollout.spec = parse_spec(value, name);
    check_plan(place, rollout.spec);
  });
}

Wishes read_wishes(const JsonPlace& spec) {
  Wishes wishes;
  wishes.paused = spec.member("paused").flag().value_or(false);
  wishes.aborted = spec.member("aborted").flag().value_or(false);
  wishes.roll_back = spec.member("rollBack").flag().value_or(false);
  for (const auto& place : spec.member("approvedBatches").list(0, kMostBatches)) {
    if (auto name = place.text(kMostText)) wishes.approved.push_back(std::move(*name));
  }
  wishes.acknowledged_halts = spec.member("acknowledgedHalts").whole(0, kMostHalts).value_or(0);
  return wishes;
}

void read_spec(const JsonPlace& spec, NodeRollout& rollout) {
  static constexpr std::array<string_view, 11> kMembers{
      "pool",   "plan",    "image",    "gates",           "windows",          "backEnd",
      "paused", "aborted", "rollBack", "approvedBatches", "acknowledgedHalts"};
  if (!spec.check_members(kMembers)) return;
  rollout.pool = spec.require("pool").text(kMostText).value_or("");
  read_plan(spec.require("plan"), rollout);
  rollout.image = spec.member("image").text(kMostImage).value_or("");
  rollout.gates = read_gates(spec.member("gates"));
  rollout.windows = read_object_names(spec.member("windows"), kMostWindows);
  rollout.back_end = read_back_end(spec.member("backEnd"));
  rollout.wishes = read_wishes(spec);
}

}  // namespace

NodeRollout read_node_rollout(const json& resource) {
  NodeRollout rollout;
  read_whole(resource, "NodeRollout", "node rollout", [&](const ResourceFrame& frame, const JsonPlace& whole) {
    read_spec(whole.require("spec"), rollout);
    rollout.name = rollout.spec.name = frame.name;
    rollout.spec.uid = frame.uid;
    rollout.resource_version = frame.resource_version;
    rollout.generation = frame.generation;
  });
  return rollout;
}

json node_rollout_json(const NodeRollout& rollout) {
  json spec{{"pool", rollout.pool},
            {"plan", spec_json(rollout.spec)},
            {"gates", gates_json(rollout.gates)},
            {"windows", rollout.windows},
            {"backEnd", back_end_json(rollout.back_end)},
            {"paused", rollout.wishes.paused},
            {"aborted", rollout.wishes.aborted},
            {"rollBack", rollout.wishes.roll_back},
            {"approvedBatches", rollout.wishes.approved},
            {"acknowledgedHalts", rollout.wishes.acknowledged_halts}};
  if (!rollout.image.empty()) spec["image"] = rollout.image;
  return {{"apiVersion", node_rollouts().api_version()},
          {"kind", "NodeRollout"},
          {"metadata", {{"name", rollout.name}}},
          {"spec", std::move(spec)}};
}

}  // namespace keelson::fleet
