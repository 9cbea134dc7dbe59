#include "base/uuid.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"

namespace keelson {

std::string Uuid::text() const {
  const std::string hex = to_hex(bytes.data(), bytes.size());
  return fmt::format("{}-{}-{}-{}-{}", hex.substr(0, 8), hex.substr(8, 4), hex.substr(12, 4), hex.substr(16, 4),
                     hex.substr(20, 12));
}

Uuid parse_uuid(std::string_view text) {
  const bool shape = text.size() == 36 && text[8] == '-' && text[13] == '-' && text[18] == '-' && text[23] == '-';
  std::string digits;
  for (const char c : text) {
    if (c != '-') digits += c;
  }
  if (!shape || digits.size() != 32) {
    throw Error(ErrorKind::BadInput,
                fmt::format("cannot read UUID '{}': it is not of the form 8-4-4-4-12", text.substr(0, 64)));
  }
  // A SHA-256 is two UUIDs long, so its parser checks the digits for us.
  const Sha256 wide = parse_sha256(digits + std::string(32, '0'));
  Uuid uuid;
  std::copy_n(wide.bytes.begin(), 16, uuid.bytes.begin());
  return uuid;
}

Uuid uuid_from_digest(const Sha256& digest) {
  Uuid uuid;
  std::copy_n(digest.bytes.begin(), 16, uuid.bytes.begin());
  uuid.bytes[6] = static_cast<std::uint8_t>((uuid.bytes[6] & 0x0f) | 0x80);
  uuid.bytes[8] = static_cast<std::uint8_t>((uuid.bytes[8] & 0x3f) | 0x80);
  return uuid;
}

}  // namespace keelson
