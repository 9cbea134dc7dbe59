/// The process that carries an operation out: this program again, in a session of its own, so that it outlives us.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "node/agent.h"

namespace keelson::node {

class SpawnedRunner final : public Runner {
 public:
  /// @param arguments of the program, before the operation's name: {"carry-out", "--config", …}.
  explicit SpawnedRunner(std::vector<std::string> arguments) : arguments_(std::move(arguments)) {}

  /// @throws Error(Unavailable) when no process can be made.
  void start(const std::string& operation) override;
  bool is_alive() override;

 private:
  std::vector<std::string> arguments_;
  pid_t child_ = 0;
};

}  // namespace keelson::node
