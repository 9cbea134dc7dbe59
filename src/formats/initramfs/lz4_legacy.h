/// LZ4's legacy frame: a magic number, then blocks of at most 8 MiB, each behind its compressed length, up to the end.
/// Spec: lz4_Frame_format.md 1.6.1, "Legacy frame"; lz4_Block_format.md; Linux 6.12, lib/decompress_unlz4.c.
#pragma once

#include "formats/initramfs/decompress.h"

namespace keelson::initramfs {

/// @param bytes begin with the magic number. As decompress().
std::size_t unpack_lz4_legacy(ByteView bytes, const Sink& sink);

}  // namespace keelson::initramfs
