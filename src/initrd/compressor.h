/// Compresses a stream with zstd on one thread, so that the same input and level give the same bytes.
#pragma once

#include <memory>

#include "base/bytes.h"

namespace keelson::initrd {

class Compressor {
 public:
  explicit Compressor(int level);
  ~Compressor();
  Compressor(const Compressor&) = delete;
  Compressor& operator=(const Compressor&) = delete;

  void add(ByteView bytes);
  /// The whole frame, with a checksum; the compressor must not be used afterwards.
  Bytes finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace keelson::initrd
