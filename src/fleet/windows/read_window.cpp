#include "fleet/windows/read_window.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/timestamp.h"
#include "fleet/windows/windows.h"

namespace keelson::fleet {

namespace {

using Days = std::chrono::local_days;
using std::string_view;

// In the order of std::chrono::weekday.
constexpr std::array<string_view, 7> kWeekdays{"Sunday",   "Monday", "Tuesday", "Wednesday",
                                               "Thursday", "Friday", "Saturday"};
constexpr std::array<string_view, 5> kWeeks{"First", "Second", "Third", "Fourth", "Last"};

std::optional<std::chrono::weekday> read_weekday(const JsonPlace& place) {
  const auto index = place.choice(kWeekdays);
  if (!index) return std::nullopt;
  return std::chrono::weekday(static_cast<unsigned>(*index));
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::optional<std::chrono::minutes> read_time_of_day(const JsonPlace& place) {
  const auto text = place.text(16);
  if (!text) return std::nullopt;
  const std::string& t = *text;
  if (t.size() == 5 && is_digit(t[0]) && is_digit(t[1]) && t[2] == ':' && is_digit(t[3]) && is_digit(t[4])) {
    const int hour = (t[0] - '0') * 10 + (t[1] - '0');
    const int minute = (t[3] - '0') * 10 + (t[4] - '0');
    if (hour < 24 && minute < 60) return std::chrono::minutes(hour * 60 + minute);
  }
  place.wrong(fmt::format("'{}' is not a time of day from 00:00 to 23:59", t));
  return std::nullopt;
}

std::optional<Days> as_day(const std::string& text) {
  if (text.size() != 10) return std::nullopt;
  const auto seconds = parse_timestamp(text);
  if (!seconds) return std::nullopt;
  return Days(std::chrono::days(*seconds / 86400));
}

std::optional<Days> read_day(const JsonPlace& place) {
  const auto text = place.text(32);
  if (!text) return std::nullopt;
  const auto day = as_day(*text);
  if (!day) place.wrong(fmt::format("'{}' is not a day like 2026-12-24", *text));
  return day;
}

// A day begins, or with `after` ends, by the zone's clocks.
std::optional<Moment> read_bound(const JsonPlace& place, const Zone& zone, std::chrono::days after) {
  const auto text = place.text(40);
  if (!text) return std::nullopt;
  if (const auto day = as_day(*text)) return zone.moment(LocalTime(*day + after));
  const std::size_t size = text->size();
  const bool has_offset = text->back() == 'Z' || (size > 6 && ((*text)[size - 6] == '+' || (*text)[size - 6] == '-'));
  if (const auto seconds = parse_timestamp(*text); seconds && has_offset && size > 10)
    return Moment(std::chrono::seconds(*seconds));
  place.wrong(
      fmt::format("'{}' is neither a day (2026-12-24) nor a moment with its offset (2026-12-24T06:00:00Z)", *text));
  return std::nullopt;
}

std::optional<Repeat> read_weekly(const JsonPlace& weekly) {
  static constexpr std::array<string_view, 1> kMembers{"days"};
  if (!weekly.check_members(kMembers)) return std::nullopt;
  Weekly read;
  for (const auto& place : weekly.require("days").list(1, 7)) {
    const auto day = read_weekday(place);
    if (!day) continue;
    if (std::find(read.days.begin(), read.days.end(), *day) != read.days.end()) place.wrong("is there twice");
    read.days.push_back(*day);
  }
  if (read.days.empty()) return std::nullopt;
  return read;
}

std::optional<Repeat> read_month_day(const JsonPlace& place) {
  if (place.value()->is_string()) {
    if (*place.value() == "last") return LastDayOfMonth{};
    place.wrong("is neither a day from 1 to 31 nor 'last'");
    return std::nullopt;
  }
  const auto day = place.whole(1, 31);
  if (!day) return std::nullopt;
  return MonthlyByDay{static_cast<unsigned>(*day)};
}

std::optional<Repeat> read_monthly(const JsonPlace& monthly) {
  static constexpr std::array<string_view, 3> kMembers{"day", "week", "weekday"};
  if (!monthly.check_members(kMembers)) return std::nullopt;
  const auto day = monthly.member("day");
  const auto week = monthly.member("week");
  const auto weekday = monthly.member("weekday");
  if (day.is_there() == (week.is_there() || weekday.is_there())) {
    monthly.wrong("needs either 'day', or 'week' and 'weekday'");
    return std::nullopt;
  }
  if (day.is_there()) return read_month_day(day);
  const auto nth = monthly.require("week").choice(kWeeks);
  const auto on = read_weekday(monthly.require("weekday"));
  if (!nth || !on) return std::nullopt;
  return MonthlyByWeekday{static_cast<unsigned>(*nth + 1), *on};
}

std::optional<Repeat> read_repeat(const JsonPlace& fields) {
  const auto daily = fields.member("daily");
  const auto weekly = fields.member("weekly");
  const auto monthly = fields.member("monthly");
  if (daily.is_there() + weekly.is_there() + monthly.is_there() != 1) {
    fields.wrong("needs one of 'daily', 'weekly' and 'monthly'");
    return std::nullopt;
  }
  if (weekly.is_there()) return read_weekly(weekly);
  if (monthly.is_there()) return read_monthly(monthly);
  if (!daily.check_members({})) return std::nullopt;
  return Daily{};
}

void read_blackouts(const JsonPlace& list, Window& window) {
  static constexpr std::array<string_view, 3> kMembers{"from", "to", "reason"};
  for (const auto& place : list.list(0, kMostBlackouts)) {
    if (!place.check_members(kMembers)) continue;
    const auto from = read_day(place.require("from"));
    const auto to = read_day(place.require("to"));
    const auto reason = place.member("reason").text();
    if (!from || !to) continue;
    if (*to < *from) {
      place.wrong("ends before it begins");
      continue;
    }
    const Span span{window.zone.moment(LocalTime(*from)), window.zone.moment(LocalTime(*to + std::chrono::days(1)))};
    window.blackouts.push_back({span, reason.value_or("")});
  }
}

std::optional<Zone> read_zone(const JsonPlace& place) {
  const auto name = place.text();
  if (!name) return std::nullopt;
  try {
    return Zone(*name);
  } catch (const Error&) {
    place.wrong("is not a time zone of the system's database, like 'Europe/Berlin' or 'UTC'");
    return std::nullopt;
  }
}

}  // namespace

Window read_window_fields(const JsonPlace& fields, std::string name, std::vector<string_view> known) {
  known.insert(known.end(),
               {"timeZone", "start", "duration", "daily", "weekly", "monthly", "notBefore", "notAfter", "blackouts"});
  Window window;
  window.name = std::move(name);
  if (!fields.check_members(known)) return window;
  window.zone = read_zone(fields.require("timeZone")).value_or(Zone());
  window.start = read_time_of_day(fields.require("start")).value_or(std::chrono::minutes(0));
  window.duration = fields.require("duration").duration(kShortestWindow, kLongestWindow).value_or(kShortestWindow);
  window.repeat = read_repeat(fields).value_or(Daily{});
  window.not_before = read_bound(fields.member("notBefore"), window.zone, std::chrono::days(0));
  window.not_after = read_bound(fields.member("notAfter"), window.zone, std::chrono::days(1));
  if (window.not_before && window.not_after && *window.not_after <= *window.not_before)
    fields.member("notAfter").wrong("is not after notBefore");
  read_blackouts(fields.member("blackouts"), window);
  return window;
}

std::vector<Window> read_window_list(const JsonPlace& list) {
  std::vector<Window> windows;
  for (const auto& place : list.list(0, kMostWindows)) {
    std::string name = place.require("name").text().value_or("");
    for (const auto& other : windows) {
      if (!name.empty() && other.name == name) place.member("name").wrong("is that of another window, too");
    }
    windows.push_back(read_window_fields(place, std::move(name), {"name"}));
  }
  return windows;
}

namespace {

Window read_resource(const JsonPlace& resource) {
  static constexpr std::array<string_view, 5> kMembers{"apiVersion", "kind", "metadata", "spec", "status"};
  if (!resource.check_members(kMembers)) return {};
  if (const auto kind = resource.require("kind").text(); kind && *kind != "MaintenanceWindow")
    resource.member("kind").wrong("is not MaintenanceWindow");
  std::string name = resource.require("metadata").require("name").text().value_or("?");
  return read_window_fields(resource.require("spec"), std::move(name));
}

}  // namespace

Window read_window(const nlohmann::json& resource) {
  JsonFindings findings;
  Window window;
  if (!resource.is_object()) findings.add("the document", "is not an object");
  if (resource.is_object()) window = read_resource({&resource, "", findings});
  findings.refuse_if_any("maintenance window", window.name.empty() ? "?" : window.name);
  return window;
}

std::vector<Window> read_window_document(const nlohmann::json& document, string_view name) {
  static constexpr std::array<string_view, 1> kMembers{"windows"};
  JsonFindings findings;
  const JsonPlace whole(&document, "", findings);
  std::vector<Window> windows;
  if (!document.is_object()) {
    findings.add("the document", "is not an object");
  } else if (whole.member("items").is_there()) {
    for (const auto& item : whole.member("items").list(0, kMostWindows)) windows.push_back(read_resource(item));
  } else if (whole.member("kind").is_there()) {
    windows.push_back(read_resource(whole));
  } else if (whole.check_members(kMembers)) {
    windows = read_window_list(whole.require("windows"));
  }
  if (windows.empty() && !findings.any()) findings.add("the document", "holds no maintenance window");
  findings.refuse_if_any("maintenance windows", name);
  return windows;
}

}  // namespace keelson::fleet
