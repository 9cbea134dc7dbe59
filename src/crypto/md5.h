/// MD5, only for lists that somebody else made with it (dpkg's md5sums): it finds what was changed by accident, and
/// proves nothing against somebody who means harm.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/bytes.h"

namespace keelson {

/// 32 hexadecimal digits of all that `each` hands over; nothing where OpenSSL refuses MD5, as in FIPS mode.
std::optional<std::string> md5_hex(const std::function<void(const std::function<void(ByteView)>&)>& each);

}  // namespace keelson
