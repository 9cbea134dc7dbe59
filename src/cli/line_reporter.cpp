#include "cli/line_reporter.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace keelson::cli {

namespace {

using Json = nlohmann::json;

constexpr auto kEventEvery = std::chrono::seconds(1);  // progress events of one step

// Text of outside origin may hold invalid UTF-8: it is replaced, never thrown about.
void print(std::FILE* stream, const Json& event) {
  fmt::print(stream, "{}\n", event.dump(-1, ' ', false, Json::error_handler_t::replace));
  std::fflush(stream);
}

}  // namespace

Reporter::StepId LineReporter::begin(std::string_view what, std::uint64_t total, Unit unit) {
  const std::lock_guard lock(mutex_);
  const StepId id = next_++;
  const auto now = Clock::now();
  running_[id] = {std::string(what), total, unit, now, now};
  if (style_ == Style::Json) {
    print(stream_, {{"event", "begin"},
                    {"step", id},
                    {"what", what},
                    {"total", total},
                    {"unit", unit == Unit::Bytes ? "bytes" : "items"}});
  }
  return id;
}

void LineReporter::advance(StepId step, std::uint64_t done) {
  if (style_ != Style::Json) return;
  const std::lock_guard lock(mutex_);
  const auto found = running_.find(step);
  if (found == running_.end() || Clock::now() - found->second.last_event < kEventEvery) return;
  found->second.last_event = Clock::now();
  print(stream_, {{"event", "progress"}, {"step", step}, {"done", done}, {"total", found->second.total}});
}

void LineReporter::end(StepId step, std::string_view result) {
  const std::lock_guard lock(mutex_);
  const auto found = running_.find(step);
  if (found == running_.end()) return;
  const double seconds = std::chrono::duration<double>(Clock::now() - found->second.began).count();
  if (style_ == Style::Json) {
    print(stream_,
          {{"event", "end"}, {"step", step}, {"what", found->second.what}, {"seconds", seconds}, {"result", result}});
  } else {
    fmt::print(stream_, "{}{}{} ({:.1f} s)\n", found->second.what, result.empty() ? "" : ": ", result, seconds);
    std::fflush(stream_);
  }
  running_.erase(found);
}

void LineReporter::detail(std::string_view text) {
  if (!verbose_) return;
  const std::lock_guard lock(mutex_);
  if (style_ == Style::Json) return print(stream_, {{"event", "detail"}, {"text", text}});
  fmt::print(stream_, "  {}\n", text);
}

void LineReporter::warn(std::string_view text) {
  const std::lock_guard lock(mutex_);
  if (style_ == Style::Json) return print(stream_, {{"event", "warning"}, {"text", text}});
  fmt::print(stream_, "warning: {}\n", text);
}

}  // namespace keelson::cli
