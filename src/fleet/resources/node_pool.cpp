#include "fleet/resources/node_pool.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "fleet/gates/read_gates.h"
#include "fleet/resources/read_resource.h"
#include "fleet/rollout/document.h"
#include "fleet/windows/windows.h"

namespace keelson::fleet {

namespace {

using nlohmann::json;
using std::string_view;

constexpr std::size_t kMostRequirements = 64;
constexpr std::size_t kMostValues = 256;
constexpr std::int64_t kMostCanaries = 1000;
constexpr std::size_t kMostShares = 16;

// A selector that is mistyped must not select more than was meant: nothing is passed over.
kube::Selector read_selector(const JsonPlace& fields) {
  static constexpr std::array<string_view, 2> kMembers{"matchLabels", "matchExpressions"};
  static constexpr std::array<string_view, 3> kExpression{"key", "operator", "values"};
  kube::Selector selector;
  if (!fields.check_members(kMembers)) return selector;
  const auto labels = fields.member("matchLabels");
  if (labels.is_there() && (!labels.value()->is_object() || labels.value()->size() > kMostRequirements))
    labels.wrong("is not an object of at most 64 labels");
  for (const auto& expression : fields.member("matchExpressions").list(0, kMostRequirements)) {
    if (!expression.check_members(kExpression)) continue;
    for (const auto& value : expression.member("values").list(0, kMostValues)) {
      if (!value.value()->is_string()) value.wrong("is not a text");
    }
  }
  read_part(fields, [&](const json& value, string_view) { selector = kube::Selector::from_object(value); });
  return selector;
}

std::vector<unsigned> read_shares(const JsonPlace& list, std::vector<unsigned> otherwise) {
  if (!list.is_there()) return otherwise;
  std::vector<unsigned> shares;
  for (const auto& place : list.list(1, kMostShares)) {
    const auto share = place.whole(1, 100);
    if (!share) continue;
    if (!shares.empty() && static_cast<unsigned>(*share) <= shares.back())
      place.wrong("is not larger than the one before it");
    shares.push_back(static_cast<unsigned>(*share));
  }
  return shares;
}

BatchOptions read_batches(const JsonPlace& fields) {
  static constexpr std::array<string_view, 3> kMembers{"canaries", "shares", "approvals"};
  static constexpr std::array<string_view, 3> kApprovals{"none", "canary", "batches"};  // in the order of Approvals
  BatchOptions options;
  if (!fields.check_members(kMembers)) return options;
  if (const auto count = fields.member("canaries").whole(0, kMostCanaries))
    options.canaries = static_cast<std::size_t>(*count);
  options.shares = read_shares(fields.member("shares"), std::move(options.shares));
  options.approvals = static_cast<Approvals>(fields.member("approvals").choice(kApprovals).value_or(0));
  return options;
}

Strategy read_strategy(const JsonPlace& fields) {
  Strategy strategy;
  if (!fields.is_there()) return strategy;
  // What is written is all that there is: the keys are known from there.
  const json all = strategy_json(strategy);
  std::vector<string_view> known;
  for (const auto& [key, value] : all.items()) known.push_back(key);
  if (!fields.check_members(known)) return strategy;
  read_part(fields, [&](const json& value, string_view name) { strategy = parse_strategy(value, name); });
  return strategy;
}

void read_spec(const JsonPlace& spec, NodePool& pool) {
  static constexpr std::array<string_view, 9> kMembers{"selector", "release", "channel", "mode",   "strategy",
                                                       "batches",  "windows", "gates",   "backEnd"};
  static constexpr std::array<string_view, 3> kModes{"Observe", "Plan", "Automatic"};  // in the order of PoolMode
  if (!spec.check_members(kMembers)) return;
  pool.selector = read_selector(spec.require("selector"));
  pool.release = read_object_name(spec.member("release")).value_or("");
  pool.channel = read_object_name(spec.member("channel")).value_or("");
  if (spec.member("release").is_there() && spec.member("channel").is_there())
    spec.wrong("has both 'release' and 'channel'");
  pool.mode = static_cast<PoolMode>(spec.member("mode").choice(kModes).value_or(0));
  pool.strategy = read_strategy(spec.member("strategy"));
  pool.batches = read_batches(spec.member("batches"));
  pool.windows = read_object_names(spec.member("windows"), kMostWindows);
  pool.gates = read_gates(spec.member("gates"));
  pool.back_end = read_back_end(spec.member("backEnd"));
}

}  // namespace

NodePool read_node_pool(const json& resource) {
  NodePool pool;
  read_whole(resource, "NodePool", "node pool", [&](const ResourceFrame& frame, const JsonPlace& whole) {
    pool.name = frame.name;
    pool.uid = frame.uid;
    pool.generation = frame.generation;
    read_spec(whole.require("spec"), pool);
  });
  return pool;
}

std::vector<std::string> nodes_of(const NodePool& pool, const Cluster& cluster) {
  std::vector<std::string> names;
  for (const auto& [name, node] : cluster.nodes()) {
    if (pool.selector.matches(node.labels)) names.push_back(name);
  }
  return names;
}

}  // namespace keelson::fleet
