/// Moments as the internet writes them: RFC 3339, in UTC. Seconds since 1970; leap seconds do not exist here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace keelson {

/// "2026-11-26", "2026-11-26T10:00:00Z", with a fraction of a second (which is dropped) or "+01:00" in place of the Z;
/// a time without either counts as UTC. Years 1970 to 9999. Nothing for any other text.
std::optional<std::int64_t> parse_timestamp(std::string_view text);

/// "2026-11-26T10:00:00Z". `seconds` from 0 to the end of the year 9999.
std::string timestamp_text(std::int64_t seconds);

}  // namespace keelson
