/// CRC-32C (Castagnoli), by which ext4, xfs and btrfs protect their metadata.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace keelson {

/// Continues a CRC-32C over `bytes`. Neither end is inverted, as the file systems' specifications write it: the usual
/// CRC-32C of a message is `~crc32c(~0u, message)`. RFC 3720, section 12.1: polynomial 0x1EDC6F41, reflected.
std::uint32_t crc32c(std::uint32_t state, ByteView bytes);

}  // namespace keelson
