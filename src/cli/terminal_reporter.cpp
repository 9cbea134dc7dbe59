#include "cli/terminal_reporter.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/units.h"

namespace keelson::cli {

namespace {

constexpr auto kRedraw = std::chrono::milliseconds(50);
constexpr std::size_t kBarWidth = 24;
constexpr std::size_t kNameWidth = 28;

std::string count(std::uint64_t value, Reporter::Unit unit) {
  return unit == Reporter::Unit::Bytes ? human_size({value}) : std::to_string(value);
}

std::string bar(std::uint64_t done, std::uint64_t total) {
  const std::size_t filled = total == 0 ? 0 : std::min<std::uint64_t>(kBarWidth, done * kBarWidth / total);
  std::string text;
  for (std::size_t i = 0; i < kBarWidth; ++i) text += i < filled ? "█" : "░";
  return text;
}

}  // namespace

TerminalReporter::~TerminalReporter() { erase(); }

Reporter::StepId TerminalReporter::begin(std::string_view what, std::uint64_t total, Unit unit) {
  const std::lock_guard lock(mutex_);
  const StepId id = next_++;
  running_[id] = {.what = std::string(what), .total = total, .unit = unit, .began = Clock::now()};
  draw();
  return id;
}

void TerminalReporter::advance(StepId step, std::uint64_t done) {
  const std::lock_guard lock(mutex_);
  const auto found = running_.find(step);
  if (found == running_.end()) return;
  found->second.done = std::max(found->second.done, done);
  if (Clock::now() - last_draw_ >= kRedraw) draw();
}

void TerminalReporter::end(StepId step, std::string_view result) {
  const std::lock_guard lock(mutex_);
  const auto found = running_.find(step);
  if (found == running_.end()) return;
  const double seconds = std::chrono::duration<double>(Clock::now() - found->second.began).count();
  line(fmt::format("  {:<{}} {:>6.1f} s  {}", found->second.what, kNameWidth, seconds, result));
  running_.erase(found);
  draw();
}

void TerminalReporter::detail(std::string_view text) {
  if (!verbose_) return;
  const std::lock_guard lock(mutex_);
  line(fmt::format("    {}", text));
  draw();
}

void TerminalReporter::warn(std::string_view text) {
  const std::lock_guard lock(mutex_);
  line(fmt::format("warning: {}", text));
  draw();
}

void TerminalReporter::line(std::string_view text) {
  erase();
  fmt::print(stream_, "{}\n", text);
}

void TerminalReporter::erase() {
  if (drawn_) fmt::print(stream_, "\r\x1b[K");
  drawn_ = false;
}

void TerminalReporter::draw() {
  erase();
  if (!running_.empty()) {
    const Running& step = running_.rbegin()->second;
    if (step.total == 0) {
      fmt::print(stream_, "  {:<{}} …", step.what, kNameWidth);
    } else {
      fmt::print(stream_, "  {:<{}} {} {} of {}", step.what, kNameWidth, bar(step.done, step.total),
                 count(step.done, step.unit), count(step.total, step.unit));
    }
    drawn_ = true;
  }
  std::fflush(stream_);
  last_draw_ = Clock::now();
}

}  // namespace keelson::cli
