#include "machine/session.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/error.h"
#include "base/text.h"
#include "sys/process.h"

namespace keelson::machine {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kMaxComplaints = 64u << 10;
constexpr std::size_t kShownLines = 15;
constexpr std::chrono::milliseconds kGrace{1000};

struct Ends {
  UniqueFd ours;
  UniqueFd theirs;
};

Ends make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw system_error("create", "pipe", errno);
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

Ends make_socket() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
    throw system_error("create", "socket pair", errno);
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

// One read; closes at the end of the stream.
std::string read_some(UniqueFd& fd) {
  std::array<char, 65536> buffer{};
  const ssize_t n = ::read(fd.get(), buffer.data(), buffer.size());
  if (n < 0 && (errno == EINTR || errno == EAGAIN)) return {};
  if (n <= 0) {
    fd.reset();
    return {};
  }
  return {buffer.data(), static_cast<std::size_t>(n)};
}

}  // namespace

Session::Session(const MachinePlan& plan, const std::filesystem::path& folder) : start_(Clock::now()) {
  Ends console = make_pipe();
  Ends errors = make_pipe();
  Ends facts = make_socket();
  // TMPDIR is where QEMU makes the overlay that takes the machine's writes.
  child_ = std::make_unique<Child>(ChildOptions{.arguments = qemu_arguments(plan),
                                                .environment = {"TMPDIR=" + folder.native()},
                                                .standard_output = console.theirs.get(),
                                                .standard_error = errors.theirs.get(),
                                                .extra = plan.facts_port ? facts.theirs.get() : -1});
  console_fd_ = std::move(console.ours);
  error_fd_ = std::move(errors.ours);
  if (plan.facts_port) facts_fd_ = std::move(facts.ours);
}

double Session::seconds() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }

void Session::wait_and_read(std::chrono::milliseconds limit) {
  std::array<pollfd, 3> polled{pollfd{console_fd_.get(), POLLIN, 0}, pollfd{error_fd_.get(), POLLIN, 0},
                               pollfd{facts_fd_.get(), POLLIN, 0}};
  if (::poll(polled.data(), polled.size(), static_cast<int>(std::max<std::int64_t>(0, limit.count()))) < 0 &&
      errno != EINTR) {
    throw system_error("wait for", "the machine", errno);
  }
  if (console_fd_ && polled[0].revents != 0) {
    console_.feed(read_some(console_fd_));
    reached_.try_emplace(console_.stage(), seconds());
  }
  if (error_fd_ && polled[1].revents != 0) {
    const std::string said = read_some(error_fd_);
    complaints_ += said.substr(0, kMaxComplaints - std::min(kMaxComplaints, complaints_.size()));
  }
  if (facts_fd_ && polled[2].revents != 0) sections_.feed(read_some(facts_fd_));
}

Outcome Session::run(std::chrono::seconds timeout) {
  const bool wants_facts = static_cast<bool>(facts_fd_);
  const auto deadline = start_ + timeout;
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    if (left.count() <= 0) return Outcome::TimedOut;
    wait_and_read(std::min(left, std::chrono::milliseconds(1000)));
    if (sections_.complete()) return Outcome::Facts;
    if (!console_.fatal().empty()) {
      // A moment more: the reason often stands in the lines that follow.
      for (int i = 0; i < 5 && is_open(); ++i) wait_and_read(std::chrono::milliseconds(100));
      return Outcome::Fatal;
    }
    if (complaints_.find("KVM internal error") != std::string::npos) return Outcome::Ended;
    if (!wants_facts && console_.stage() == Stage::Login) return Outcome::Login;
    if (child_->find_exit()) {
      while (is_open() || error_fd_) wait_and_read(std::chrono::milliseconds(0));
      return sections_.complete() ? Outcome::Facts : Outcome::Ended;
    }
  }
}

void Session::finish(std::chrono::seconds patience) {
  const auto deadline = Clock::now() + patience;
  while (!child_->find_exit() && Clock::now() < deadline) {
    if (is_open() || error_fd_)
      wait_and_read(std::chrono::milliseconds(200));
    else
      ::poll(nullptr, 0, 50);
  }
  stop();
}

void Session::stop() { child_->stop(kGrace); }

std::string account_of(Outcome outcome, const Console& console, std::string_view complaints,
                       std::chrono::seconds timeout) {
  std::string text;
  const auto stage = stage_name(console.stage());
  if (outcome == Outcome::Fatal) {
    text = fmt::format("it stopped in {}: {}", stage, console.fatal());
  } else if (outcome == Outcome::Ended) {
    text = fmt::format("the machine ended by itself in {}", stage);
    if (!trim(complaints).empty())
      text += fmt::format("\nQEMU said:\n{}", harmless_text(keelson::last_lines(complaints, 5)));
  } else {
    text = fmt::format("it was still in {} after {} s", stage, timeout.count());
    if (!console.waiting_for().empty()) text += fmt::format(", waiting: {}", console.waiting_for());
  }
  if (!console.failures().empty()) text += fmt::format("\nunits that failed: {}", console.failures());
  const std::string lines = console.last_lines(kShownLines);
  return text + (lines.empty() ? "\nthe console stayed silent" : fmt::format("\nthe console's last lines:\n{}", lines));
}

bool is_fault_of_emulation(std::string_view console) {
  return console.find("Oops: int3: 0000 [#1]") != std::string_view::npos;
}

}  // namespace keelson::machine
