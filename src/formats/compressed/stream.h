/// Decompresses a file as a stream. Spec: RFC 1952 (gzip), RFC 8878 (zstd), the .xz file format 1.1.
#pragma once

#include <functional>
#include <string_view>

#include "base/block_source.h"

namespace keelson::compressed {

enum class Compression { None, Gzip, Zstd, Xz };

/// "gzip", "zstd", "xz"; "" for none.
std::string_view name_of(Compression compression);

/// By its first bytes, of which 6 are enough.
Compression recognise(ByteView beginning);

/// Gives what is in it piece by piece, each of at most 256 KiB. Stops when `take` throws: the limit of what may come
/// out is the caller's. @throws Error(BadInput) for a stream that is damaged, cut off, followed by something else, or
/// wants more than 128 MiB (zstd) or 256 MiB (xz) of memory.
void decompress(const BlockSource& packed, Compression compression, const std::function<void(ByteView)>& take);

/// The first bytes of what is in it, at most `count`; fewer if there are no more, or the stream is damaged there.
Bytes decompress_beginning(const BlockSource& packed, Compression compression, std::size_t count);

}  // namespace keelson::compressed
