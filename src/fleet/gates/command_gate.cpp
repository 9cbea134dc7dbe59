#include "fleet/gates/command_gate.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/duration.h"
#include "base/error.h"
#include "base/text.h"
#include "fleet/gates/verdict.h"
#include "sys/process.h"

namespace keelson::fleet {

namespace {

constexpr std::size_t kMostOutput = 64U << 10;
constexpr std::size_t kMostNodesText = 64U << 10;  // one string of the environment may have 128 KiB

std::string last_line(const std::string& output) {
  const auto text = trim(std::string_view(output));
  return reason_text(text.substr(text.rfind('\n') + 1));  // npos + 1 is 0
}

ProcessOptions process_of(const CommandGate& gate, const GateContext& context) {
  ProcessOptions process;
  process.arguments = gate.arguments;
  process.timeout = gate.timeout;
  process.output_limit = kMostOutput;
  process.merge_output = true;
  process.environment = context.environment;
  process.environment.push_back("KEELSON_ROLLOUT=" + context.rollout);
  process.environment.push_back("KEELSON_BATCH=" + context.batch);
  process.environment.push_back(fmt::format("KEELSON_NODE_COUNT={}", context.nodes.size()));
  if (const std::string nodes = fmt::format("{}", fmt::join(context.nodes, " ")); nodes.size() <= kMostNodesText)
    process.environment.push_back("KEELSON_NODES=" + nodes);
  for (const auto& node : context.nodes) process.standard_input += node + "\n";
  return process;
}

}  // namespace

GateResult run_gate(const CommandGate& gate, const GateContext& context) {
  if (gate.arguments.empty()) return {Verdict::Missing, "no program is named"};
  ProcessResult result;
  try {
    result = run_process(process_of(gate, context));
  } catch (const Error& error) {
    return {Verdict::Missing, reason_text(error.message())};
  }
  if (result.timed_out)
    return {Verdict::Missing, fmt::format("it took longer than {} and was stopped", human_duration(gate.timeout))};
  std::string said = last_line(result.output);
  if (result.exit_code == 0) return {Verdict::Good, said.empty() ? "exit code 0" : std::move(said)};
  if (result.exit_code == 1) return {Verdict::Bad, said.empty() ? "exit code 1" : std::move(said)};
  if (result.exit_code > 128)
    return {Verdict::Missing, fmt::format("it was ended by signal {}", result.exit_code - 128)};
  return {Verdict::Missing, fmt::format("exit code {}{}{}", result.exit_code, said.empty() ? "" : ": ", said)};
}

}  // namespace keelson::fleet
