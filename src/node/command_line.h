/// The command line of keelson-node: `run` (a service), `show`, `audit`.
#pragma once

#include <string>
#include <vector>

#include "node/serve.h"

namespace keelson::node {

/// @param words without the program's name. @return the exit code. @throws Error as every command does;
/// Error(Usage) for a command line that makes no sense.
int run_command_line(const std::vector<std::string>& words, const Environment& environment);

}  // namespace keelson::node
