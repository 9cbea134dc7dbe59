/// One block compressed by LZ4. Spec: lz4_Block_format.md of LZ4 1.9.
#pragma once

#include <span>

#include "base/bytes.h"

namespace keelson::compression {

/// @return how many bytes of `to` it filled. What follows when all are filled is not looked at.
/// @throws Error(BadInput) for a block that ends too early or refers to what is not there.
std::size_t decompress_lz4(ByteView block, std::span<std::byte> to);

}  // namespace keelson::compression
