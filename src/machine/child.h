/// A program that runs beside us (QEMU) until we stop it: sys/process.h runs one to its end instead.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "sys/unique_fd.h"

namespace keelson::machine {

struct ChildOptions {
  std::vector<std::string> arguments;    ///< arguments[0] is the program, looked up in PATH
  std::vector<std::string> environment;  ///< "NAME=value", added to the caller's own
  int standard_input = -1;               ///< -1: /dev/null; descriptors stay the caller's
  int standard_output = -1;
  int standard_error = -1;
  int extra = -1;         ///< handed to the child as descriptor 3; -1: none
  bool own_group = true;  ///< false: stays in the terminal's foreground group (an interactive child)
};

/// Promise: the child is dead and reaped when this object is gone, and dies by SIGKILL with our process however that
/// ends. (PR_SET_PDEATHSIG follows the creating *thread*: create and destroy a Child on one that lives as long.)
class Child {
 public:
  /// @throws Error(NotFound) if there is no such program, Error if it cannot be started.
  explicit Child(const ChildOptions& options);
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child();

  pid_t pid() const { return pid_; }
  /// The exit code (128 + signal when killed), or nothing while it runs.
  std::optional<int> find_exit();
  /// Waits for the end.
  int wait();
  /// SIGTERM, then SIGKILL after `grace`; returns the exit code.
  int stop(std::chrono::milliseconds grace);

 private:
  void signal_all(int number) const;

  pid_t pid_ = -1;
  bool own_group_ = true;
  std::optional<int> exit_;
};

}  // namespace keelson::machine
