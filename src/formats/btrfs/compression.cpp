#include "formats/btrfs/compression.h"

#include <fmt/format.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <memory>
#include <new>

#include "formats/btrfs/superblock.h"
#include "formats/compression/lzo.h"

namespace keelson::btrfs {

namespace {

constexpr int kLargestWindowLog = 17;  // the kernel's limit: 128 KiB
constexpr std::size_t kLengthSize = 4;

[[noreturn]] void fail(std::string_view why) { refuse("compressed data", why); }

// What follows a stream's end fills the last sector, and is not looked at. A stream may also hold more than fits.
void decompress_zlib(ByteView from, std::span<std::byte> to) {
  z_stream stream{};
  if (::inflateInit(&stream) != Z_OK) throw std::bad_alloc();
  const std::unique_ptr<z_stream, int (*)(z_stream*)> guard(&stream, ::inflateEnd);
  // zlib does not write through next_in; its type is older than const.
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(from.data()));
  stream.avail_in = static_cast<uInt>(from.size());
  stream.next_out = reinterpret_cast<Bytef*>(to.data());
  stream.avail_out = static_cast<uInt>(to.size());
  const int result = ::inflate(&stream, Z_FINISH);
  if (result != Z_STREAM_END && !(result == Z_BUF_ERROR && stream.avail_out == 0)) fail("its zlib stream is broken");
}

void decompress_zstd(ByteView from, std::span<std::byte> to) {
  const std::unique_ptr<ZSTD_DCtx, std::size_t (*)(ZSTD_DCtx*)> context(::ZSTD_createDCtx(), ::ZSTD_freeDCtx);
  if (!context) throw std::bad_alloc();
  ::ZSTD_DCtx_setParameter(context.get(), ZSTD_d_windowLogMax, kLargestWindowLog);
  ZSTD_inBuffer in{from.data(), from.size(), 0};
  ZSTD_outBuffer out{to.data(), to.size(), 0};
  while (out.pos < out.size) {
    const std::size_t before = in.pos + out.pos;
    const std::size_t result = ::ZSTD_decompressStream(context.get(), &out, &in);
    if (::ZSTD_isError(result) != 0) fail(fmt::format("its zstd frame is broken ({})", ::ZSTD_getErrorName(result)));
    if (result == 0) return;
    if (in.pos + out.pos == before) fail("its zstd frame is too short");
  }
}

// The length of all, then pieces: each a length, and an LZO1X stream of at most a sector of content. No length crosses
// the border of two sectors.
void decompress_lzo(ByteView from, std::span<std::byte> to, std::size_t sector) {
  const ByteReader reader(from, "btrfs LZO data");
  const std::size_t total = reader.u32le(0);
  if (total > from.size()) fail("its LZO data are longer than it");
  std::size_t filled = 0;
  Bytes piece(sector);
  for (std::size_t at = kLengthSize; at < total && filled < to.size();) {
    if (const std::size_t left = sector - at % sector; left < kLengthSize) at += left;
    if (at >= total) return;
    const std::size_t length = reader.u32le(at);
    at += kLengthSize;
    if (length > total - std::min(at, total)) fail("a piece of its LZO data is longer than all");
    const std::size_t count =
        std::min(compression::decompress_lzo1x(from.subspan(at, length), piece), to.size() - filled);
    std::copy_n(piece.begin(), count, to.begin() + static_cast<std::ptrdiff_t>(filled));
    filled += count;
    if (count < sector) return;  // only the last one is shorter
    at += length;
  }
}

}  // namespace

Bytes decompress(Compression type, ByteView from, std::size_t size, std::size_t sector) {
  if (size > kMostCompressed || from.size() > kMostCompressed) fail("it is larger than 128 KiB");
  Bytes content(size);
  switch (type) {
    case Compression::Zlib:
      decompress_zlib(from, content);
      return content;
    case Compression::Lzo:
      decompress_lzo(from, content, sector);
      return content;
    case Compression::Zstd:
      decompress_zstd(from, content);
      return content;
    case Compression::None:
      break;
  }
  fail(fmt::format("the compression {} is unknown", static_cast<unsigned>(type)));
}

}  // namespace keelson::btrfs
