/// The checksums that stand before each block of metadata and, in a tree of their own, beside all data.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace keelson::btrfs {

enum class ChecksumType : std::uint16_t { Crc32c = 0, XxHash64 = 1, Sha256 = 2, Blake2b = 3 };

/// Bytes of one checksum. @throws Error(BadInput) for BLAKE2b, which is not supported, and for what is none.
std::size_t checksum_size(ChecksumType type);

/// @param stored begins with the checksum; what follows is not looked at.
bool checksum_matches(ChecksumType type, ByteView stored, ByteView bytes);

/// XXH64 with seed 0. Spec: "xxHash fast digest algorithm", version 0.1.1, XXH64.
std::uint64_t xxhash64(ByteView bytes);

}  // namespace keelson::btrfs
