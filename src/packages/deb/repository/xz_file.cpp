#include "packages/deb/repository/xz_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <lzma.h>

#include "base/error.h"
#include "crypto/hash.h"
#include "sys/file.h"

namespace keelson::deb {

namespace {

constexpr std::uint64_t kMemory = std::uint64_t{192} << 20;
constexpr std::size_t kPiece = std::size_t{1} << 20;

struct Decoder {
  lzma_stream stream = LZMA_STREAM_INIT;
  Decoder() {
    if (lzma_stream_decoder(&stream, kMemory, LZMA_CONCATENATED) != LZMA_OK) {
      throw Error(ErrorKind::Unavailable, "cannot start the xz decoder: out of memory");
    }
  }
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;
  ~Decoder() { lzma_end(&stream); }
};

}  // namespace

void decompress_xz(const std::filesystem::path& source, const std::filesystem::path& destination, ByteCount size,
                   const Sha256& sha256, std::string_view name) {
  const UniqueFd input = open_file(source, O_RDONLY);
  const UniqueFd output = open_file(destination, O_WRONLY | O_CREAT | O_EXCL);
  Decoder decoder;
  lzma_stream& stream = decoder.stream;
  Bytes in(kPiece);
  Bytes out(kPiece);
  Sha256Hasher hasher;
  std::uint64_t done = 0;
  lzma_ret result = LZMA_OK;
  lzma_action action = LZMA_RUN;
  while (result == LZMA_OK) {
    if (stream.avail_in == 0 && action == LZMA_RUN) {
      stream.next_in = reinterpret_cast<std::uint8_t*>(in.data());
      stream.avail_in = read_up_to(input.get(), in, source.native());
      if (stream.avail_in == 0) action = LZMA_FINISH;
    }
    stream.next_out = reinterpret_cast<std::uint8_t*>(out.data());
    stream.avail_out = out.size();
    result = lzma_code(&stream, action);
    const ByteView piece = ByteView(out).first(out.size() - stream.avail_out);
    done += piece.size();
    if (done > size.value) break;  // before it is written: a bomb must not fill the disk
    hasher.update(piece);
    write_all(output.get(), piece, destination.native());
  }
  if (result != LZMA_STREAM_END && done <= size.value) {
    throw Error(ErrorKind::BadInput, fmt::format("cannot decompress '{}': it is damaged or no .xz file", name));
  }
  if (done != size.value || hasher.finish() != sha256) {
    throw Error(ErrorKind::Refused,
                fmt::format("cannot verify '{}': its content differs from the signed Release", name),
                "the mirror may be mid-update; run again");
  }
}

}  // namespace keelson::deb
