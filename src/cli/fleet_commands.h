/// The verbs that steer and show rollouts; each stands in a file of its own (fleet_status_command.cpp, …).
#pragma once

#include <vector>

#include "cli/command.h"

namespace keelson::cli {

Command fleet_rollout_start_command();
/// pause, resume, approve, acknowledge, rollback, abort.
std::vector<Command> fleet_rollout_wish_commands();
Command fleet_status_command();

}  // namespace keelson::cli
