/// A time zone of the IANA database: what the clocks of a place show.
///
/// The rules are those of the system's compiled files (tzdata; /usr/share/zoneinfo, or where TZDIR points), read when a
/// zone is first asked for and kept until the process ends: a new tzdata counts after a restart.
/// Source: RFC 8536 (the files), RFC 9557's zone names; library: decision 0033.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "fleet/cluster.h"

namespace keelson::fleet {

using LocalTime = std::chrono::local_seconds;  ///< what a clock on the wall shows

class Zone {
 public:
  /// UTC.
  Zone();
  /// "Europe/Berlin", "UTC". @throws Error(BadInput): no such name (nothing that is no name reaches a file), or no such
  /// zone here.
  explicit Zone(std::string_view name);

  const std::string& name() const { return name_; }
  LocalTime local(Moment moment) const;
  /// The moment at which the clocks show it. A time that they show twice is the first of the two; one that they leave
  /// out is what it would be had they not been changed yet: 02:30 is then half an hour after the change, and they show
  /// 03:30. That is RFC 5545's rule (3.3.5), so that calendars say the same.
  Moment moment(LocalTime local) const;
  /// "Sat 2026-11-28 22:00 Europe/Berlin"; where the clocks show that time twice with which it is: "02:30 CET
  /// Europe/Berlin".
  std::string text(Moment moment) const;

 private:
  struct Rules;
  std::string name_;
  std::shared_ptr<const Rules> rules_;
};

/// Letters, digits, '_', '+' and '-' in parts between '/': nothing that leads out of the database or to another kind of
/// its files (posix/, right/).
bool is_zone_name(std::string_view name);

}  // namespace keelson::fleet
