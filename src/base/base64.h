/// Bytes as text of 64 letters. Spec: RFC 4648, section 4.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace keelson {

/// Standard base64 with padding, in one line.
std::string base64(ByteView bytes);

/// The bytes, as a string; nothing for any other text. Padding is required, line breaks are passed over.
std::optional<std::string> parse_base64(std::string_view text);

}  // namespace keelson
