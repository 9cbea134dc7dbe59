#include "formats/efi/time.h"

#include <chrono>

namespace keelson::efi {

Time time_of(std::int64_t seconds) {
  using std::chrono::sys_days;
  const std::chrono::sys_seconds point{std::chrono::seconds(seconds)};
  const auto midnight = std::chrono::floor<std::chrono::days>(point);
  const std::chrono::year_month_day date{sys_days(midnight)};
  const std::chrono::hh_mm_ss clock{point - midnight};
  return {.year = static_cast<std::uint16_t>(static_cast<int>(date.year())),
          .month = static_cast<std::uint8_t>(static_cast<unsigned>(date.month())),
          .day = static_cast<std::uint8_t>(static_cast<unsigned>(date.day())),
          .hour = static_cast<std::uint8_t>(clock.hours().count()),
          .minute = static_cast<std::uint8_t>(clock.minutes().count()),
          .second = static_cast<std::uint8_t>(clock.seconds().count())};
}

void write_time(ByteWriter& writer, const Time& time) {
  writer.u16le(time.year);
  for (const std::uint8_t part : {time.month, time.day, time.hour, time.minute, time.second}) writer.u8(part);
  writer.zeros(kTimeSize - 7);
}

Time read_time(const ByteReader& reader, std::size_t offset) {
  return {.year = reader.u16le(offset),
          .month = reader.u8(offset + 2),
          .day = reader.u8(offset + 3),
          .hour = reader.u8(offset + 4),
          .minute = reader.u8(offset + 5),
          .second = reader.u8(offset + 6)};
}

}  // namespace keelson::efi
