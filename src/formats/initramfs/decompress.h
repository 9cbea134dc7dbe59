/// The compressed streams that a kernel unpacks, one at a time and in pieces.
#pragma once

#include <functional>
#include <string_view>

#include "base/bytes.h"

namespace keelson::initramfs {

enum class Compression { None, Gzip, Bzip2, Lzma, Xz, Lzo, Lz4, Zstd, Unknown };

/// "gzip"
std::string_view compression_name(Compression compression);

/// By the first bytes, as lib/decompress.c tells them apart. None: a cpio archive begins here.
Compression compression_of(ByteView bytes);

using Sink = std::function<void(ByteView)>;

/// Unpacks the stream at the start of `bytes` into `sink`, at most some MiB at once. The sink bounds the whole.
/// @return how many bytes the stream has; another part may follow.
/// @throws Error(BadInput) for what is damaged or needs more memory than a kernel gives, and for bzip2 and lzo, which
/// are not unpacked; and what the sink throws.
std::size_t decompress(Compression compression, ByteView bytes, const Sink& sink);

}  // namespace keelson::initramfs
