#include "base/sha256.h"

#include <fmt/format.h>

#include "base/error.h"

namespace keelson {

namespace {

int hex_value(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return -1;
}

}  // namespace

std::string to_hex(const std::uint8_t* data, std::size_t size) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(size * 2);
  for (std::size_t i = 0; i < size; ++i) {
    text += kDigits[data[i] >> 4];
    text += kDigits[data[i] & 15];
  }
  return text;
}

std::string Sha256::hex() const { return to_hex(bytes.data(), bytes.size()); }

Sha256 parse_sha256(std::string_view hex) {
  Sha256 digest;
  bool good = hex.size() == 64;
  for (std::size_t i = 0; good && i < 32; ++i) {
    const int high = hex_value(hex[2 * i]);
    const int low = hex_value(hex[2 * i + 1]);
    good = high >= 0 && low >= 0;
    if (good) digest.bytes[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  if (!good) {
    throw Error(ErrorKind::BadInput,
                fmt::format("cannot read SHA-256 digest '{}': it is not 64 hexadecimal digits", hex.substr(0, 80)));
  }
  return digest;
}

}  // namespace keelson
