/// What is to be done about the operation that a node is asked for, as a function of what is known. It does nothing
/// itself; whoever does the step reads the record again first (record.h), and asks once more.
#pragma once

#include <optional>
#include <string>

#include "fleet/resources/node_record.h"
#include "node/operation_file.h"

namespace keelson::node {

enum class StepKind {
  Nothing,
  Await,          ///< a program runs; of another operation than is asked for, too: two never write at once
  Accept,         ///< keep it as Asked
  TellRunning,    ///< write Running into the record
  Start,          ///< start the program
  TellFailed,     ///< write Failed and the message
  TellSucceeded,  ///< write Succeeded
  Reboot,         ///< its image is in place and told of, and it is still the boot in which it was put there
};

struct Step {
  StepKind kind = StepKind::Nothing;
  std::string message;  ///< of TellFailed
  bool operator==(const Step&) const = default;
};

/// @param known of the last operation; nothing when there is none. @param is_running whether somebody has the lock.
Step next_step(const fleet::NodeRecord& record, const std::optional<KnownOperation>& known, bool is_running,
               const std::string& boot_id);

}  // namespace keelson::node
