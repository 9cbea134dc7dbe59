#include "formats/compression/lzo.h"

#include <algorithm>

#include "formats/compression/codec.h"

namespace keelson::compression {

namespace {

class Decoder {
 public:
  Decoder(ByteView from, std::span<std::byte> to) : from_(from), to_(to) {}

  std::size_t run() {
    start();
    while (step()) {
    }
    if (at_ != from_.size()) fail("more follows its end");
    return filled_;
  }

 private:
  [[noreturn]] static void fail(std::string_view why) { refuse(Codec::Lzo, why); }

  std::size_t byte() {
    if (at_ == from_.size()) fail("it has no end");
    return std::to_integer<std::size_t>(from_[at_++]);
  }

  // A length whose bits in the instruction are all zero goes on in the bytes that follow.
  std::size_t length(std::size_t bits, std::size_t largest) {
    if (bits != 0) return bits;
    std::size_t length = largest;
    std::size_t next = byte();
    for (; next == 0; next = byte()) length += 255;
    return length + next;
  }

  void literals(std::size_t count) {
    if (count > from_.size() - at_ || count > to_.size() - filled_) fail("its literals do not fit");
    std::ranges::copy(from_.subspan(at_, count), to_.begin() + static_cast<std::ptrdiff_t>(filled_));
    at_ += count;
    filled_ += count;
  }

  // A copy may reach into what it writes itself: so byte by byte.
  void copy(std::size_t distance, std::size_t count, std::size_t literals_after) {
    if (distance > filled_) fail("it copies from before its start");
    if (count > to_.size() - filled_) fail("its copies do not fit");
    for (; count > 0; --count, ++filled_) to_[filled_] = to_[filled_ - distance];
    follow(literals_after);
  }

  void follow(std::size_t count) {
    literals(count);
    literals_before_ = count;
  }

  void start() {
    if (from_.empty() || std::to_integer<std::size_t>(from_[0]) <= 17) return;
    const std::size_t count = byte() - 17;
    literals(count);
    literals_before_ = std::min(count, kMany);
  }

  // One instruction; false for the one that ends it.
  bool step() {
    const std::size_t code = byte();
    if (code >= 128) {
      const std::size_t high = byte();
      copy((high << 3) + (code >> 2 & 7) + 1, 5 + (code >> 5 & 3), code & 3);
    } else if (code >= 64) {
      const std::size_t high = byte();
      copy((high << 3) + (code >> 2 & 7) + 1, 3 + (code >> 5 & 1), code & 3);
    } else if (code >= 32) {
      const std::size_t count = 2 + length(code & 31, 31);
      const std::size_t low = byte();
      copy((low >> 2) + (byte() << 6) + 1, count, low & 3);
    } else if (code >= 16) {
      return copy_far(code);
    } else {
      step_by_state(code);
    }
    return true;
  }

  bool copy_far(std::size_t code) {
    const std::size_t count = 2 + length(code & 7, 7);
    const std::size_t low = byte();
    const std::size_t distance = 16384 + ((code & 8) << 11) + (low >> 2) + (byte() << 6);
    if (distance == 16384) return false;
    copy(distance, count, low & 3);
    return true;
  }

  // What the small codes mean depends on how many literals came before.
  void step_by_state(std::size_t code) {
    if (literals_before_ == 0) {
      literals(3 + length(code, 15));
      literals_before_ = kMany;
      return;
    }
    const bool many = literals_before_ == kMany;
    const std::size_t high = byte();
    copy((high << 2) + (code >> 2) + (many ? 2049 : 1), many ? 3 : 2, code & 3);
  }

  static constexpr std::size_t kMany = 4;

  ByteView from_;
  std::span<std::byte> to_;
  std::size_t at_ = 0;
  std::size_t filled_ = 0;
  std::size_t literals_before_ = 0;
};

}  // namespace

std::size_t decompress_lzo1x(ByteView from, std::span<std::byte> to) { return Decoder(from, to).run(); }

}  // namespace keelson::compression
