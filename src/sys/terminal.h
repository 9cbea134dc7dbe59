/// A terminal that a program draws on: its size, and the signals that it must hear while it does.
#pragma once

#include <signal.h>

#include <chrono>
#include <cstddef>
#include <optional>

#include "sys/unique_fd.h"

namespace keelson {

struct TerminalSize {
  std::size_t columns = 80;
  std::size_t rows = 24;
};

/// Nothing when it is no terminal, or does not know.
std::optional<TerminalSize> terminal_size(int descriptor);

/// Promise: from its making to its end, SIGINT, SIGTERM, SIGHUP, SIGTSTP and SIGWINCH end or stop nobody: they are
/// values. To be made before any other thread, so that none of them takes a signal. One at a time in a process.
class TerminalSignals {
 public:
  enum class Event {
    Nothing,  ///< the time is over
    Woken,    ///< by wake()
    Resized,
    Ended,    ///< Ctrl-C, or somebody wants us gone
    Stopped,  ///< Ctrl-Z: give the terminal back, then call stop_here()
  };

  TerminalSignals();
  TerminalSignals(const TerminalSignals&) = delete;
  TerminalSignals& operator=(const TerminalSignals&) = delete;
  ~TerminalSignals();

  Event wait(std::chrono::milliseconds longest);
  /// From any thread.
  void wake();
  /// As Ctrl-Z would have; returns when somebody lets the process go on.
  static void stop_here();

 private:
  Event take_signal();

  sigset_t before_{};
  UniqueFd signals_;
  UniqueFd wakes_;
};

}  // namespace keelson
