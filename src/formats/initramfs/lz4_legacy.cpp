#include "formats/initramfs/lz4_legacy.h"

#include <algorithm>
#include <cstdint>

#include "base/error.h"

namespace keelson::initramfs {

namespace {

constexpr std::size_t kMagicSize = 4;
constexpr std::uint32_t kMagic = 0x184c2102;
constexpr std::size_t kBlock = 8u << 20;                                // of content
constexpr std::size_t kLargestCompressed = kBlock + kBlock / 255 + 16;  // of what can't be compressed

[[noreturn]] void refuse() { throw Error(ErrorKind::BadInput, "cannot unpack: its lz4 data is damaged"); }

std::uint32_t little32(ByteView bytes) {
  std::uint32_t value = 0;
  for (int i = 3; i >= 0; --i) value = value << 8 | std::to_integer<std::uint32_t>(bytes[static_cast<std::size_t>(i)]);
  return value;
}

class Block {
 public:
  Block(ByteView from, Bytes& to) : from_(from), to_(to) {}

  // @return how much of `to` is filled. The last sequence has literals only.
  std::size_t decode() {
    for (;;) {
      const unsigned token = next();
      copy_literals(length(token >> 4));
      if (at_ == from_.size()) return filled_;
      const std::size_t low = next();
      const std::size_t distance = low | static_cast<std::size_t>(next()) << 8;
      copy_match(distance, length(token & 15) + 4);
    }
  }

 private:
  unsigned next() {
    if (at_ == from_.size()) refuse();
    return std::to_integer<unsigned>(from_[at_++]);
  }

  std::size_t length(unsigned nibble) {
    std::size_t sum = nibble;
    if (nibble < 15) return sum;
    for (unsigned more = 255; more == 255; sum += more) more = next();
    return sum;
  }

  void copy_literals(std::size_t count) {
    if (count > from_.size() - at_ || count > to_.size() - filled_) refuse();
    std::copy_n(from_.begin() + static_cast<std::ptrdiff_t>(at_), count,
                to_.begin() + static_cast<std::ptrdiff_t>(filled_));
    at_ += count;
    filled_ += count;
  }

  // A match may overlap what it writes.
  void copy_match(std::size_t distance, std::size_t count) {
    if (distance == 0 || distance > filled_ || count > to_.size() - filled_) refuse();
    for (; count > 0; --count, ++filled_) to_[filled_] = to_[filled_ - distance];
  }

  ByteView from_;
  Bytes& to_;
  std::size_t at_ = 0;
  std::size_t filled_ = 0;
};

}  // namespace

std::size_t unpack_lz4_legacy(ByteView bytes, const Sink& sink) {
  std::size_t at = kMagicSize;
  Bytes content(kBlock);
  while (bytes.size() - at >= 4) {
    const std::uint32_t size = little32(bytes.subspan(at));
    if (size == 0) break;  // what follows is padding
    at += 4;
    if (size == kMagic) continue;  // frames that were put together
    if (size > kLargestCompressed || size > bytes.size() - at) refuse();
    sink(ByteView(content).first(Block(bytes.subspan(at, size), content).decode()));
    at += size;
  }
  return at;
}

}  // namespace keelson::initramfs
