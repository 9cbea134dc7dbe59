#include "formats/initramfs/decompress.h"

#include <fmt/format.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <limits>
#include <memory>

#include "base/error.h"
#include "formats/initramfs/lz4_legacy.h"

namespace keelson::initramfs {

namespace {

constexpr std::size_t kPiece = 256u << 10;
constexpr std::uint64_t kXzMemoryLimit = 128u << 20;  // xz -9 needs 65 MiB to decode
constexpr int kLargestWindow = 27;                    // of zstd, as a power of two: what its tool takes without --long

struct Magic {
  std::string_view bytes;
  Compression compression;
};
using namespace std::string_view_literals;
constexpr std::array kMagics = {
    Magic{"07070"sv, Compression::None},
    Magic{"\x1f\x8b"sv, Compression::Gzip},
    Magic{"\x1f\x9e"sv, Compression::Gzip},
    Magic{"BZh"sv, Compression::Bzip2},
    Magic{"\x5d\0\0"sv, Compression::Lzma},
    Magic{"\xfd\x37zXZ\0"sv, Compression::Xz},
    Magic{"\x89LZO"sv, Compression::Lzo},
    Magic{"\x02\x21\x4c\x18"sv, Compression::Lz4},
    Magic{"\x28\xb5\x2f\xfd"sv, Compression::Zstd},
};

Error damaged(Compression compression) {
  return {ErrorKind::BadInput, fmt::format("cannot unpack: its {} data is damaged", compression_name(compression))};
}

std::size_t gunzip(ByteView bytes, const Sink& sink) {
  z_stream stream{};
  if (inflateInit2(&stream, 16 + MAX_WBITS) != Z_OK) throw Error(ErrorKind::Unavailable, "cannot unpack: no memory");
  const std::unique_ptr<z_stream, int (*)(z_stream*)> end(&stream, inflateEnd);
  Bytes piece(kPiece);
  std::size_t taken = 0;
  for (int result = Z_OK; result != Z_STREAM_END;) {
    const auto given = static_cast<uInt>(std::min<std::size_t>(bytes.size() - taken, 1u << 30));
    stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(bytes.data() + taken));
    stream.avail_in = given;
    stream.next_out = reinterpret_cast<Bytef*>(piece.data());
    stream.avail_out = kPiece;
    result = inflate(&stream, Z_NO_FLUSH);
    taken += given - stream.avail_in;
    if (result != Z_OK && result != Z_STREAM_END) throw damaged(Compression::Gzip);
    sink(ByteView(piece).first(kPiece - stream.avail_out));
  }
  return taken;
}

std::size_t unpack_xz(Compression compression, ByteView bytes, const Sink& sink) {
  lzma_stream stream = LZMA_STREAM_INIT;
  const std::unique_ptr<lzma_stream, void (*)(lzma_stream*)> end(&stream, lzma_end);
  const lzma_ret ready = compression == Compression::Xz ? lzma_stream_decoder(&stream, kXzMemoryLimit, 0)
                                                        : lzma_alone_decoder(&stream, kXzMemoryLimit);
  if (ready != LZMA_OK) throw Error(ErrorKind::Unavailable, "cannot unpack: no memory");
  Bytes piece(kPiece);
  stream.next_in = reinterpret_cast<const std::uint8_t*>(bytes.data());
  stream.avail_in = bytes.size();
  for (lzma_ret result = LZMA_OK; result != LZMA_STREAM_END;) {
    stream.next_out = reinterpret_cast<std::uint8_t*>(piece.data());
    stream.avail_out = kPiece;
    result = lzma_code(&stream, LZMA_FINISH);
    if (result != LZMA_OK && result != LZMA_STREAM_END) throw damaged(compression);
    sink(ByteView(piece).first(kPiece - stream.avail_out));
  }
  return bytes.size() - stream.avail_in;
}

std::size_t unpack_zstd(ByteView bytes, const Sink& sink) {
  const std::unique_ptr<ZSTD_DCtx, std::size_t (*)(ZSTD_DCtx*)> context(ZSTD_createDCtx(), ZSTD_freeDCtx);
  if (!context) throw Error(ErrorKind::Unavailable, "cannot unpack: no memory");
  ZSTD_DCtx_setParameter(context.get(), ZSTD_d_windowLogMax, kLargestWindow);
  Bytes piece(kPiece);
  ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
  for (std::size_t left = 1; left != 0;) {
    ZSTD_outBuffer out{piece.data(), piece.size(), 0};
    const std::size_t before = in.pos;
    left = ZSTD_decompressStream(context.get(), &out, &in);
    if (ZSTD_isError(left) != 0 || (left != 0 && out.pos == 0 && in.pos == before)) throw damaged(Compression::Zstd);
    sink(ByteView(piece).first(out.pos));
  }
  return in.pos;
}

}  // namespace

std::string_view compression_name(Compression compression) {
  constexpr std::array<std::string_view, 9> kNames = {"none", "gzip", "bzip2", "lzma",   "xz",
                                                      "lzo",  "lz4",  "zstd",  "unknown"};
  return kNames.at(static_cast<std::size_t>(compression));
}

Compression compression_of(ByteView bytes) {
  const std::string_view text = as_text(bytes.first(std::min<std::size_t>(bytes.size(), 8)));
  for (const auto& magic : kMagics)
    if (text.starts_with(magic.bytes)) return magic.compression;
  return Compression::Unknown;
}

std::size_t decompress(Compression compression, ByteView bytes, const Sink& sink) {
  switch (compression) {
    case Compression::Gzip:
      return gunzip(bytes, sink);
    case Compression::Lzma:
    case Compression::Xz:
      return unpack_xz(compression, bytes, sink);
    case Compression::Zstd:
      return unpack_zstd(bytes, sink);
    case Compression::Lz4:
      return unpack_lz4_legacy(bytes, sink);
    case Compression::None:
    case Compression::Bzip2:
    case Compression::Lzo:
    case Compression::Unknown:
      break;
  }
  throw Error(ErrorKind::BadInput,
              fmt::format("cannot unpack: compression '{}' is not read", compression_name(compression)));
}

}  // namespace keelson::initramfs
