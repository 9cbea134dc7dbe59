/// LZO1X, the format of one compressed piece: literals and copies of what came before.
/// Spec: Linux `Documentation/staging/lzo.rst`, version 0 of the bitstream.
#pragma once

#include <span>

#include "base/bytes.h"

namespace keelson::compression {

/// Decompresses a whole piece. @return how many bytes of `to` it filled.
/// @throws Error(BadInput) for a piece that is broken, does not end, or is longer than `to`.
std::size_t decompress_lzo1x(ByteView from, std::span<std::byte> to);

}  // namespace keelson::compression
