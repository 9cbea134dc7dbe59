/// The gates of a pool or rollout, as a list: what somebody wrote, and the question of those that ask the world.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "fleet/gates/command_gate.h"
#include "fleet/gates/comparison.h"
#include "fleet/gates/node_gate.h"
#include "fleet/gates/promql_gate.h"
#include "fleet/gates/verdict.h"

namespace keelson::fleet {

struct NodeGateRule {
  NodeGate gate;
  std::chrono::seconds patience{120};  ///< how long something may be bad before it counts
};

struct PromqlRule {
  PrometheusServer server;
  PromqlGate gate;
};

struct Gate {
  std::string name;
  std::variant<NodeGateRule, Comparison, PromqlRule, CommandGate> rule;
};

inline constexpr std::size_t kMostGates = 32;

/// Asks every PromQL and command gate, in order, for a batch. The other kinds are judged by whoever holds their data.
/// @param fetch_from the way to a server.
std::vector<NamedResult> ask_gates(const std::vector<Gate>& gates, const GateContext& context, Moment now,
                                   const std::function<Fetch(const PrometheusServer&)>& fetch_from);

}  // namespace keelson::fleet
