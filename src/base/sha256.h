/// A SHA-256 digest as a value. Computing one is crypto/hash.h.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace keelson {

struct Sha256 {
  std::array<std::uint8_t, 32> bytes{};

  /// 64 lower-case hexadecimal digits.
  std::string hex() const;
  auto operator<=>(const Sha256&) const = default;
};

/// Parses 64 hexadecimal digits of either case. @throws Error(BadInput) otherwise.
Sha256 parse_sha256(std::string_view hex);

/// Lower-case hexadecimal digits of any bytes.
std::string to_hex(const std::uint8_t* data, std::size_t size);

}  // namespace keelson
