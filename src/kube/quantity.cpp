#include "kube/quantity.h"

#include <charconv>
#include <limits>
#include <string>

namespace keelson::kube {

namespace {

__extension__ using Unsigned = unsigned __int128;

constexpr std::size_t kMostCharacters = 512;
constexpr Unsigned kNano = 1'000'000'000;
constexpr Unsigned kLargest = static_cast<Unsigned>(std::numeric_limits<std::int64_t>::max()) * kNano;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// What a number is to be multiplied with: 2^binary × 10^decimal.
struct Scale {
  int binary = 0;
  int decimal = 0;
};

std::optional<Scale> scale_of(std::string_view suffix) {
  constexpr std::string_view binary = "KMGTPE";
  if (suffix.empty()) return Scale{};
  if (suffix.size() == 2 && suffix[1] == 'i') {
    const auto at = binary.find(suffix[0]);
    if (at == std::string_view::npos) return std::nullopt;
    return Scale{.binary = static_cast<int>(10 * (at + 1))};
  }
  if (suffix.size() == 1) {
    constexpr std::string_view decimal = "num kMGTPE";
    const auto at = suffix[0] == ' ' ? std::string_view::npos : decimal.find(suffix[0]);
    if (at == std::string_view::npos) return std::nullopt;
    return Scale{.decimal = 3 * (static_cast<int>(at) - 3)};
  }
  if (suffix[0] != 'e' && suffix[0] != 'E') return std::nullopt;
  suffix.remove_prefix(1);
  if (suffix[0] == '+') {
    suffix.remove_prefix(1);
    if (suffix.empty() || !is_digit(suffix[0])) return std::nullopt;
  }
  int exponent = 0;
  const auto [end, error] = std::from_chars(suffix.data(), suffix.data() + suffix.size(), exponent);
  if (end != suffix.data() + suffix.size() || error == std::errc::invalid_argument) return std::nullopt;
  // Beyond these the number is nothing, or larger than anything: exactly how far does not matter.
  if (error != std::errc{}) exponent = suffix[0] == '-' ? -2000 : 2000;
  return Scale{.decimal = exponent < -2000 ? -2000 : exponent > 2000 ? 2000 : exponent};
}

/// digits × 10^shift × 2^binary, in nanos, rounded up and cut at kLargest. `digits` are decimal digits only.
Unsigned nanos_of(std::string_view digits, int shift, int binary) {
  while (!digits.empty() && digits.front() == '0') digits.remove_prefix(1);
  if (digits.empty()) return 0;
  const int places = static_cast<int>(digits.size()) + shift;  // digits before the point of the nanos
  if (places > 39) return kLargest;
  // 19 digits before the point are 2^63 and more: those further behind decide only whether something is left over.
  Unsigned value = 0;
  bool left_over = false;
  int scale = shift;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (value > kLargest * 10) {
      left_over = left_over || digits[i] != '0';
      ++scale;
      continue;
    }
    value = value * 10 + static_cast<unsigned>(digits[i] - '0');
  }
  // What would not fit is divided by ten first where the scale does so anyway: with a binary suffix and more than
  // twenty significant digits the last nano may so be wrong.
  for (int i = 0; i < binary; ++i) {
    if (value > std::numeric_limits<Unsigned>::max() / 2) {
      if (scale >= 0) return kLargest;
      left_over = left_over || value % 10 != 0;
      value /= 10;
      ++scale;
    }
    value *= 2;
  }
  for (; scale > 0; --scale) {
    if (value > kLargest / 10) return kLargest;
    value *= 10;
  }
  for (; scale < 0 && value > 0; ++scale) {
    left_over = left_over || value % 10 != 0;
    value /= 10;
  }
  if (left_over) ++value;
  return value > kLargest ? kLargest : value;
}

}  // namespace

std::optional<Quantity> Quantity::parse(std::string_view text) {
  if (text.empty() || text.size() > kMostCharacters) return std::nullopt;
  const bool negative = text.front() == '-';
  if (negative || text.front() == '+') text.remove_prefix(1);
  std::size_t at = 0;
  std::string_view whole = text;
  while (at < text.size() && is_digit(text[at])) ++at;
  whole = text.substr(0, at);
  std::string_view fraction;
  if (at < text.size() && text[at] == '.') {
    const std::size_t start = ++at;
    while (at < text.size() && is_digit(text[at])) ++at;
    fraction = text.substr(start, at - start);
  }
  if (whole.empty() && fraction.empty()) return std::nullopt;
  const auto scale = scale_of(text.substr(at));
  if (!scale) return std::nullopt;
  const std::string digits = std::string(whole) + std::string(fraction);
  const Unsigned nanos = nanos_of(digits, scale->decimal - static_cast<int>(fraction.size()) + 9, scale->binary);
  const auto value = static_cast<Wide>(nanos);
  return Quantity(negative ? -value : value);
}

std::int64_t Quantity::scaled(std::int64_t nanos_per_unit) const {
  Wide result = nanos_ / nanos_per_unit;
  if (nanos_ % nanos_per_unit != 0) result += nanos_ > 0 ? 1 : -1;
  if (result > std::numeric_limits<std::int64_t>::max()) return std::numeric_limits<std::int64_t>::max();
  if (result < std::numeric_limits<std::int64_t>::min()) return std::numeric_limits<std::int64_t>::min();
  return static_cast<std::int64_t>(result);
}

std::int64_t Quantity::value() const { return scaled(1'000'000'000); }
std::int64_t Quantity::milli_value() const { return scaled(1'000'000); }

}  // namespace keelson::kube
