#include "formats/erofs/lz4.h"

#include <algorithm>
#include <cstdint>

#include "formats/erofs/volume.h"

namespace keelson::erofs {

namespace {

class Decoder {
 public:
  Decoder(ByteView block, std::span<std::byte> to) : block_(block), to_(to) {}

  void run() {
    while (filled_ < to_.size()) {
      const unsigned token = next();
      copy_literals(length(token >> 4));
      if (filled_ == to_.size()) return;
      const std::size_t low = next();
      const std::size_t distance = low | static_cast<std::size_t>(next()) << 8;
      copy_match(distance, length(token & 15) + 4);
    }
  }

 private:
  unsigned next() {
    if (at_ == block_.size()) refuse("a compressed block", "ends too early");
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
    if (count > block_.size() - at_) refuse("a compressed block", "ends too early");
    std::copy_n(block_.begin() + static_cast<std::ptrdiff_t>(at_), count,
                to_.begin() + static_cast<std::ptrdiff_t>(filled_));
    at_ += count;
    filled_ += count;
  }

  // A match may overlap what it writes: byte by byte.
  void copy_match(std::size_t distance, std::size_t count) {
    if (distance == 0 || distance > filled_) refuse("a compressed block", "refers to what is not there");
    count = std::min(count, to_.size() - filled_);
    for (; count > 0; --count, ++filled_) to_[filled_] = to_[filled_ - distance];
  }

  ByteView block_;
  std::span<std::byte> to_;
  std::size_t at_ = 0;
  std::size_t filled_ = 0;
};

}  // namespace

void decompress_lz4(ByteView block, std::span<std::byte> to) { Decoder(block, to).run(); }

}  // namespace keelson::erofs
