#include "initrd/compressor.h"

#include <fmt/format.h>
#include <zstd.h>

#include "base/error.h"

namespace keelson::initrd {
namespace {

std::size_t checked(std::size_t result) {
  if (ZSTD_isError(result))
    throw Error(ErrorKind::Internal, fmt::format("cannot compress 'initrd': {}", ZSTD_getErrorName(result)));
  return result;
}

}  // namespace

struct Compressor::State {
  std::unique_ptr<ZSTD_CCtx, std::size_t (*)(ZSTD_CCtx*)> context{ZSTD_createCCtx(), ZSTD_freeCCtx};
  Bytes piece = Bytes(ZSTD_CStreamOutSize());
  Bytes output;

  /// Feeds `bytes` until they are taken; at the end until all is flushed.
  void run(ByteView bytes, ZSTD_EndDirective directive) {
    ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
    for (;;) {
      ZSTD_outBuffer out{piece.data(), piece.size(), 0};
      const std::size_t left = checked(ZSTD_compressStream2(context.get(), &out, &in, directive));
      output.insert(output.end(), piece.begin(), piece.begin() + static_cast<std::ptrdiff_t>(out.pos));
      if (directive == ZSTD_e_end ? left == 0 : in.pos == in.size) return;
    }
  }
};

Compressor::Compressor(int level) : state_(std::make_unique<State>()) {
  if (!state_->context) throw Error(ErrorKind::Unavailable, "cannot compress 'initrd': no memory");
  checked(ZSTD_CCtx_setParameter(state_->context.get(), ZSTD_c_compressionLevel, level));
  checked(ZSTD_CCtx_setParameter(state_->context.get(), ZSTD_c_checksumFlag, 1));
}

Compressor::~Compressor() = default;

void Compressor::add(ByteView bytes) {
  // The archive comes in headers and names of some bytes: zstd gathers them itself.
  state_->run(bytes, ZSTD_e_continue);
}

Bytes Compressor::finish() {
  state_->run({}, ZSTD_e_end);
  return std::move(state_->output);
}

}  // namespace keelson::initrd
