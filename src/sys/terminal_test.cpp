#include "sys/terminal.h"

#include <gtest/gtest.h>

#include <thread>

namespace keelson {
namespace {

using Event = TerminalSignals::Event;
constexpr std::chrono::seconds kLong{30};

TEST(TerminalSignals, AreValuesWhileItLives) {
  TerminalSignals signals;
  EXPECT_EQ(signals.wait(std::chrono::milliseconds(0)), Event::Nothing);
  ::raise(SIGWINCH);
  EXPECT_EQ(signals.wait(kLong), Event::Resized);
  ::raise(SIGINT);
  EXPECT_EQ(signals.wait(kLong), Event::Ended);
  ::raise(SIGTSTP);
  EXPECT_EQ(signals.wait(kLong), Event::Stopped);
}

TEST(TerminalSignals, AnotherThreadCanWakeItAndManyTimesAreOnce) {
  TerminalSignals signals;
  std::thread other([&signals] {
    signals.wake();
    signals.wake();
  });
  EXPECT_EQ(signals.wait(kLong), Event::Woken);
  other.join();
  while (signals.wait(std::chrono::milliseconds(0)) == Event::Woken) {
  }
  EXPECT_EQ(signals.wait(std::chrono::milliseconds(0)), Event::Nothing);
}

TEST(TerminalSignals, WhatIsPendingAtItsEndEndsNobody) {
  {
    const TerminalSignals signals;
    ::raise(SIGTERM);
  }
  SUCCEED();
}

TEST(TerminalSize, OfWhatIsNoTerminalIsNotKnown) {
  const UniqueFd none(::dup(0));
  if (::isatty(none.get()) == 0) {
    EXPECT_FALSE(terminal_size(none.get()));
  }
}

}  // namespace
}  // namespace keelson
