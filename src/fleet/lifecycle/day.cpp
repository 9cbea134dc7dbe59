#include "fleet/lifecycle/day.h"

#include <fmt/format.h>

#include <algorithm>

namespace keelson::fleet::lifecycle {

namespace {

/// All digits; -1 for anything else.
int number(std::string_view digits) {
  int value = 0;
  for (const char digit : digits) {
    if (digit < '0' || digit > '9') return -1;
    value = value * 10 + (digit - '0');
  }
  return value;
}

}  // namespace

std::optional<Day> parse_day(std::string_view text) {
  const bool exact = text.size() == 10;
  if ((!exact && text.size() != 7) || text[4] != '-' || (exact && text[7] != '-')) return std::nullopt;
  const int year = number(text.substr(0, 4)), month = number(text.substr(5, 2));
  if (year < 1970 || month < 1 || month > 12) return std::nullopt;
  const std::chrono::year_month when{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month))};
  if (!exact) return Day{std::chrono::sys_days(when / std::chrono::last), std::string(text)};
  const int day = number(text.substr(8, 2));
  if (day < 1) return std::nullopt;
  const auto date = when / std::chrono::day(static_cast<unsigned>(day));
  if (!date.ok()) return std::nullopt;
  return Day{std::chrono::sys_days(date), std::string(text)};
}

Day day_of(std::chrono::sys_days day) {
  const std::chrono::year_month_day date(day);
  return {day, fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                           static_cast<unsigned>(date.day()))};
}

}  // namespace keelson::fleet::lifecycle
