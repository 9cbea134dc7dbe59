#include "fleet/operations/log.h"

#include <fmt/format.h>

#include <array>
#include <cstdio>

#include "base/timestamp.h"
#include "fleet/operations/log_line.h"

namespace keelson::fleet {

namespace {

constexpr std::size_t kMostRecent = 512;  // different lines whose repetitions are counted
constexpr std::array<std::pair<LogLevel, std::string_view>, 4> kLevels{
    {{LogLevel::Debug, "debug"}, {LogLevel::Info, "info"}, {LogLevel::Warning, "warning"}, {LogLevel::Error, "error"}}};

void to_standard_error(std::string_view line) {
  std::fwrite(line.data(), 1, line.size(), stderr);
  std::fflush(stderr);
}

std::string time_text(kube::Clock::WallMoment moment) {
  const auto milliseconds = std::chrono::floor<std::chrono::milliseconds>(moment).time_since_epoch().count();
  std::string text = timestamp_text(milliseconds / 1000);
  text.pop_back();  // the Z
  return fmt::format("{}.{:03}Z", text, milliseconds % 1000);
}

}  // namespace

std::string_view log_level_name(LogLevel level) {
  for (const auto& [one, name] : kLevels) {
    if (one == level) return name;
  }
  return "error";
}

std::optional<LogLevel> parse_log_level(std::string_view text) {
  for (const auto& [level, name] : kLevels) {
    if (name == text) return level;
  }
  return std::nullopt;
}

Log::Log(const kube::Clock& clock, LogOptions options) : clock_(clock), options_(std::move(options)) {
  if (!options_.write) options_.write = to_standard_error;
}

Log::~Log() {
  const std::lock_guard lock(mutex_);
  tell_repeated(clock_.now(), true);
}

void Log::write(LogLevel level, std::string_view message, const LogFields& fields) {
  if (level < options_.least) return;
  const auto now = clock_.now();
  std::string line = log_line({.time = {}, .level = level, .message = message, .fields = fields}, LogFormat::Json);
  const std::lock_guard lock(mutex_);
  tell_repeated(now, false);
  if (const auto known = by_line_.find(line); known != by_line_.end()) {
    ++known->second->untold;
    return;
  }
  if (recent_.size() >= kMostRecent) forget(recent_.begin());
  print(level, message, fields, 0);
  recent_.push_back({line, level, std::string(message), fields, now});
  by_line_.emplace(std::move(line), std::prev(recent_.end()));
}

// What was told longest ago is first: those whose time has come are at the front.
void Log::tell_repeated(kube::Clock::Moment now, bool all) {
  while (!recent_.empty() && (all || now - recent_.front().told >= options_.repeat_every)) {
    const auto first = recent_.begin();
    if (first->untold == 0 || all) {
      forget(first);
      continue;
    }
    print(first->level, first->message, first->fields, std::exchange(first->untold, 0));
    first->told = now;
    recent_.splice(recent_.end(), recent_, first);
  }
}

void Log::forget(Recent::iterator which) {
  if (which->untold > 0) print(which->level, which->message, which->fields, which->untold);
  by_line_.erase(which->line);
  recent_.erase(which);
}

void Log::print(LogLevel level, std::string_view message, const LogFields& fields, std::int64_t repeated) {
  options_.write(log_line(
      {.time = time_text(clock_.wall()), .level = level, .message = message, .fields = fields, .repeated = repeated},
      options_.format));
}

void Log::failure(LogLevel level, const Error& error, const LogFields& fields) {
  LogFields all = fields;
  all.emplace_back("kind", kind_name(error.kind()));
  std::string doing;
  for (const auto& one : error.context()) doing += fmt::format("{}while {}", doing.empty() ? "" : ", ", one);
  if (!doing.empty()) all.emplace_back("context", doing);
  if (!error.hint().empty()) all.emplace_back("hint", error.hint());
  write(level, error.message(), all);
}

std::function<void(const Error&)> Log::complaints(std::string part) {
  return [this, part = std::move(part)](const Error& error) { failure(LogLevel::Warning, error, {{"part", part}}); };
}

}  // namespace keelson::fleet
