/// Progress for logs (plain lines) and for programs (one JSON object per line).
#pragma once

#include <chrono>
#include <cstdio>
#include <map>
#include <mutex>

#include "base/reporter.h"

namespace keelson::cli {

class LineReporter final : public Reporter {
 public:
  enum class Style { Plain, Json };
  LineReporter(std::FILE* stream, Style style, bool verbose) : stream_(stream), style_(style), verbose_(verbose) {}

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
    Unit unit = Unit::Items;
    Clock::time_point began;
    Clock::time_point last_event;
  };

  std::FILE* stream_;
  Style style_;
  bool verbose_;
  std::mutex mutex_;
  std::map<StepId, Running> running_;
  StepId next_ = 1;
};

}  // namespace keelson::cli
