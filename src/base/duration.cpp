#include "base/duration.h"

#include <fmt/format.h>

#include <cstdint>

namespace keelson {

std::string human_duration(std::chrono::seconds duration) {
  const auto count = duration.count();
  const auto whole = [](auto number, const char* unit) {
    return fmt::format("{} {}{}", number, unit, number == 1 ? "" : "s");
  };
  if (count != 0 && count % 3600 == 0) return whole(count / 3600, "hour");
  if (count != 0 && count % 60 == 0) return whole(count / 60, "minute");
  return fmt::format("{} s", count);
}

std::optional<std::chrono::seconds> parse_duration(std::string_view text) {
  constexpr std::size_t kMostDigits = 7;
  std::uint64_t factor = 1;
  if (text.ends_with('h')) factor = 3600;
  if (text.ends_with('m')) factor = 60;
  if (text.ends_with('h') || text.ends_with('m') || text.ends_with('s')) text.remove_suffix(1);
  if (text.empty() || text.size() > kMostDigits) return std::nullopt;
  std::uint64_t number = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    number = number * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return std::chrono::seconds(number * factor);
}

}  // namespace keelson
