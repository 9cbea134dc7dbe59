/// One compressed block of a file system, decompressed in memory: into room that the caller bounded, and never past it.
/// What is compressed by which method, and how large it may be, is the file system's to know.
#pragma once

#include <span>
#include <string_view>

#include "base/bytes.h"

namespace keelson::compression {

enum class Codec {
  Deflate,    ///< RFC 1951, without a header
  Zlib,       ///< RFC 1950
  Lzo,        ///< LZO1X
  Lz4,        ///< the block format, without a frame
  Xz,         ///< a whole .xz file
  MicroLzma,  ///< LZMA without a header, as liblzma's lzma_microlzma_decoder() describes it
  Zstd,       ///< RFC 8878, one frame
};

std::string_view codec_name(Codec codec);  ///< "LZ4"

/// @return how many bytes of `to` it filled. A block that has more than fits fills it; what follows is not looked at,
/// but for LZO and xz, whose blocks are known whole: there it is refused.
/// Memory: at most some 20 MiB, whatever the block says of its dictionary or window.
/// @throws Error(BadInput) for a block that is broken or ends too early.
std::size_t decompress(Codec codec, ByteView from, std::span<std::byte> to);

/// "cannot decompress 'LZ4 block': <why>"
[[noreturn]] void refuse(Codec codec, std::string_view why);

}  // namespace keelson::compression
