#include "formats/compression/codec.h"

#include <fmt/format.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <memory>
#include <new>

#include "base/error.h"
#include "formats/compression/lz4.h"
#include "formats/compression/lzo.h"

namespace keelson::compression {

namespace {

constexpr int kLargestWindowLog = 23;                     // of zstd: 8 MiB
constexpr std::uint64_t kMostMemory = 20u << 20;          // of xz
constexpr std::uint32_t kDictionary = 8u << 20;           // of MicroLZMA, where erofs allows as much
constexpr std::size_t kMostBytes = std::size_t{1} << 30;  // zlib counts in 32 bits

std::uint8_t* as_u8(std::byte* bytes) { return reinterpret_cast<std::uint8_t*>(bytes); }
const std::uint8_t* as_u8(const std::byte* bytes) { return reinterpret_cast<const std::uint8_t*>(bytes); }

// @param window_bits as inflateInit2() takes them: negative for a stream without a header.
std::size_t inflate_block(Codec codec, int window_bits, ByteView from, std::span<std::byte> to) {
  z_stream stream{};
  if (::inflateInit2(&stream, window_bits) != Z_OK) throw std::bad_alloc();
  const std::unique_ptr<z_stream, int (*)(z_stream*)> guard(&stream, ::inflateEnd);
  // zlib does not write through next_in; its type is older than const.
  stream.next_in = const_cast<Bytef*>(as_u8(from.data()));
  stream.avail_in = static_cast<uInt>(from.size());
  stream.next_out = as_u8(to.data());
  stream.avail_out = static_cast<uInt>(to.size());
  const int result = ::inflate(&stream, Z_FINISH);
  if (result != Z_STREAM_END && !(result == Z_BUF_ERROR && stream.avail_out == 0))
    refuse(codec, result == Z_BUF_ERROR ? "it ends too early" : "its stream is broken");
  return to.size() - stream.avail_out;
}

std::size_t decompress_zstd(ByteView from, std::span<std::byte> to) {
  const std::unique_ptr<ZSTD_DCtx, std::size_t (*)(ZSTD_DCtx*)> context(::ZSTD_createDCtx(), ::ZSTD_freeDCtx);
  if (!context) throw std::bad_alloc();
  ::ZSTD_DCtx_setParameter(context.get(), ZSTD_d_windowLogMax, kLargestWindowLog);
  ZSTD_inBuffer in{from.data(), from.size(), 0};
  ZSTD_outBuffer out{to.data(), to.size(), 0};
  while (out.pos < out.size) {
    const std::size_t before = in.pos + out.pos;
    const std::size_t result = ::ZSTD_decompressStream(context.get(), &out, &in);
    if (::ZSTD_isError(result) != 0) refuse(Codec::Zstd, ::ZSTD_getErrorName(result));
    if (result == 0) break;
    if (in.pos + out.pos == before) refuse(Codec::Zstd, "it ends too early");
  }
  return out.pos;
}

std::size_t decompress_xz(ByteView from, std::span<std::byte> to) {
  std::uint64_t memory = kMostMemory;
  std::size_t taken = 0;
  std::size_t filled = 0;
  const lzma_ret result = ::lzma_stream_buffer_decode(&memory, 0, nullptr, as_u8(from.data()), &taken, from.size(),
                                                      as_u8(to.data()), &filled, to.size());
  if (result == LZMA_MEM_ERROR) throw std::bad_alloc();
  if (result != LZMA_OK) refuse(Codec::Xz, "its stream is broken, needs a larger dictionary, or has more than fits");
  return filled;
}

std::size_t decompress_microlzma(ByteView from, std::span<std::byte> to) {
  lzma_stream stream = LZMA_STREAM_INIT;
  if (::lzma_microlzma_decoder(&stream, from.size(), to.size(), 0, kDictionary) != LZMA_OK) throw std::bad_alloc();
  const std::unique_ptr<lzma_stream, void (*)(lzma_stream*)> guard(&stream, ::lzma_end);
  stream.next_in = as_u8(from.data());
  stream.avail_in = from.size();
  stream.next_out = as_u8(to.data());
  stream.avail_out = to.size();
  const lzma_ret result = ::lzma_code(&stream, LZMA_FINISH);
  if (result == LZMA_MEM_ERROR) throw std::bad_alloc();
  if (stream.avail_out != 0) refuse(Codec::MicroLzma, "it is broken, or ends too early");
  return to.size();
}

}  // namespace

std::string_view codec_name(Codec codec) {
  switch (codec) {
    case Codec::Deflate:
      return "DEFLATE";
    case Codec::Zlib:
      return "zlib";
    case Codec::Lzo:
      return "LZO";
    case Codec::Lz4:
      return "LZ4";
    case Codec::Xz:
      return "xz";
    case Codec::MicroLzma:
      return "MicroLZMA";
    case Codec::Zstd:
      return "zstd";
  }
  return "unknown";
}

void refuse(Codec codec, std::string_view why) {
  throw Error(ErrorKind::BadInput, fmt::format("cannot decompress '{} block': {}", codec_name(codec), why));
}

std::size_t decompress(Codec codec, ByteView from, std::span<std::byte> to) {
  if (from.size() > kMostBytes || to.size() > kMostBytes) refuse(codec, "it is larger than 1 GiB");
  if (from.empty()) refuse(codec, "it is empty");
  if (to.empty()) return 0;
  switch (codec) {
    case Codec::Deflate:
      return inflate_block(codec, -MAX_WBITS, from, to);
    case Codec::Zlib:
      return inflate_block(codec, MAX_WBITS, from, to);
    case Codec::Lzo:
      return decompress_lzo1x(from, to);
    case Codec::Lz4:
      return decompress_lz4(from, to);
    case Codec::Xz:
      return decompress_xz(from, to);
    case Codec::MicroLzma:
      return decompress_microlzma(from, to);
    case Codec::Zstd:
      return decompress_zstd(from, to);
  }
  refuse(codec, "its method is not known");
}

}  // namespace keelson::compression
