#include "sys/process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>

#include "base/error.h"
#include "base/text.h"
#include "sys/spawn.h"

namespace keelson {

namespace {

using Clock = std::chrono::steady_clock;

// Between fork and exec only async-signal-safe calls are allowed: everything here was prepared by the parent.
[[noreturn]] void become(const char* program, char* const* arguments, char* const* environment, const char* folder,
                         int input, int output, int error_output, pid_t parent) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(126);  // the parent died before we asked for the signal
  if (*folder != '\0' && ::chdir(folder) != 0) ::_exit(126);
  ::dup2(input, 0);
  ::dup2(output, 1);
  ::dup2(error_output, 2);
  ::signal(SIGPIPE, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::execve(program, arguments, environment);
  ::_exit(127);
}

// One stream between parent and child.
struct Stream {
  UniqueFd fd;
  std::string* sink = nullptr;
  std::size_t limit = 0;
};

void set_nonblocking(int fd) { ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK); }

void drain(Stream& stream) {
  std::array<char, 65536> buffer{};
  const ssize_t n = ::read(stream.fd.get(), buffer.data(), buffer.size());
  if (n < 0 && (errno == EINTR || errno == EAGAIN)) return;
  if (n <= 0) {
    stream.fd.reset();
    return;
  }
  const std::size_t room = stream.limit - std::min(stream.limit, stream.sink->size());
  stream.sink->append(buffer.data(), std::min(room, static_cast<std::size_t>(n)));
}

void feed(UniqueFd& fd, std::string_view& rest) {
  const ssize_t n = ::write(fd.get(), rest.data(), rest.size());
  if (n > 0) rest.remove_prefix(static_cast<std::size_t>(n));
  if ((n < 0 && errno != EINTR && errno != EAGAIN) || rest.empty()) fd.reset();
}

// Moves bytes until all streams are closed. Returns false if the deadline passed first.
bool pump(UniqueFd& input, std::string_view to_write, std::array<Stream, 2>& outputs,
          std::optional<Clock::time_point> deadline) {
  if (to_write.empty()) input.reset();
  while (input || outputs[0].fd || outputs[1].fd) {
    int wait_ms = -1;
    if (deadline) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(*deadline - Clock::now()).count();
      if (left <= 0) return false;
      wait_ms = static_cast<int>(std::min<long long>(left, 1 << 30));
    }
    std::array<pollfd, 3> polled{pollfd{input.get(), POLLOUT, 0}, pollfd{outputs[0].fd.get(), POLLIN, 0},
                                 pollfd{outputs[1].fd.get(), POLLIN, 0}};
    if (::poll(polled.data(), polled.size(), wait_ms) < 0 && errno != EINTR)
      throw system_error("wait for", "child process", errno);
    if (input && polled[0].revents != 0) feed(input, to_write);
    for (std::size_t i = 0; i < 2; ++i) {
      if (outputs[i].fd && polled[i + 1].revents != 0) drain(outputs[i]);
    }
  }
  return true;
}

void reap(pid_t child, ProcessResult& result) {
  int status = 0;
  rusage usage{};
  while (::wait4(child, &status, 0, &usage) < 0 && errno == EINTR) {
  }
  result.exit_code = exit_code_of(status);
  result.cpu_seconds = cpu_seconds(usage);
}

}  // namespace

std::optional<std::filesystem::path> find_program(std::string_view name) {
  if (name.find('/') != std::string_view::npos) {
    if (::access(std::string(name).c_str(), X_OK) == 0) return std::filesystem::path(name);
    return std::nullopt;
  }
  const char* path = std::getenv("PATH");
  const std::string folders = fmt::format("{}:/usr/sbin:/sbin:/usr/bin:/bin", path == nullptr ? "" : path);
  for (const auto folder : split(folders, ':')) {
    if (folder.empty()) continue;
    const auto candidate = std::filesystem::path(folder) / name;
    std::error_code error;
    if (::access(candidate.c_str(), X_OK) == 0 && std::filesystem::is_regular_file(candidate, error)) return candidate;
  }
  return std::nullopt;
}

ProcessResult run_process(const ProcessOptions& options) {
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
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) throw system_error("run", options.arguments[0], errno);
  if (child == 0) {
    become(program->c_str(), arguments.data(), options.environment.empty() ? environ : environment.data(),
           options.working_directory.c_str(), input.read.get(), output.write.get(),
           options.merge_output ? output.write.get() : error_output.write.get(), parent);
  }
  input.read.reset();
  output.write.reset();
  error_output.write.reset();
  set_nonblocking(input.write.get());
  ProcessResult result;
  std::array<Stream, 2> outputs{Stream{std::move(output.read), &result.output, options.output_limit},
                                Stream{std::move(error_output.read), &result.error_output, options.output_limit}};
  std::optional<Clock::time_point> deadline;
  if (options.timeout) deadline = Clock::now() + *options.timeout;
  // A child that closes its input early must not kill us.
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  ::sigaction(SIGPIPE, &ignore, nullptr);
  result.timed_out = !pump(input.write, options.standard_input, outputs, deadline);
  if (result.timed_out) {
    ::kill(-child, SIGKILL);
    ::kill(child, SIGKILL);
  }
  reap(child, result);
  if (result.exit_code == 127 && result.output.empty() && result.error_output.empty()) {
    result.error_output = fmt::format("cannot run '{}'\n", options.arguments[0]);
  }
  return result;
}

std::string require_process(const ProcessOptions& options, std::string_view verb, std::string_view object) {
  ProcessResult result = run_process(options);
  if (result.timed_out) {
    throw Error(ErrorKind::Unavailable,
                fmt::format("cannot {} '{}': {} took too long", verb, object, options.arguments[0]));
  }
  if (result.exit_code != 0) {
    const std::string& said = options.merge_output ? result.output : result.error_output;
    throw Error(ErrorKind::Unavailable, fmt::format("cannot {} '{}': {} ended with exit code {}\n{}", verb, object,
                                                    options.arguments[0], result.exit_code, last_lines(said, 10)));
  }
  return std::move(result.output);
}

std::string last_lines(std::string_view text, std::size_t count) {
  auto lines = split(trim(text), '\n');
  if (lines.size() > count) lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(count));
  std::string result;
  for (const auto line : lines) result += fmt::format("{}  {}", result.empty() ? "" : "\n", line);
  return result;
}

}  // namespace keelson
