#include "formats/qcow2/compression.h"

#include <fmt/format.h>
#include <zlib.h>
#include <zstd.h>

#include "base/error.h"

namespace keelson::qcow2 {

namespace {

constexpr int kRawDeflate = -15;  // no zlib header; a window as large as any writer may have used

[[noreturn]] void refuse(std::string_view why) {
  throw Error(ErrorKind::BadInput, fmt::format("cannot read 'compressed qcow2 cluster': {}", why));
}

void inflate_cluster(ByteView compressed, std::span<std::byte> to) {
  z_stream stream{};
  if (::inflateInit2(&stream, kRawDeflate) != Z_OK) throw std::bad_alloc();
  const std::unique_ptr<z_stream, int (*)(z_stream*)> guard(&stream, ::inflateEnd);
  // zlib does not write through next_in; its type is older than const.
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(compressed.data()));
  stream.avail_in = static_cast<uInt>(compressed.size());
  stream.next_out = reinterpret_cast<Bytef*>(to.data());
  stream.avail_out = static_cast<uInt>(to.size());
  const int result = ::inflate(&stream, Z_FINISH);
  // Z_BUF_ERROR with a full cluster: the stream's end mark is missing, or more follows; qemu takes that too.
  if ((result != Z_STREAM_END && result != Z_BUF_ERROR) || stream.avail_out != 0)
    refuse("its deflate stream is broken");
}

void unzstd_cluster(ByteView compressed, std::span<std::byte> to) {
  const std::unique_ptr<ZSTD_DCtx, std::size_t (*)(ZSTD_DCtx*)> context(::ZSTD_createDCtx(), ::ZSTD_freeDCtx);
  if (!context) throw std::bad_alloc();
  ZSTD_inBuffer in{compressed.data(), compressed.size(), 0};
  ZSTD_outBuffer out{to.data(), to.size(), 0};
  while (out.pos < out.size) {
    const std::size_t before = in.pos + out.pos;
    const std::size_t result = ::ZSTD_decompressStream(context.get(), &out, &in);
    if (::ZSTD_isError(result) != 0) refuse(fmt::format("its zstd frame is broken ({})", ::ZSTD_getErrorName(result)));
    if (in.pos + out.pos == before) refuse("its zstd frame is too short");
  }
}

}  // namespace

void decompress(Compression type, ByteView compressed, std::span<std::byte> to) {
  if (type == Compression::Zstd) return unzstd_cluster(compressed, to);
  inflate_cluster(compressed, to);
}

struct Compressor::State {
  std::unique_ptr<ZSTD_CCtx, std::size_t (*)(ZSTD_CCtx*)> context{::ZSTD_createCCtx(), ::ZSTD_freeCCtx};
  int level = 0;
};

Compressor::Compressor(int level) : state_(std::make_unique<State>()) {
  if (!state_->context) throw std::bad_alloc();
  state_->level = level;
}
Compressor::~Compressor() = default;
Compressor::Compressor(Compressor&&) noexcept = default;
Compressor& Compressor::operator=(Compressor&&) noexcept = default;

void Compressor::compress(ByteView cluster, Bytes& to) {
  to.resize(cluster.size() - 512);
  const std::size_t size =
      ::ZSTD_compressCCtx(state_->context.get(), to.data(), to.size(), cluster.data(), cluster.size(), state_->level);
  // The only error here is a destination that is too small.
  to.resize(::ZSTD_isError(size) != 0 ? 0 : size);
}

}  // namespace keelson::qcow2
