/// Progress for people at a terminal: one line per finished step, and a bar for what is going on.
#pragma once

#include <chrono>
#include <cstdio>
#include <map>
#include <mutex>

#include "base/reporter.h"

namespace keelson::cli {

/// Writes to standard error. Bars are redrawn at most twenty times a second.
class TerminalReporter final : public Reporter {
 public:
  TerminalReporter(std::FILE* stream, bool verbose) : stream_(stream), verbose_(verbose) {}
  ~TerminalReporter() override;

  StepId begin(std::string_view what, std::uint64_t total, Unit unit) override;
  void advance(StepId step, std::uint64_t done) override;
  void end(StepId step, std::string_view result) override;
  void detail(std::string_view text) override;
  void warn(std::string_view text) override;

 private:
  using Clock = std::chrono::steady_clock;
  struct Running {
    std::string what;
    std::uint64_t total = 0;
    std::uint64_t done = 0;
    Unit unit = Unit::Items;
    Clock::time_point began;
  };

  void draw();
  void erase();
  void line(std::string_view text);

  std::FILE* stream_;
  bool verbose_;
  std::mutex mutex_;
  std::map<StepId, Running> running_;
  StepId next_ = 1;
  bool drawn_ = false;
  Clock::time_point last_draw_{};
};

}  // namespace keelson::cli
