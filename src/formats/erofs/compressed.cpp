#include "formats/erofs/compressed.h"

#include <fmt/format.h>

#include <algorithm>

#include "formats/compression/lz4.h"

namespace keelson::erofs {

namespace {

constexpr std::uint64_t kHeader = 8;
constexpr std::uint16_t kCompact2 = 0x1;     // Z_EROFS_ADVISE_COMPACTED_2B
constexpr std::uint16_t kKnown = kCompact2;  // what else there is: large pieces, tails, fragments
constexpr unsigned kOffsetBits = 12;
constexpr std::uint64_t kLargestPiece = 16u << 20;
constexpr std::uint64_t kLargestFile = std::uint64_t{4} << 30;  // a million pieces

enum class Kind { Plain = 0, Head = 1, Within = 2, SecondHead = 3 };

std::uint64_t rounded_up(std::uint64_t value, std::uint64_t to) { return (value + to - 1) / to * to; }

struct Entry {
  Kind kind;
  std::uint32_t offset;  // within its 4 KiB of the file; of Within: how many entries back
};

/// Some entries packed into 8 or 32 bytes, with the number of the block before their first one at the end.
class Pack {
 public:
  Pack(Bytes bytes, unsigned count)
      : bytes_(std::move(bytes)),
        bits_(static_cast<unsigned>((bytes_.size() - 4) * 8) / count),
        base_(ByteReader(bytes_, "erofs index").u32le(bytes_.size() - 4)) {}

  Entry entry(unsigned index) const {
    const unsigned bit = bits_ * index;
    // The last entry's four bytes may reach into the block's number, never past it.
    const std::uint32_t value = ByteReader(bytes_, "erofs index").u32le(bit / 8) >> (bit % 8);
    return {static_cast<Kind>(value >> kOffsetBits & 3), value & ((1u << kOffsetBits) - 1)};
  }
  std::uint32_t base() const { return base_; }

 private:
  Bytes bytes_;
  unsigned bits_;
  std::uint32_t base_;
};

class Index {
 public:
  Index(const Volume& volume, const Inode& inode) : volume_(volume), inode_(inode) {
    begin_ = rounded_up(inode.behind, 8) + kHeader;
    const Bytes bytes = volume.read(begin_ - kHeader, kHeader);
    const ByteReader header(bytes, "erofs map header");
    if ((header.u16le(4) & ~kKnown) != 0) refuse(name(), "is compressed in a way that is not read");
    if (header.u8(6) != 0) refuse(name(), "is compressed by another algorithm than LZ4");
    if (header.u8(7) != 0) refuse(name(), "has an index of another grain than 4 KiB");
    compact2_ = (header.u16le(4) & kCompact2) != 0;
    if (inode.node.size.value > kLargestFile) refuse(name(), "is larger than a compressed file that is read");
    count_ = rounded_up(inode.node.size.value, kBlockSize) / kBlockSize;
    // Before anything is allocated: two bytes for each entry must be there.
    if (!volume.holds(begin_, count_ * 2)) refuse(name(), "has an index that lies behind the end");
  }

  std::vector<Piece> pieces() {
    if (inode_.layout == Layout::CompressedFull) {
      read_full();
    } else {
      read_compact();
    }
    if (pieces_.empty() || pieces_.front().start != 0) refuse(name(), "does not begin");
    return std::move(pieces_);
  }

 private:
  std::string name() const { return fmt::format("inode {}", inode_.number); }

  void add(std::uint64_t number, Kind kind, std::uint32_t within, std::uint64_t block) {
    const std::uint64_t start = number * kBlockSize + within;
    if (kind == Kind::SecondHead) refuse(name(), "is compressed by two algorithms");
    if (within >= kBlockSize) refuse(name(), "has a piece at a wrong place");
    if (start >= inode_.node.size.value) return;  // marks the end
    if (!pieces_.empty() && pieces_.back().start >= start) refuse(name(), "has pieces out of order");
    if (!volume_.holds(block * kBlockSize, kBlockSize)) refuse(name(), "has a piece that lies behind the end");
    pieces_.push_back({start, block * kBlockSize, kind == Kind::Plain});
  }

  // Eight bytes for each: kind, offset, block. They follow a second header's room.
  void read_full() {
    for (std::uint64_t i = 0; i < count_; ++i) {
      const Bytes bytes = volume_.read(begin_ + 8 + i * 8, 8);
      const ByteReader entry(bytes, "erofs index");
      const auto kind = static_cast<Kind>(entry.u16le(0) & 3);
      if (kind != Kind::Within) add(i, kind, entry.u16le(2), entry.u32le(4));
    }
  }

  // Packs of two entries up to a place that is aligned, then of sixteen as long as these fill, then of two again.
  void read_compact() {
    std::uint64_t first = (32 - begin_ % 32) / 4;
    if (first == 8) first = 0;
    first = std::min(first, count_);
    const std::uint64_t middle = compact2_ && first < count_ ? (count_ - first) / 16 * 16 : 0;
    std::uint64_t at = begin_;
    at = read_packs(at, 0, first, 2, 8);
    at = read_packs(at, first, middle, 16, 32);
    read_packs(at, first + middle, count_ - first - middle, 2, 8);
  }

  // A head's block is the pack's base and one for itself and each head before it in the pack.
  std::uint64_t read_packs(std::uint64_t at, std::uint64_t number, std::uint64_t count, unsigned each,
                           std::size_t bytes) {
    for (std::uint64_t done = 0; done < count; done += each, at += bytes) {
      const Pack pack(volume_.read(at, bytes), each);
      std::uint64_t block = pack.base();
      for (unsigned i = 0; i < std::min<std::uint64_t>(each, count - done); ++i) {
        const Entry entry = pack.entry(i);
        if (entry.kind != Kind::Within) add(number + done + i, entry.kind, entry.offset, ++block);
      }
    }
    return at;
  }

  const Volume& volume_;
  const Inode& inode_;
  std::uint64_t begin_ = 0;
  std::uint64_t count_ = 0;
  bool compact2_ = false;
  std::vector<Piece> pieces_;
};

// Compressed bytes end with their block; zeros stand before them.
Bytes content_of(const Volume& volume, const Piece& piece, std::uint64_t length) {
  if (length > kLargestPiece || (piece.is_plain && length > kBlockSize)) refuse("a piece", "is larger than it can be");
  const Bytes block = volume.read(piece.offset, kBlockSize);
  Bytes content(static_cast<std::size_t>(length));
  if (piece.is_plain) {
    std::copy_n(block.begin(), content.size(), content.begin());
    return content;
  }
  const auto begin = std::find_if(block.begin(), block.end(), [](std::byte b) { return b != std::byte{0}; });
  const auto compressed = ByteView(block).subspan(static_cast<std::size_t>(begin - block.begin()));
  if (compression::decompress_lz4(compressed, content) != content.size()) refuse("a piece", "ends too early");
  return content;
}

}  // namespace

std::vector<Piece> pieces_of(const Volume& volume, const Inode& inode) { return Index(volume, inode).pieces(); }

void read_pieces(const Volume& volume, const std::vector<Piece>& pieces, std::uint64_t size, std::uint64_t offset,
                 std::span<std::byte> to) {
  auto piece = std::upper_bound(pieces.begin(), pieces.end(), offset,
                                [](std::uint64_t at, const Piece& one) { return at < one.start; });
  --piece;  // the first one starts at 0
  while (!to.empty()) {
    const std::uint64_t end = piece + 1 == pieces.end() ? size : (piece + 1)->start;
    const Bytes content = content_of(volume, *piece, end - piece->start);
    const std::uint64_t skip = offset - piece->start;
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(to.size(), content.size() - skip));
    std::copy_n(content.begin() + static_cast<std::ptrdiff_t>(skip), count, to.begin());
    to = to.subspan(count);
    offset += count;
    ++piece;
  }
}

}  // namespace keelson::erofs
