#include "fleet/windows/zone.h"

#include <absl/time/civil_time.h>
#include <absl/time/time.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/error.h"
#include "base/harmless_text.h"
#include "base/text.h"

namespace keelson::fleet {

namespace {

constexpr std::size_t kMostName = 64;
constexpr std::array<std::string_view, 7> kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
// What is in the database's folder and no zone of a place; "right" counts leap seconds.
constexpr std::array<std::string_view, 6> kNoZones{"posix",     "right",   "posixrules",
                                                   "localtime", "Factory", "leapseconds"};

absl::CivilSecond civil(LocalTime local) { return absl::CivilSecond(1970, 1, 1) + local.time_since_epoch().count(); }

bool is_part(std::string_view part) {
  return !part.empty() && part.front() != '-' && std::all_of(part.begin(), part.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '+' ||
           c == '-';
  });
}

}  // namespace

struct Zone::Rules {
  absl::TimeZone zone = absl::UTCTimeZone();
};

bool is_zone_name(std::string_view name) {
  if (name.empty() || name.size() > kMostName) return false;
  const auto parts = split(name, '/');
  return std::find(kNoZones.begin(), kNoZones.end(), parts.front()) == kNoZones.end() &&
         std::all_of(parts.begin(), parts.end(), is_part);
}

Zone::Zone() : name_("UTC"), rules_(std::make_shared<Rules>()) {}

Zone::Zone(std::string_view name) : name_(name) {
  const auto rules = std::make_shared<Rules>();
  if (!is_zone_name(name) || !absl::LoadTimeZone(name_, &rules->zone)) {
    throw Error(ErrorKind::BadInput,
                fmt::format("cannot find time zone '{}': the system's time zone database has none of this name",
                            harmless_text(name.substr(0, kMostName))),
                "names are like 'Europe/Berlin' or 'UTC'; the database is Debian's package tzdata");
  }
  rules_ = rules;
}

LocalTime Zone::local(Moment moment) const {
  const auto shown = rules_->zone.At(absl::FromUnixSeconds(moment.time_since_epoch().count())).cs;
  return LocalTime(std::chrono::seconds(shown - absl::CivilSecond(1970, 1, 1)));
}

Moment Zone::moment(LocalTime local) const {
  return Moment(std::chrono::seconds(absl::ToUnixSeconds(rules_->zone.At(civil(local)).pre)));
}

std::string Zone::text(Moment moment) const {
  const auto shown = rules_->zone.At(absl::FromUnixSeconds(moment.time_since_epoch().count()));
  const LocalTime at = local(moment);
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date(day);
  const bool twice = rules_->zone.At(civil(at)).kind == absl::TimeZone::TimeInfo::REPEATED;
  return fmt::format("{} {:04}-{:02}-{:02} {:02}:{:02}{}{} {}", kDays[std::chrono::weekday(day).c_encoding()],
                     static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()), shown.cs.hour(), shown.cs.minute(), twice ? " " : "",
                     twice ? shown.zone_abbr : "", name_);
}

}  // namespace keelson::fleet
