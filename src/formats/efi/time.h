/// Times as UEFI writes them.
/// Spec: UEFI 2.10, section 8.3.1, EFI_TIME.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace keelson::efi {

/// UTC, whole seconds; what EFI_TIME has beyond that must be zero in variables (section 8.2.2).
struct Time {
  std::uint16_t year = 0;
  std::uint8_t month = 0;
  std::uint8_t day = 0;
  std::uint8_t hour = 0;
  std::uint8_t minute = 0;
  std::uint8_t second = 0;
  auto operator<=>(const Time&) const = default;
};

inline constexpr std::size_t kTimeSize = 16;

/// @param seconds since the epoch, of the years 1970 to 9999.
Time time_of(std::int64_t seconds);

void write_time(ByteWriter& writer, const Time& time);
Time read_time(const ByteReader& reader, std::size_t offset);

}  // namespace keelson::efi
