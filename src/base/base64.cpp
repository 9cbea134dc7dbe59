#include "base/base64.h"

#include <cstdint>
#include <string_view>

namespace keelson {

namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

}  // namespace

std::string base64(ByteView bytes) {
  std::string result;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k)
      group = group << 8 | (i + k < bytes.size() ? std::to_integer<std::uint32_t>(bytes[i + k]) : 0u);
    for (std::size_t k = 0; k < 4; ++k) result += i + k > bytes.size() ? '=' : kAlphabet[group >> (18 - 6 * k) & 63];
  }
  return result;
}

std::optional<std::string> parse_base64(std::string_view text) {
  std::string result;
  result.reserve(text.size() / 4 * 3);
  std::uint32_t group = 0;
  std::size_t letters = 0;
  std::size_t padding = 0;
  for (const char c : text) {
    if (c == '\n' || c == '\r') continue;
    if (padding > 0 && letters % 4 == 0) return std::nullopt;  // something behind the end
    const auto value = kAlphabet.find(c);
    if (c == '=') {
      if (letters % 4 < 2 || ++padding > 2) return std::nullopt;
      group <<= 6;
    } else if (value == std::string_view::npos || padding > 0) {
      return std::nullopt;
    } else {
      group = group << 6 | static_cast<std::uint32_t>(value);
    }
    if (++letters % 4 != 0) continue;
    for (std::size_t k = 0; k < 3 - padding; ++k) result += static_cast<char>(group >> (16 - 8 * k) & 0xff);
    group = 0;
  }
  if (letters % 4 != 0) return std::nullopt;
  return result;
}

}  // namespace keelson
