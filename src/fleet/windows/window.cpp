#include "fleet/windows/window.h"

#include <algorithm>

namespace keelson::fleet {

namespace {

using namespace std::chrono;  // NOLINT: calendar types only

// From one opening to the next it is at most the two months from one 31st to the next; a window is at most a week long.
constexpr days kFarthest{62 + 7 + 3};

struct OpensOn {
  year_month_day date;
  weekday day;

  bool operator()(const Daily&) const { return true; }
  bool operator()(const Weekly& weekly) const {
    return std::find(weekly.days.begin(), weekly.days.end(), day) != weekly.days.end();
  }
  bool operator()(const MonthlyByDay& monthly) const { return static_cast<unsigned>(date.day()) == monthly.day; }
  bool operator()(const LastDayOfMonth&) const { return date == year_month_day(date.year() / date.month() / last); }
  bool operator()(const MonthlyByWeekday& monthly) const {
    if (day != monthly.day) return false;
    if (monthly.nth == 5) return date.month() != year_month_day(local_days(date) + days(7)).month();
    return (static_cast<unsigned>(date.day()) + 6) / 7 == monthly.nth;
  }
};

}  // namespace

bool opens_on(const Repeat& repeat, year_month_day date) {
  return std::visit(OpensOn{date, weekday(local_days(date))}, repeat);
}

std::optional<Span> next_span(const Window& window, Moment moment) {
  const Moment from = std::max(moment, window.not_before.value_or(moment));
  // One day more than it is long: a change of the clocks may move both ends.
  const local_days first = floor<days>(window.zone.local(from)) - ceil<days>(window.duration) - days(1);
  for (local_days day = first; day <= first + ceil<days>(window.duration) + kFarthest; day += days(1)) {
    if (!opens_on(window.repeat, year_month_day(day))) continue;
    Span span{window.zone.moment(LocalTime(day) + window.start), {}};
    span.to = span.from + window.duration;
    if (span.to <= from) continue;
    if (window.not_before) span.from = std::max(span.from, *window.not_before);
    if (window.not_after) span.to = std::min(span.to, *window.not_after);
    if (span.from >= span.to || span.to <= from) return std::nullopt;  // not_after is over
    return span;
  }
  return std::nullopt;
}

}  // namespace keelson::fleet
