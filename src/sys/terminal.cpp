#include "sys/terminal.h"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>

#include <array>
#include <cerrno>
#include <cstdint>

#include "base/error.h"

namespace keelson {

std::optional<TerminalSize> terminal_size(int descriptor) {
  winsize size{};
  if (::ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) return std::nullopt;
  return TerminalSize{.columns = size.ws_col, .rows = size.ws_row};
}

TerminalSignals::TerminalSignals() {
  sigset_t heard;
  sigemptyset(&heard);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGTSTP, SIGWINCH}) sigaddset(&heard, signal);
  ::pthread_sigmask(SIG_BLOCK, &heard, &before_);
  signals_ = UniqueFd(::signalfd(-1, &heard, SFD_CLOEXEC | SFD_NONBLOCK));
  wakes_ = UniqueFd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!signals_ || !wakes_) {
    const int number = errno;
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    throw system_error("watch", "the terminal's signals", number);
  }
}

// What is pending and was not asked for is dropped: it came while we drew, and was meant for that.
TerminalSignals::~TerminalSignals() {
  while (take_signal() != Event::Nothing) {
  }
  ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

TerminalSignals::Event TerminalSignals::take_signal() {
  signalfd_siginfo told{};
  if (::read(signals_.get(), &told, sizeof told) != sizeof told) return Event::Nothing;
  if (told.ssi_signo == SIGWINCH) return Event::Resized;
  return told.ssi_signo == SIGTSTP ? Event::Stopped : Event::Ended;
}

TerminalSignals::Event TerminalSignals::wait(std::chrono::milliseconds longest) {
  std::array<pollfd, 2> polled{{{signals_.get(), POLLIN, 0}, {wakes_.get(), POLLIN, 0}}};
  if (::poll(polled.data(), polled.size(), static_cast<int>(longest.count())) <= 0) return Event::Nothing;
  if (const Event event = take_signal(); event != Event::Nothing) return event;
  std::uint64_t count = 0;
  return ::read(wakes_.get(), &count, sizeof count) == sizeof count ? Event::Woken : Event::Nothing;
}

void TerminalSignals::wake() {
  const std::uint64_t one = 1;
  // Only a counter that is full refuses, and that one wakes already.
  [[maybe_unused]] const auto written = ::write(wakes_.get(), &one, sizeof one);
}

void TerminalSignals::stop_here() { ::kill(::getpid(), SIGSTOP); }

}  // namespace keelson
