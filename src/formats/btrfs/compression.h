/// Compressed data of files: at most 128 KiB of content each, by zlib, LZO or zstd.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace keelson::btrfs {

enum class Compression : std::uint8_t { None = 0, Zlib = 1, Lzo = 2, Zstd = 3 };

constexpr std::size_t kMostCompressed = 128 << 10;  ///< of content and of its compressed form

/// @param size of the content; what the stream does not fill is zeros. @param sector the file system's sector size.
/// @throws Error(BadInput) for a broken stream.
Bytes decompress(Compression type, ByteView from, std::size_t size, std::size_t sector);

}  // namespace keelson::btrfs
