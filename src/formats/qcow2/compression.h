/// Compressed clusters: one cluster's bytes as a raw deflate stream (by zlib) or a zstd frame.
/// Spec: QEMU docs/interop/qcow2.rst, "Compressed Clusters" and header field "compression_type".
#pragma once

#include <memory>
#include <span>

#include "base/bytes.h"
#include "formats/qcow2/header.h"

namespace keelson::qcow2 {

/// Fills `to`, one whole cluster. What follows the stream in `compressed` is not looked at: its length is only known
/// in sectors. @throws Error(BadInput) if the stream is broken or too short.
void decompress(Compression type, ByteView compressed, std::span<std::byte> to);

/// Compresses clusters by zstd, one after the other, with one set of tables. The same bytes always give the same.
class Compressor {
 public:
  /// @param level zstd's, 1 to 19.
  explicit Compressor(int level);
  ~Compressor();
  Compressor(Compressor&&) noexcept;
  Compressor& operator=(Compressor&&) noexcept;

  /// Replaces `to`; it stays empty when compressing saves not even one sector of 512 bytes.
  void compress(ByteView cluster, Bytes& to);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace keelson::qcow2
