/// Running somebody else's program for minutes: it can be stopped, and its whole family ends with it, or with us.
#pragma once

#include <chrono>
#include <stop_token>
#include <string>
#include <vector>

namespace keelson {

struct GuardedOptions {
  std::vector<std::string> arguments;       ///< arguments[0] is the program, looked up in PATH; no shell
  std::string standard_input;               ///< what it reads; then end of file
  std::vector<std::string> environment;     ///< "NAME=value"; empty: the caller's own
  std::chrono::milliseconds timeout{};      ///< from its start; then it is stopped. 0: none
  std::chrono::milliseconds grace{10'000};  ///< between SIGTERM and SIGKILL, when it is stopped
  std::size_t output_limit = 64U << 10;     ///< bytes kept of standard output and error together: the last
  bool separate_errors = false;             ///< standard error goes into `error_output`, bounded likewise
};

struct GuardedResult {
  enum class End { Exited, TimedOut, Stopped };
  End end = End::Exited;
  int exit_code = 0;  ///< 128 + signal, as shells say it
  std::string output;
  std::string error_output;
};

/// Runs it to its end. Promise: when this returns, or when this process dies of whatever cause, kill -9 included, no
/// process is left that the program started, even one that made itself a session of its own. (So it can leave nothing
/// to work on in the background.) Between it and us stands a guard: a copy of this process that shares its memory as
/// long as that does not change, so don't run hundreds at once from a large process.
/// @throws Error(NotFound) if the program does not exist, Error(Unavailable) when no process can be made.
GuardedResult run_guarded(const GuardedOptions& options, const std::stop_token& stop = {});

}  // namespace keelson
