#include "sys/supervise.h"

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "base/error.h"
#include "sys/unique_fd.h"

namespace keelson {

namespace {

// Only here to interrupt the wait: the work is done after it.
volatile sig_atomic_t interrupted_by = 0;

void note_signal(int number) { interrupted_by = number; }

// While it lives the two signals are noted, but only where the wait lets them through: one that came just before it
// would otherwise be noted and then waited past.
struct SavedHandlers {
  struct sigaction interrupt {};
  struct sigaction terminate {};
  sigset_t mask{};
  SavedHandlers() {
    sigset_t both;
    sigemptyset(&both);
    sigaddset(&both, SIGINT);
    sigaddset(&both, SIGTERM);
    ::sigprocmask(SIG_BLOCK, &both, &mask);
    struct sigaction note {};
    note.sa_handler = note_signal;
    ::sigaction(SIGINT, &note, &interrupt);
    ::sigaction(SIGTERM, &note, &terminate);
  }
  SavedHandlers(const SavedHandlers&) = delete;
  SavedHandlers& operator=(const SavedHandlers&) = delete;
  ~SavedHandlers() {
    ::sigprocmask(SIG_SETMASK, &mask, nullptr);  // first: what still waits is noted, and does not end us
    restore_handlers();
  }
  void restore_handlers() const {
    ::sigaction(SIGINT, &interrupt, nullptr);
    ::sigaction(SIGTERM, &terminate, nullptr);
  }
};

/// Waits until the child has ended, or one of the two signals came.
void wait_for(int child, const sigset_t& mask) {
  pollfd ended{child, POLLIN, 0};
  if (::ppoll(&ended, 1, nullptr, &mask) < 0 && errno != EINTR) throw system_error("wait for", "worker process", errno);
}

}  // namespace

int run_supervised(const std::function<int()>& work, const std::function<void()>& clean_up) {
  std::fflush(nullptr);
  interrupted_by = 0;
  const SavedHandlers handlers;
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) throw system_error("start", "worker process", errno);
  if (child == 0) {
    handlers.restore_handlers();
    ::sigprocmask(SIG_SETMASK, &handlers.mask, nullptr);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(128 + SIGKILL);
    const int code = work();
    std::fflush(nullptr);
    ::_exit(code);
  }
  const UniqueFd descriptor(static_cast<int>(::syscall(SYS_pidfd_open, child, 0)));
  if (!descriptor) {
    const int reason = errno;
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    throw system_error("wait for", "worker process", reason);
  }
  int status = 0;
  for (pid_t ended = 0; ended == 0; ended = ::waitpid(child, &status, WNOHANG)) {
    wait_for(descriptor.get(), handlers.mask);
    // Its own children have it as parent-death signal, and what they mounted lives in its namespaces.
    if (interrupted_by != 0) ::kill(child, SIGKILL);
  }
  if (!WIFSIGNALED(status)) return WEXITSTATUS(status);
  clean_up();
  return 128 + (interrupted_by != 0 ? interrupted_by : WTERMSIG(status));
}

}  // namespace keelson
