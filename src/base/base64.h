/// Bytes as text of 64 letters. Spec: RFC 4648, section 4.
#pragma once

#include <string>

#include "base/bytes.h"

namespace keelson {

/// Standard base64 with padding, in one line.
std::string base64(ByteView bytes);

}  // namespace keelson
