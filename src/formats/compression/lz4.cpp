#include "formats/compression/lz4.h"

#include <algorithm>
#include <cstdint>

#include "formats/compression/codec.h"

namespace keelson::compression {

namespace {

class Decoder {
 public:
  Decoder(ByteView block, std::span<std::byte> to) : block_(block), to_(to) {}

  std::size_t run() {
    while (filled_ < to_.size()) {
      const unsigned token = next();
      copy_literals(length(token >> 4));
      if (filled_ == to_.size() || at_ == block_.size()) break;  // the last sequence has no match
      const std::size_t low = next();
      const std::size_t distance = low | static_cast<std::size_t>(next()) << 8;
      copy_match(distance, length(token & 15) + 4);
    }
    return filled_;
  }

 private:
  unsigned next() {
    if (at_ == block_.size()) refuse(Codec::Lz4, "it ends too early");
    return std::to_integer<unsigned>(block_[at_++]);
  }

  std::size_t length(unsigned count) {
    std::size_t sum = count;
    if (count < 15) return sum;
    for (unsigned more = 255; more == 255; sum += more) more = next();
    return sum;
  }

  void copy_literals(std::size_t count) {
    count = std::min(count, to_.size() - filled_);
    if (count > block_.size() - at_) refuse(Codec::Lz4, "it ends too early");
    std::copy_n(block_.begin() + static_cast<std::ptrdiff_t>(at_), count,
                to_.begin() + static_cast<std::ptrdiff_t>(filled_));
    at_ += count;
    filled_ += count;
  }

  // A match that overlaps what it writes goes byte by byte.
  void copy_match(std::size_t distance, std::size_t count) {
    if (distance == 0 || distance > filled_) refuse(Codec::Lz4, "it refers to what is not there");
    count = std::min(count, to_.size() - filled_);
    if (distance >= count) {
      std::copy_n(to_.begin() + static_cast<std::ptrdiff_t>(filled_ - distance), count,
                  to_.begin() + static_cast<std::ptrdiff_t>(filled_));
      filled_ += count;
      return;
    }
    for (; count > 0; --count, ++filled_) to_[filled_] = to_[filled_ - distance];
  }

  ByteView block_;
  std::span<std::byte> to_;
  std::size_t at_ = 0;
  std::size_t filled_ = 0;
};

}  // namespace

std::size_t decompress_lz4(ByteView block, std::span<std::byte> to) { return Decoder(block, to).run(); }

}  // namespace keelson::compression
