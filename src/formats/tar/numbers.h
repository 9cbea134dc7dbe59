/// The numbers of tar headers and of pax records.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace keelson::tar {

/// A header's field: octal digits, or base 256 when the first byte has its top bit set (GNU). An empty field is 0.
std::optional<std::int64_t> parse_field(std::string_view field);

/// Decimal digits and nothing else, below 2^63.
std::optional<std::uint64_t> parse_decimal(std::string_view text);

struct Time {
  std::int64_t seconds = 0;
  std::uint32_t nanoseconds = 0;  ///< counts upwards, also before 1970
};

/// "1700000000.25", "-1.5": POSIX pax, "mtime". Digits beyond nanoseconds are dropped.
std::optional<Time> parse_time(std::string_view text);

}  // namespace keelson::tar
