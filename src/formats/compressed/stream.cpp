#include "formats/compressed/stream.h"

#include <fmt/format.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <memory>

#include "base/error.h"

namespace keelson::compressed {

namespace {

constexpr std::size_t kPiece = 256 * 1024;
constexpr std::uint64_t kMostXzMemory = 256u << 20;
constexpr int kMostZstdWindowLog = 27;  // 128 MiB, libzstd's own limit
constexpr int kGzipOnly = 16 + MAX_WBITS;

using Take = std::function<void(ByteView)>;

[[noreturn]] void refuse(Compression compression, std::string_view why) {
  throw Error(ErrorKind::BadInput, fmt::format("cannot decompress '{}': {}", name_of(compression), why));
}

/// What of the packed file was not read yet, in pieces.
class Input {
 public:
  explicit Input(const BlockSource& packed) : packed_(packed), buffer_(kPiece) {}

  bool at_end() const { return at_ == packed_.size().value; }
  std::span<std::byte> next() {
    const auto count = std::min<std::uint64_t>(buffer_.size(), packed_.size().value - at_);
    const auto piece = std::span(buffer_).first(static_cast<std::size_t>(count));
    packed_.read(at_, piece);
    at_ += count;
    return piece;
  }

 private:
  const BlockSource& packed_;
  Bytes buffer_;
  std::uint64_t at_ = 0;
};

unsigned char* as_unsigned(std::byte* bytes) { return reinterpret_cast<unsigned char*>(bytes); }

void decompress_gzip(Input& input, const Take& take) {
  z_stream stream{};
  if (inflateInit2(&stream, kGzipOnly) != Z_OK)
    throw Error(ErrorKind::Unavailable, "cannot decompress 'gzip': no memory");
  const std::unique_ptr<z_stream, int (*)(z_stream*)> owner(&stream, inflateEnd);
  Bytes output(kPiece);
  bool member_ended = false;
  while (!input.at_end() || stream.avail_in > 0) {
    if (stream.avail_in == 0) {
      const auto piece = input.next();
      stream.next_in = as_unsigned(piece.data());
      stream.avail_in = static_cast<unsigned>(piece.size());
    }
    if (member_ended) {
      // Zeros may fill up the last block of a tape; anything else is a further member.
      if (*stream.next_in == 0) {
        ++stream.next_in;
        --stream.avail_in;
        continue;
      }
      inflateReset(&stream);
      member_ended = false;
    }
    do {
      stream.next_out = as_unsigned(output.data());
      stream.avail_out = static_cast<unsigned>(output.size());
      const int code = inflate(&stream, Z_NO_FLUSH);
      if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR)
        refuse(Compression::Gzip,
               stream.msg == nullptr ? "it is damaged" : fmt::format("it is damaged ({})", stream.msg));
      if (stream.avail_out < output.size()) take(ByteView(output).first(output.size() - stream.avail_out));
      member_ended = code == Z_STREAM_END;
    } while (!member_ended && stream.avail_out == 0);
  }
  if (!member_ended) refuse(Compression::Gzip, "it is cut off");
}

void decompress_zstd(Input& input, const Take& take) {
  const std::unique_ptr<ZSTD_DCtx, std::size_t (*)(ZSTD_DCtx*)> context(ZSTD_createDCtx(), ZSTD_freeDCtx);
  if (!context) throw Error(ErrorKind::Unavailable, "cannot decompress 'zstd': no memory");
  ZSTD_DCtx_setParameter(context.get(), ZSTD_d_windowLogMax, kMostZstdWindowLog);
  Bytes output(kPiece);
  std::size_t wanted = 1;  // 0: a frame ended
  while (!input.at_end()) {
    const auto piece = input.next();
    ZSTD_inBuffer in{piece.data(), piece.size(), 0};
    bool full = false;
    while (in.pos < in.size || full) {
      ZSTD_outBuffer out{output.data(), output.size(), 0};
      wanted = ZSTD_decompressStream(context.get(), &out, &in);
      if (ZSTD_isError(wanted)) refuse(Compression::Zstd, fmt::format("it is damaged ({})", ZSTD_getErrorName(wanted)));
      if (out.pos > 0) take(ByteView(output).first(out.pos));
      full = out.pos == out.size && wanted != 0;
    }
  }
  if (wanted != 0) refuse(Compression::Zstd, "it is cut off");
}

void decompress_xz(Input& input, const Take& take) {
  lzma_stream stream = LZMA_STREAM_INIT;
  if (lzma_stream_decoder(&stream, kMostXzMemory, LZMA_CONCATENATED) != LZMA_OK)
    throw Error(ErrorKind::Unavailable, "cannot decompress 'xz': no memory");
  const std::unique_ptr<lzma_stream, void (*)(lzma_stream*)> owner(&stream, lzma_end);
  Bytes output(kPiece);
  for (lzma_ret code = LZMA_OK; code != LZMA_STREAM_END;) {
    if (stream.avail_in == 0 && !input.at_end()) {
      const auto piece = input.next();
      stream.next_in = as_unsigned(piece.data());
      stream.avail_in = piece.size();
    }
    stream.next_out = as_unsigned(output.data());
    stream.avail_out = output.size();
    code = lzma_code(&stream, input.at_end() ? LZMA_FINISH : LZMA_RUN);
    if (stream.avail_out < output.size()) take(ByteView(output).first(output.size() - stream.avail_out));
    if (code == LZMA_BUF_ERROR) refuse(Compression::Xz, "it is cut off");
    if (code == LZMA_MEMLIMIT_ERROR) refuse(Compression::Xz, "it wants more than 256 MiB of memory");
    if (code != LZMA_OK && code != LZMA_STREAM_END) refuse(Compression::Xz, "it is damaged");
  }
}

struct Enough {};

}  // namespace

std::string_view name_of(Compression compression) {
  switch (compression) {
    case Compression::Gzip:
      return "gzip";
    case Compression::Zstd:
      return "zstd";
    case Compression::Xz:
      return "xz";
    case Compression::None:
      break;
  }
  return "";
}

Compression recognise(ByteView beginning) {
  const std::string_view text = as_text(beginning);
  using namespace std::string_view_literals;
  if (text.starts_with("\x1f\x8b\x08"sv)) return Compression::Gzip;
  if (text.starts_with("\x28\xb5\x2f\xfd"sv)) return Compression::Zstd;
  if (text.starts_with("\xfd"
                       "7zXZ\0"sv))
    return Compression::Xz;
  return Compression::None;
}

void decompress(const BlockSource& packed, Compression compression, const Take& take) {
  Input input(packed);
  switch (compression) {
    case Compression::Gzip:
      return decompress_gzip(input, take);
    case Compression::Zstd:
      return decompress_zstd(input, take);
    case Compression::Xz:
      return decompress_xz(input, take);
    case Compression::None:
      break;
  }
  while (!input.at_end()) take(input.next());
}

Bytes decompress_beginning(const BlockSource& packed, Compression compression, std::size_t count) {
  Bytes beginning;
  try {
    decompress(packed, compression, [&](ByteView piece) {
      const auto more = piece.first(std::min(piece.size(), count - beginning.size()));
      beginning.insert(beginning.end(), more.begin(), more.end());
      if (beginning.size() == count) throw Enough{};
    });
  } catch (const Enough&) {
  } catch (const Error&) {
    // What came before the damage is what there is.
  }
  return beginning;
}

}  // namespace keelson::compressed
