#include "sys/supervise.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "base/error.h"

namespace keelson {

namespace {

// Only here to interrupt waitpid(): the work is done after it.
volatile sig_atomic_t interrupted_by = 0;

void note_signal(int number) { interrupted_by = number; }

struct SavedHandlers {
  struct sigaction interrupt {};
  struct sigaction terminate {};
  SavedHandlers() {
    struct sigaction note {};
    note.sa_handler = note_signal;
    ::sigaction(SIGINT, &note, &interrupt);
    ::sigaction(SIGTERM, &note, &terminate);
  }
  SavedHandlers(const SavedHandlers&) = delete;
  SavedHandlers& operator=(const SavedHandlers&) = delete;
  ~SavedHandlers() { restore(); }
  void restore() const {
    ::sigaction(SIGINT, &interrupt, nullptr);
    ::sigaction(SIGTERM, &terminate, nullptr);
  }
};

}  // namespace

int run_supervised(const std::function<int()>& work, const std::function<void()>& clean_up) {
  std::fflush(nullptr);
  interrupted_by = 0;
  const SavedHandlers handlers;
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) throw system_error("start", "worker process", errno);
  if (child == 0) {
    handlers.restore();
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(128 + SIGKILL);
    const int code = work();
    std::fflush(nullptr);
    ::_exit(code);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) throw system_error("wait for", "worker process", errno);
    // Its own children have it as parent-death signal, and what they mounted lives in its namespaces.
    if (interrupted_by != 0) ::kill(child, SIGKILL);
  }
  if (!WIFSIGNALED(status)) return WEXITSTATUS(status);
  clean_up();
  return 128 + (interrupted_by != 0 ? interrupted_by : WTERMSIG(status));
}

}  // namespace keelson
