#include "formats/erofs/index.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

namespace keelson::erofs {

namespace {

constexpr std::uint64_t kHeader = 8;
// Z_EROFS_ADVISE_*
constexpr std::uint16_t kCompact2 = 0x1;
constexpr std::uint16_t kLarge = 0x2;
constexpr std::uint16_t kLargeSecond = 0x4;
constexpr std::uint16_t kInlineTail = 0x8;
constexpr std::uint16_t kInterlaced = 0x10;
constexpr std::uint16_t kPackedTail = 0x20;
constexpr std::uint16_t kKnown = kCompact2 | kLarge | kLargeSecond | kInlineTail | kInterlaced | kPackedTail;
constexpr std::uint8_t kAllPacked = 0x80;
constexpr std::uint32_t kCountsBlocks = 1u << 11;  // of an entry within a piece: it says how many blocks that has
constexpr unsigned kOffsetBits = 12;               // of a compact entry, at least
constexpr unsigned kMostCompactBits = 14;
constexpr std::uint64_t kLargestPiece = 1u << 20;  // on the disk
constexpr std::uint64_t kMostEntries = 1u << 20;   // 4 GiB of a file in blocks of 4 KiB

enum class Kind { Plain = 0, Head = 1, Within = 2, SecondHead = 3 };

std::uint64_t rounded_up(std::uint64_t value, std::uint64_t to) { return (value + to - 1) / to * to; }

struct Entry {
  Kind kind;
  std::uint32_t offset;  // within its part of the file; of Within: how many entries back, or how many blocks
};

/// Some entries packed into 8 or 32 bytes, with a block's number at the end.
class Pack {
 public:
  Pack(Bytes bytes, unsigned count, unsigned offset_bits)
      : bytes_(std::move(bytes)),
        bits_(static_cast<unsigned>((bytes_.size() - 4) * 8) / count),
        offset_bits_(offset_bits),
        base_(ByteReader(bytes_, "erofs index").u32le(bytes_.size() - 4)) {}

  Entry entry(unsigned index) const {
    const unsigned bit = bits_ * index;
    // The last entry's four bytes may reach into the block's number, never past it.
    const std::uint32_t value = ByteReader(bytes_, "erofs index").u32le(bit / 8) >> (bit % 8);
    return {static_cast<Kind>(value >> offset_bits_ & 3), value & ((1u << offset_bits_) - 1)};
  }
  std::uint32_t base() const { return base_; }

 private:
  Bytes bytes_;
  unsigned bits_;
  unsigned offset_bits_;
  std::uint32_t base_;
};

/// A piece as the index has it: its blocks are not looked at yet, for the last one may have none.
struct Found {
  std::uint64_t start;
  Kind kind;
  std::uint64_t block;
  std::uint64_t blocks = 1;
};

class Index {
 public:
  Index(const Volume& volume, const Inode& inode) : volume_(volume), inode_(inode) {
    begin_ = rounded_up(inode.behind, 8) + kHeader;
    header_ = volume.read(begin_ - kHeader, kHeader);
    const ByteReader header(header_, "erofs map header");
    if ((header.u8(7) & kAllPacked) != 0) return;
    advice_ = header.u16le(4);
    if ((advice_ & ~kKnown) != 0)
      refuse(name(), fmt::format("is compressed in a way that is not read ({:#x})", advice_ & ~kKnown));
    bits_ = static_cast<unsigned>(std::countr_zero(volume.block_size())) + (header.u8(7) & 7u);
    if (inode.layout == Layout::CompressedCompact && bits_ > kMostCompactBits)
      refuse(name(), "has a compact index of a larger grain than 16 KiB");
    if ((advice_ & kInlineTail) != 0 && (advice_ & kPackedTail) != 0) refuse(name(), "has its end at two places");
    count_ = inode.node.size.value / grain() + (inode.node.size.value % grain() != 0 ? 1 : 0);
    if (count_ > kMostEntries) refuse(name(), "is larger than a compressed file that is read");
    // Before anything is allocated: a byte for each entry must be there, which is less than any form of them has.
    if (!volume.holds(begin_, count_)) refuse(name(), "has an index that lies behind the end");
  }

  std::vector<Piece> pieces() {
    const ByteReader header(header_, "erofs map header");
    if ((header.u8(7) & kAllPacked) != 0) {
      const std::uint64_t offset = header.u64le(0) & ~(std::uint64_t{1} << 63);
      return {{.start = 0, .offset = offset, .length = 0, .form = Form::Packed}};
    }
    if (inode_.layout == Layout::CompressedFull) {
      read_full();
    } else {
      read_compact();
    }
    if (found_.empty() || found_.front().start != 0) refuse(name(), "does not begin");
    std::vector<Piece> pieces;
    pieces.reserve(found_.size());
    for (const Found& found : found_) pieces.push_back(piece(found));
    return pieces;
  }

 private:
  std::string name() const { return fmt::format("inode {}", inode_.number); }
  std::uint64_t grain() const { return std::uint64_t{1} << bits_; }
  bool has_large() const { return (advice_ & (kLarge | kLargeSecond)) != 0; }

  compression::Codec codec(Kind kind) const {
    const unsigned both = ByteReader(header_, "erofs map header").u8(6);
    switch (kind == Kind::SecondHead ? both >> 4 : both & 15) {
      case 0:
        return compression::Codec::Lz4;
      case 1:
        return compression::Codec::MicroLzma;
      case 2:
        return compression::Codec::Deflate;
      case 3:
        return compression::Codec::Zstd;
      default:
        refuse(name(), "is compressed by an algorithm that is not known");
    }
  }

  void add(std::uint64_t number, Kind kind, std::uint32_t within, std::uint64_t block) {
    const std::uint64_t start = number * grain() + within;
    if (within >= grain()) refuse(name(), "has a piece at a wrong place");
    if (start >= inode_.node.size.value) return;  // marks the end
    if (!found_.empty() && found_.back().start >= start) refuse(name(), "has pieces out of order");
    found_.push_back({start, kind, block});
  }

  // The entry behind a piece's first one says how many blocks it has; there is none if that is one. An end that lies
  // elsewhere has no block.
  void set_blocks(std::uint64_t number, std::uint64_t blocks) {
    if (!has_large() || found_.empty() || found_.back().start / grain() + 1 != number)
      refuse(name(), "has a piece's length at a wrong place");
    if (blocks * volume_.block_size() > kLargestPiece) refuse(name(), "has a piece of a length that is not possible");
    found_.back().blocks = blocks;
  }

  Piece piece(const Found& found) const {
    const std::uint64_t size = volume_.block_size();
    Piece piece{.start = found.start, .offset = found.block * size, .length = found.blocks * size};
    const bool is_last = &found == &found_.back();
    const ByteReader header(header_, "erofs map header");
    if (is_last && (advice_ & kPackedTail) != 0) {
      const std::uint64_t high = inode_.layout == Layout::CompressedFull ? found.block << 32 : 0;
      return {.start = found.start, .offset = high | header.u32le(0), .length = 0, .form = Form::Packed};
    }
    if (is_last && (advice_ & kInlineTail) != 0) {
      piece.offset = end_;
      piece.length = header.u16le(2);
      if (piece.length == 0 || piece.length > size) refuse(name(), "has an end of a length that is not possible");
    }
    if (piece.length == 0) refuse(name(), "has a piece of no length");
    if (!volume_.holds(piece.offset, piece.length)) refuse(name(), "has a piece that lies behind the end");
    if (found.kind == Kind::Plain) {
      piece.form = (advice_ & kInterlaced) != 0 ? Form::Interlaced : Form::Plain;
    } else {
      piece.codec = codec(found.kind);
    }
    return piece;
  }

  // Eight bytes for each: kind, offset, block. They follow a second header's room.
  void read_full() {
    end_ = begin_ + 8 + count_ * 8;
    for (std::uint64_t i = 0; i < count_; ++i) {
      const Bytes bytes = volume_.read(begin_ + 8 + i * 8, 8);
      const ByteReader entry(bytes, "erofs index");
      const auto kind = static_cast<Kind>(entry.u16le(0) & 3);
      if (kind != Kind::Within) {
        add(i, kind, entry.u16le(2), entry.u32le(4));
      } else if ((entry.u16le(4) & kCountsBlocks) != 0) {
        set_blocks(i, entry.u16le(4) & (kCountsBlocks - 1));
      }
    }
  }

  // Packs of two entries up to a place that is aligned, then of sixteen as long as these fill, then of two again.
  void read_compact() {
    std::uint64_t first = (32 - begin_ % 32) / 4;
    if (first == 8) first = 0;
    first = std::min(first, count_);
    const bool has_middle = (advice_ & kCompact2) != 0 && first < count_ && bits_ <= kOffsetBits;
    const std::uint64_t middle = has_middle ? (count_ - first) / 16 * 16 : 0;
    std::uint64_t at = begin_;
    at = read_packs(at, 0, first, 2, 8);
    at = read_packs(at, first, middle, 16, 32);
    end_ = read_packs(at, first + middle, count_ - first - middle, 2, 8);
  }

  std::uint64_t read_packs(std::uint64_t at, std::uint64_t number, std::uint64_t count, unsigned each,
                           std::size_t bytes) {
    for (std::uint64_t done = 0; done < count; done += each, at += bytes) {
      const Pack pack(volume_.read(at, bytes), each, std::max(bits_, kOffsetBits));
      read_pack(pack, number + done, static_cast<unsigned>(std::min<std::uint64_t>(each, count - done)));
    }
    return at;
  }

  // Pieces follow each other on the disk from the pack's block on. Where every piece has one block, the pack tells the
  // block before its first piece; else that piece's own, or that of the piece whose length is the pack's first entry.
  void read_pack(const Pack& pack, std::uint64_t number, unsigned count) {
    std::uint64_t block = pack.base() + (has_large() ? 0u : 1u);
    bool was_head = false;
    for (unsigned i = 0; i < count; ++i) {
      const Entry entry = pack.entry(i);
      if (entry.kind != Kind::Within) {
        add(number + i, entry.kind, entry.offset, block++);
      } else if (has_large() && (entry.offset & kCountsBlocks) != 0) {
        const std::uint64_t blocks = entry.offset & (kCountsBlocks - 1);
        set_blocks(number + i, blocks);
        block += was_head ? blocks - 1 : blocks;
      }
      was_head = entry.kind != Kind::Within;
    }
  }

  const Volume& volume_;
  const Inode& inode_;
  Bytes header_;
  std::uint16_t advice_ = 0;
  unsigned bits_ = 0;  // of the grain
  std::uint64_t begin_ = 0;
  std::uint64_t end_ = 0;  // of the index: an end of the file may follow
  std::uint64_t count_ = 0;
  std::vector<Found> found_;
};

}  // namespace

std::vector<Piece> read_index(const Volume& volume, const Inode& inode) { return Index(volume, inode).pieces(); }

}  // namespace keelson::erofs
