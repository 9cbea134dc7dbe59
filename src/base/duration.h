/// Lengths of time, as people read and write them.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace keelson {

/// "30 minutes", "1 hour", "90 s": in the largest unit of which it is a whole number.
std::string human_duration(std::chrono::seconds duration);

/// "90", "90s", "10m", "1h": a whole number, of seconds when it says nothing else. Nothing for any other text.
std::optional<std::chrono::seconds> parse_duration(std::string_view text);

}  // namespace keelson
