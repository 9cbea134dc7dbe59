/// Windows and moments for tests.
#pragma once

#include <string>
#include <utility>

#include "base/timestamp.h"
#include "fleet/windows/window.h"

namespace keelson::fleet::sample {

/// "2026-11-28T21:00:00Z"
inline Moment at(const std::string& text) { return Moment(std::chrono::seconds(parse_timestamp(text).value())); }

/// What a clock shows, written like a moment.
inline LocalTime clock(const std::string& text) { return LocalTime(at(text).time_since_epoch()); }

/// In Berlin.
inline Window window(Repeat repeat, std::chrono::minutes start, std::chrono::seconds duration,
                     const std::string& name = "nights") {
  Window made;
  made.name = name;
  made.zone = Zone("Europe/Berlin");
  made.repeat = std::move(repeat);
  made.start = start;
  made.duration = duration;
  return made;
}

}  // namespace keelson::fleet::sample
