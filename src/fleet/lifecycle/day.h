/// A day as support calendars tell it: exact, or only a month.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace keelson::fleet::lifecycle {

struct Day {
  std::chrono::sys_days last;  ///< the day itself; of a month its last day, so that nothing is called past too early
  std::string text;            ///< as it was written: "2026-03-31" or "2026-03"

  bool operator==(const Day& other) const { return last == other.last; }
};

/// "2026-03-31" or "2026-03", in the years 1970 to 9999; nothing for any other text.
std::optional<Day> parse_day(std::string_view text);
Day day_of(std::chrono::sys_days day);

}  // namespace keelson::fleet::lifecycle
