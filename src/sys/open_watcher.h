/// Sees the files that a program opens before it gets them (seccomp_unotify(2), Linux 5.5).
///
/// The sandbox's filter stops the program at each call that opens, executes or truncates a file; this looks which path
/// was meant, says so, and lets the call go on. It is no guard: what the path leads to may change after it was said.
#pragma once

#include <exception>
#include <functional>
#include <string>
#include <thread>

#include "sys/spawn.h"
#include "sys/unique_fd.h"

namespace keelson {

/// Whether the kernel has it, and who runs us lets us.
bool can_watch_opens();

/// The system calls to be stopped at; they end with -1.
const int* watched_calls();

class OpenWatcher {
 public:
  /// A path as the program sees it, absolute, unresolved. @param executes: what the kernel opens together with a
  /// program (its interpreter) counts as opened by it.
  using BeforeOpen = std::function<void(const std::string& path, bool executes)>;

  /// @param socket through which the listener comes (send_listener()), or its end, when there will be none.
  OpenWatcher(UniqueFd socket, BeforeOpen before_open);
  OpenWatcher(const OpenWatcher&) = delete;
  OpenWatcher& operator=(const OpenWatcher&) = delete;
  ~OpenWatcher();

  /// Ends it, and throws what `before_open` threw; the calls from then on were refused with EIO.
  void finish();

 private:
  void run();
  void serve(int listener);
  bool answer(int listener);
  void stop();

  UniqueFd socket_;
  BeforeOpen before_open_;
  std::exception_ptr error_;
  Pipe stop_;
  std::jthread thread_;
};

/// From the watched process to the OpenWatcher. Safe after fork. @return false when the other end is gone.
bool send_listener(int socket, int listener);

}  // namespace keelson
