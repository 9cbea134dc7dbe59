#include "sys/guarded_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <optional>

#include "base/error.h"
#include "sys/process.h"
#include "sys/spawn.h"
#include "sys/unique_fd.h"

namespace keelson {

namespace {

using Clock = std::chrono::steady_clock;
using End = GuardedResult::End;

// What we tell the guard; the end of the pipe, which comes when we die, says the same as kKill.
constexpr char kTerminate = 'T';
constexpr char kKill = 'K';

// What the guard does not listen to, and the program does.
constexpr std::array kDeafTo{SIGTERM, SIGINT, SIGHUP, SIGPIPE};

int process_descriptor(pid_t process) { return static_cast<int>(::syscall(SYS_pidfd_open, process, 0)); }

/// Prepared before the fork: after it only async-signal-safe calls are allowed.
struct Prepared {
  const char* program = nullptr;
  char* const* arguments = nullptr;
  char* const* environment = nullptr;
  int input = -1;
  int output = -1;
  int error_output = -1;
  int commands = -1;
};

[[noreturn]] void become_program(const Prepared& prepared, pid_t guard) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != guard) ::_exit(126);
  ::dup2(prepared.input, 0);
  ::dup2(prepared.output, 1);
  ::dup2(prepared.error_output, 2);
  for (const int number : kDeafTo) ::signal(number, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::execve(prepared.program, prepared.arguments, prepared.environment);
  ::_exit(127);
}

/// Everything but these, or the guards of other programs would not see the ends of their pipes.
void close_all_but(std::array<int, 4> kept) {
  std::sort(kept.begin(), kept.end());
  unsigned from = 0;
  for (const int descriptor : kept) {
    const auto number = static_cast<unsigned>(descriptor);
    if (number > from) ::syscall(SYS_close_range, from, number - 1, 0);
    from = number + 1;
  }
  ::syscall(SYS_close_range, from, UINT_MAX, 0);
}

/// Kills our children. What they had started becomes our child then: the caller comes again until there is none.
void kill_children() {
  const int list = ::open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
  if (list < 0) return;
  std::array<char, 4096> text{};
  const ssize_t length = ::read(list, text.data(), text.size());
  ::close(list);
  pid_t process = 0;
  for (ssize_t i = 0; i < length; ++i) {
    const char c = text[static_cast<std::size_t>(i)];
    if (c >= '0' && c <= '9') {
      process = process * 10 + (c - '0');
      continue;
    }
    if (process > 0) ::kill(process, SIGKILL);
    process = 0;
  }
}

[[noreturn]] void end_family(pid_t program) {
  int status = 0;
  ::kill(-program, SIGKILL);  // before it is reaped: its number is its group's until then
  while (::waitpid(program, &status, 0) < 0 && errno == EINTR) {
  }
  for (;;) {
    kill_children();
    if (::waitpid(-1, nullptr, 0) < 0 && errno == ECHILD) break;
  }
  ::_exit(exit_code_of(status));
}

[[noreturn]] void guard(const Prepared& prepared) {
  ::setpgid(0, 0);  // a terminal's Ctrl-C is for us, who then say what happens
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  for (const int number : kDeafTo) ::signal(number, SIG_IGN);
  close_all_but({prepared.input, prepared.output, prepared.error_output, prepared.commands});
  const pid_t self = ::getpid();
  const pid_t program = ::fork();
  if (program < 0) ::_exit(126);
  if (program == 0) become_program(prepared, self);
  ::setpgid(program, program);  // whoever comes first
  ::close(prepared.input);
  ::close(prepared.output);
  if (prepared.error_output != prepared.output) ::close(prepared.error_output);
  const int ended = process_descriptor(program);
  for (;;) {
    std::array<pollfd, 2> polled{pollfd{ended, POLLIN, 0}, pollfd{prepared.commands, POLLIN, 0}};
    ::poll(polled.data(), polled.size(), ended < 0 ? 100 : -1);
    siginfo_t info{};
    ::waitid(P_PID, static_cast<id_t>(program), &info, WEXITED | WNOHANG | WNOWAIT);
    if (info.si_pid == program) end_family(program);
    if (polled[1].revents == 0) continue;
    char command = kKill;
    const ssize_t length = ::read(prepared.commands, &command, 1);
    if (length < 0 && errno == EINTR) continue;
    if (length == 1 && command == kTerminate) {
      ::kill(-program, SIGTERM);
      continue;
    }
    end_family(program);
  }
}

/// A pipe's end of ours and the last of what came out of it.
class Tail {
 public:
  Tail(UniqueFd fd, std::size_t limit, std::string& sink) : fd_(std::move(fd)), limit_(limit), sink_(sink) {
    ::fcntl(fd_.get(), F_SETFL, ::fcntl(fd_.get(), F_GETFL) | O_NONBLOCK);
  }
  int fd() const { return fd_.get(); }

  /// Takes what is there.
  void take() {
    std::array<char, 65536> buffer{};
    while (fd_) {
      const ssize_t n = ::read(fd_.get(), buffer.data(), buffer.size());
      if (n < 0 && errno == EINTR) continue;
      if (n < 0 && errno == EAGAIN) return;
      if (n <= 0) {
        fd_.reset();
        return;
      }
      sink_.append(buffer.data(), static_cast<std::size_t>(n));
      if (sink_.size() > 2 * limit_) cut();
    }
  }
  void cut() {
    if (sink_.size() > limit_) sink_.erase(0, sink_.size() - limit_);
  }

 private:
  UniqueFd fd_;
  std::size_t limit_;
  std::string& sink_;
};

void feed(UniqueFd& fd, std::string_view& rest) {
  const ssize_t n = ::write(fd.get(), rest.data(), rest.size());
  if (n > 0) rest.remove_prefix(static_cast<std::size_t>(n));
  if ((n < 0 && errno != EINTR && errno != EAGAIN) || rest.empty()) fd.reset();
}

/// When it is to be told to end, and when it must have.
class Patience {
 public:
  Patience(const GuardedOptions& options, const std::stop_token& stop, int commands)
      : grace_(options.grace), stop_(stop), commands_(commands) {
    if (options.timeout.count() > 0) due_ = Clock::now() + options.timeout;
  }
  /// Looks at the clock and the token. @return how long to wait at most, as poll() takes it.
  int look() {
    const auto now = Clock::now();
    if (end_ == End::Exited && stop_.stop_requested()) tell(End::Stopped, now);
    if (end_ == End::Exited && due_ && now >= *due_) tell(End::TimedOut, now);
    if (end_ != End::Exited && !killed_ && now >= *due_) {
      killed_ = true;
      say(kKill);
    }
    if (killed_ || !due_) return -1;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(*due_ - now).count();
    return static_cast<int>(std::clamp<long long>(left, 0, 1 << 30));
  }
  End end() const { return end_; }

 private:
  void tell(End end, Clock::time_point now) {
    end_ = end;
    due_ = now + grace_;
    say(kTerminate);
  }
  void say(char command) const { [[maybe_unused]] const auto written = ::write(commands_, &command, 1); }

  std::chrono::milliseconds grace_;
  std::stop_token stop_;
  int commands_;
  std::optional<Clock::time_point> due_;
  End end_ = End::Exited;
  bool killed_ = false;
};

/// Our ends of what leads to the program.
struct Ends {
  UniqueFd& input;
  std::string_view rest;  // to be written
  Tail& said;
  Tail& errors;
  int woken;  // readable when somebody wants it stopped
};

/// Until the guard has ended, and with it the program's whole family. @return its status, of wait(2).
int attend(pid_t guard_process, Ends ends, Patience& patience) {
  const UniqueFd ended(process_descriptor(guard_process));
  if (ends.rest.empty()) ends.input.reset();
  for (bool woke = false;;) {
    const int wait = patience.look();
    std::array<pollfd, 5> polled{pollfd{ended.get(), POLLIN, 0}, pollfd{woke ? -1 : ends.woken, POLLIN, 0},
                                 pollfd{ends.input.get(), POLLOUT, 0}, pollfd{ends.said.fd(), POLLIN, 0},
                                 pollfd{ends.errors.fd(), POLLIN, 0}};
    ::poll(polled.data(), polled.size(), ended || (wait >= 0 && wait < 100) ? wait : 100);
    woke = woke || polled[1].revents != 0;
    if (ends.input && polled[2].revents != 0) feed(ends.input, ends.rest);
    ends.said.take();
    ends.errors.take();
    int status = 0;
    if (::waitpid(guard_process, &status, WNOHANG) == guard_process) return status;
  }
}

}  // namespace

GuardedResult run_guarded(const GuardedOptions& options, const std::stop_token& stop) {
  const auto program = find_program(options.arguments.at(0));
  if (!program) {
    throw Error(ErrorKind::NotFound, fmt::format("cannot run '{}': no such program", options.arguments[0]),
                "install the package that provides it");
  }
  auto arguments = exec_words(options.arguments);
  auto environment = exec_words(options.environment);
  Pipe input;
  Pipe output;
  Pipe error_output;
  Pipe commands;
  UniqueFd woken(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!woken) throw system_error("create", "event descriptor", errno);
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  ::sigaction(SIGPIPE, &ignore, nullptr);  // a program that closes its input early must not end us
  const pid_t child = ::fork();
  if (child < 0) throw system_error("run", options.arguments[0], errno);
  if (child == 0) {
    guard({.program = program->c_str(),
           .arguments = arguments.data(),
           .environment = options.environment.empty() ? environ : environment.data(),
           .input = input.read.get(),
           .output = output.write.get(),
           .error_output = options.separate_errors ? error_output.write.get() : output.write.get(),
           .commands = commands.read.get()});
  }
  input.read.reset();
  output.write.reset();
  error_output.write.reset();
  commands.read.reset();
  ::fcntl(input.write.get(), F_SETFL, ::fcntl(input.write.get(), F_GETFL) | O_NONBLOCK);
  GuardedResult result;
  Tail said(std::move(output.read), options.output_limit, result.output);
  Tail errors(std::move(error_output.read), options.output_limit, result.error_output);
  Patience patience(options, stop, commands.write.get());
  const std::stop_callback wake(stop, [&] {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(woken.get(), &one, sizeof one);
  });
  const int status = attend(child, {input.write, options.standard_input, said, errors, woken.get()}, patience);
  said.take();
  errors.take();
  said.cut();
  errors.cut();
  result.end = patience.end();
  result.exit_code = exit_code_of(status);
  return result;
}

}  // namespace keelson
