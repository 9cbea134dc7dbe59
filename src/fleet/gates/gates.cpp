#include "fleet/gates/gates.h"

#include "base/error.h"

namespace keelson::fleet {

std::vector<NamedResult> ask_gates(const std::vector<Gate>& gates, const GateContext& context, Moment now,
                                   const std::function<Fetch(const PrometheusServer&)>& fetch_from) {
  std::vector<NamedResult> results;
  for (const auto& gate : gates) {
    if (const auto* promql = std::get_if<PromqlRule>(&gate.rule)) {
      const auto fetch = [&](const kube::Request& request) { return fetch_from(promql->server)(request); };
      results.push_back({gate.name, ask(promql->gate, context.nodes, now, fetch)});
    } else if (const auto* command = std::get_if<CommandGate>(&gate.rule)) {
      results.push_back({gate.name, run_gate(*command, context)});
    }
  }
  return results;
}

}  // namespace keelson::fleet
