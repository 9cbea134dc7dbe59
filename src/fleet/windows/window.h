/// A maintenance window: when nodes may be changed. Values, and the times at which one window opens by itself.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "fleet/cluster.h"
#include "fleet/windows/zone.h"

namespace keelson::fleet {

struct Daily {
  bool operator==(const Daily&) const = default;
};
struct Weekly {
  std::vector<std::chrono::weekday> days;  ///< not empty
  bool operator==(const Weekly&) const = default;
};
/// The day of the month, 1 to 31. A month that has no such day has no window.
struct MonthlyByDay {
  unsigned day = 1;
  bool operator==(const MonthlyByDay&) const = default;
};
struct LastDayOfMonth {
  bool operator==(const LastDayOfMonth&) const = default;
};
struct MonthlyByWeekday {
  unsigned nth = 1;  ///< 1 to 4; 5: the last of the month
  std::chrono::weekday day;
  bool operator==(const MonthlyByWeekday&) const = default;
};
using Repeat = std::variant<Daily, Weekly, MonthlyByDay, LastDayOfMonth, MonthlyByWeekday>;

/// A stretch of time, without its end.
struct Span {
  Moment from;
  Moment to;
  bool operator==(const Span&) const = default;
};

/// Days on which nothing happens, whatever windows there are.
struct Blackout {
  Span span;
  std::string reason;  ///< "year-end freeze"; may be empty
};

struct Window {
  std::string name;
  Zone zone;
  Repeat repeat;
  std::chrono::minutes start{0};  ///< since midnight, as clocks show it
  std::chrono::seconds duration{
      0};  ///< real time: over a change of the clocks it is as long as ever (RFC 5545, 3.8.2.5)
  std::optional<Moment> not_before;
  std::optional<Moment> not_after;  ///< closed from then on
  std::vector<Blackout> blackouts;
};

inline constexpr std::chrono::minutes kShortestWindow{15};
inline constexpr std::chrono::hours kLongestWindow{7 * 24};

/// Whether it opens on a day of its zone's calendar.
bool opens_on(const Repeat& repeat, std::chrono::year_month_day date);

/// The first stretch of it that has not ended at `moment`, cut to not_before and not_after, blackouts apart. Nothing
/// when not_after is over, or comes before it opens.
std::optional<Span> next_span(const Window& window, Moment moment);

}  // namespace keelson::fleet
