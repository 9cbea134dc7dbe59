/// A UUID as a value; text form as RFC 9562 writes it. GPT's mixed-endian form is formats/gpt's business.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/sha256.h"

namespace keelson {

struct Uuid {
  std::array<std::uint8_t, 16> bytes{};  ///< in the order of the text form

  std::string text() const;  ///< lower case, with hyphens
  auto operator<=>(const Uuid&) const = default;
};

/// @throws Error(BadInput) unless the text is 8-4-4-4-12 hexadecimal digits.
Uuid parse_uuid(std::string_view text);

/// A UUID made from a digest (version 8, RFC 9562 section 5.8): the same input gives the same UUID, so that
/// an image's identifiers follow from its lock instead of from chance.
Uuid uuid_from_digest(const Sha256& digest);

}  // namespace keelson
