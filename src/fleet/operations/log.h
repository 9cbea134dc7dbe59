/// The controller's log: a line per message, for programs (JSON) or for people, with fields.
///
///     {"time":"2026-11-26T10:00:00.123Z","level":"info","message":"node drained","node":"n7","seconds":41}
///     2026-11-26T10:00:00.123Z INFO  node drained node=n7 seconds=41
///
/// Strings from outside are harmless in it: no line ends inside of a line, no control characters, always UTF-8.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/error.h"
#include "kube/clock.h"

namespace keelson::fleet {

enum class LogLevel { Debug, Info, Warning, Error };

std::string_view log_level_name(LogLevel level);                 ///< "debug", "info", "warning", "error"
std::optional<LogLevel> parse_log_level(std::string_view text);  ///< of these names

enum class LogFormat { Json, Text };

struct LogField {
  using Value = std::variant<std::string, std::int64_t, double, bool>;

  LogField(std::string_view name, std::string_view text) : key(name), value(std::string(text)) {}
  LogField(std::string_view name, const char* text) : key(name), value(std::string(text)) {}
  LogField(std::string_view name, const std::string& text) : key(name), value(text) {}
  LogField(std::string_view name, bool yes) : key(name), value(yes) {}
  template <std::integral Number>
  LogField(std::string_view name, Number number) : key(name), value(static_cast<std::int64_t>(number)) {}
  LogField(std::string_view name, double number) : key(name), value(number) {}

  std::string key;
  Value value;
};

using LogFields = std::vector<LogField>;

struct LogOptions {
  LogFormat format = LogFormat::Json;
  LogLevel least = LogLevel::Info;
  /// The same line (but for its time) comes once; then, at most this often, once more with how often it was repeated.
  std::chrono::seconds repeat_every{60};
  /// Takes a whole line with its end, one at a time. Default: standard error.
  std::function<void(std::string_view)> write = {};
};

/// Safe for several threads.
class Log {
 public:
  /// @param clock must outlive it.
  explicit Log(const kube::Clock& clock, LogOptions options = {});
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;
  ~Log();  ///< tells what was repeated and not yet told

  void write(LogLevel level, std::string_view message, const LogFields& fields = {});
  void debug(std::string_view message, const LogFields& fields = {}) { write(LogLevel::Debug, message, fields); }
  void info(std::string_view message, const LogFields& fields = {}) { write(LogLevel::Info, message, fields); }
  void warn(std::string_view message, const LogFields& fields = {}) { write(LogLevel::Warning, message, fields); }
  void error(std::string_view message, const LogFields& fields = {}) { write(LogLevel::Error, message, fields); }

  /// A failure: its message, with kind, context ("while …", innermost first) and hint as fields.
  void failure(LogLevel level, const Error& error, const LogFields& fields = {});
  /// For the `complain` of kube's parts: a warning that says by `part` who met it.
  std::function<void(const Error&)> complaints(std::string part);

 private:
  struct Repeated {
    std::string line;  // all but its time: what it is known by
    LogLevel level;
    std::string message;
    LogFields fields;
    kube::Clock::Moment told;
    std::int64_t untold = 0;
  };
  using Recent = std::list<Repeated>;  // the one that was told last is last

  void print(LogLevel level, std::string_view message, const LogFields& fields, std::int64_t repeated);
  void tell_repeated(kube::Clock::Moment now, bool all);
  void forget(Recent::iterator which);

  const kube::Clock& clock_;
  LogOptions options_;
  std::mutex mutex_;
  Recent recent_;
  std::map<std::string, Recent::iterator, std::less<>> by_line_;
};

}  // namespace keelson::fleet
