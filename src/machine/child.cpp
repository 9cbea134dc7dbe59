#include "machine/child.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <thread>

#include "base/error.h"
#include "sys/file.h"
#include "sys/process.h"

namespace keelson::machine {

namespace {

constexpr int kExtraFd = 3;

std::vector<char*> pointers(const std::vector<std::string>& words) {
  std::vector<char*> result;
  for (const auto& word : words) result.push_back(const_cast<char*>(word.c_str()));
  result.push_back(nullptr);
  return result;
}

// The caller's environment, with `extra` winning.
std::vector<std::string> merged_environment(const std::vector<std::string>& extra) {
  std::vector<std::string> result = extra;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const auto name = text.substr(0, text.find('=') + 1);
    const bool replaced =
        std::any_of(extra.begin(), extra.end(), [&](const std::string& value) { return value.rfind(name, 0) == 0; });
    if (!replaced) result.emplace_back(text);
  }
  return result;
}

// Between fork and exec only async-signal-safe calls are allowed.
[[noreturn]] void become(const char* program, char* const* arguments, char* const* environment, std::array<int, 4> from,
                         bool own_group, pid_t parent) {
  if (own_group) ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(126);  // the parent died before we asked for the signal
  // Out of the way of 0 … 3 first, so that no dup2() overwrites one that is still needed.
  for (int& fd : from) {
    if (fd >= 0) fd = ::fcntl(fd, F_DUPFD_CLOEXEC, 10);
  }
  for (int i = 0; i < 4; ++i) {
    if (from[static_cast<std::size_t>(i)] >= 0) ::dup2(from[static_cast<std::size_t>(i)], i);
  }
  ::close_range(from[3] >= 0 ? 4u : 3u, ~0u, 0);  // whatever our caller leaked (Linux 5.9; older: it stays)
  ::signal(SIGPIPE, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::execve(program, arguments, environment);
  ::_exit(127);
}

}  // namespace

Child::Child(const ChildOptions& options) : own_group_(options.own_group) {
  const auto program = find_program(options.arguments.at(0));
  if (!program) {
    throw Error(ErrorKind::NotFound, fmt::format("cannot run '{}': no such program", options.arguments[0]),
                "install the package that provides it");
  }
  static_assert(kExtraFd == 3);
  const UniqueFd null = open_file("/dev/null", O_RDWR);
  const auto or_null = [&](int fd) { return fd >= 0 ? fd : null.get(); };
  const std::array<int, 4> from{or_null(options.standard_input), or_null(options.standard_output),
                                or_null(options.standard_error), options.extra};
  auto arguments = pointers(options.arguments);
  const auto environment_texts = merged_environment(options.environment);
  auto environment = pointers(environment_texts);
  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ < 0) throw system_error("run", options.arguments[0], errno);
  if (pid_ == 0) become(program->c_str(), arguments.data(), environment.data(), from, own_group_, parent);
  if (own_group_) ::setpgid(pid_, pid_);  // here too, so that a signal sent at once finds the group
}

Child::~Child() {
  if (exit_) return;
  signal_all(SIGKILL);
  wait();
}

void Child::signal_all(int number) const { ::kill(own_group_ ? -pid_ : pid_, number); }

std::optional<int> Child::find_exit() {
  if (exit_) return exit_;
  int status = 0;
  const pid_t result = ::waitpid(pid_, &status, WNOHANG);
  if (result == pid_) exit_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  if (result < 0 && errno == ECHILD) exit_ = 126;  // someone else reaped it: all we know is that it is gone
  return exit_;
}

int Child::wait() {
  while (!exit_) {
    int status = 0;
    const pid_t result = ::waitpid(pid_, &status, 0);
    if (result == pid_) exit_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    if (result < 0 && errno != EINTR) exit_ = 126;
  }
  return *exit_;
}

int Child::stop(std::chrono::milliseconds grace) {
  if (find_exit()) return *exit_;
  signal_all(SIGTERM);
  const auto deadline = std::chrono::steady_clock::now() + grace;
  while (!find_exit() && std::chrono::steady_clock::now() < deadline)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  if (!find_exit()) signal_all(SIGKILL);
  return wait();
}

}  // namespace keelson::machine
