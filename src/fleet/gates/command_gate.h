/// The gate that runs a user's program: exit code 0 is Good, 1 is Bad, everything else Missing.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "fleet/rollout/decide.h"

namespace keelson::fleet {

struct CommandGate {
  std::vector<std::string> arguments;  ///< the program and its arguments: no shell
  std::chrono::seconds timeout{60};    ///< then it is killed with its children
};

/// What the program is told.
struct GateContext {
  std::string rollout;
  std::string batch;
  std::vector<std::string> nodes;
  std::vector<std::string> environment;  ///< "NAME=value" of ours that it also gets: PATH, HOME, KUBECONFIG
};

/// Environment: KEELSON_ROLLOUT, KEELSON_BATCH, KEELSON_NODE_COUNT, and KEELSON_NODES with blanks between them as long
/// as that is at most 64 KiB; standard input: all nodes, one a line. The last line of what it prints is the reason;
/// output beyond 64 KiB is dropped. Missing: it can't be run, takes too long, dies by a signal, or exits with another
/// code.
GateResult run_gate(const CommandGate& gate, const GateContext& context);

}  // namespace keelson::fleet
