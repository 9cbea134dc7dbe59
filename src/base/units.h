/// Units that live in types.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace keelson {

/// A number of bytes.
struct ByteCount {
  std::uint64_t value = 0;
  auto operator<=>(const ByteCount&) const = default;
};

constexpr ByteCount kibibytes(std::uint64_t n) { return {n << 10}; }
constexpr ByteCount mebibytes(std::uint64_t n) { return {n << 20}; }
constexpr ByteCount gibibytes(std::uint64_t n) { return {n << 30}; }
constexpr ByteCount operator+(ByteCount a, ByteCount b) { return {a.value + b.value}; }
constexpr ByteCount operator-(ByteCount a, ByteCount b) { return {a.value - b.value}; }

/// Rounds up to a multiple of `alignment`.
constexpr ByteCount align_up(ByteCount n, ByteCount alignment) {
  return {(n.value + alignment.value - 1) / alignment.value * alignment.value};
}

/// For people: "118 MiB", "2.0 GiB", "512 bytes".
std::string human_size(ByteCount count);

}  // namespace keelson
