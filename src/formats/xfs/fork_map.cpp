// A fork's extents: a list within the inode, or a B+tree whose root is there.
#include <fmt/format.h>

#include "formats/xfs/volume.h"

namespace keelson::xfs {

namespace {

constexpr std::uint32_t kMagic4 = 0x424D4150;  // "BMAP"
constexpr std::uint32_t kMagic5 = 0x424D4133;  // "BMA3"
constexpr std::size_t kHeader4 = 24;
constexpr std::size_t kHeader5 = 72;
constexpr std::size_t kChecksumAt = 64;
constexpr std::size_t kRecordSize = 16;
constexpr unsigned kMostLevels = 9;
constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 63;  // of any file

// Every record begins after the one before it ends, and no block of the tree is empty: so no block can be met twice,
// and the tree is finite.
class MapReader {
 public:
  MapReader(const Volume& volume, std::string_view owner) : volume_(volume), owner_(owner) {}

  ForkMap read(const Fork& fork) {
    const ByteReader reader(fork.bytes, "xfs fork");
    if (fork.format == ForkFormat::Extents) {
      if (fork.extents > fork.bytes.size() / kRecordSize) refuse(owner_, "it has more extents than fit into it");
      for (std::size_t i = 0; i < fork.extents; ++i) add(reader, i * kRecordSize);
    } else if (fork.format == ForkFormat::Tree) {
      read_root(reader);
    } else {
      refuse(owner_, "its content is not mapped to blocks");
    }
    return std::move(map_);
  }

 private:
  void read_root(const ByteReader& root) {
    const unsigned level = root.u16be(0);
    const std::size_t count = root.u16be(2);
    const std::size_t most = (root.size() - 4) / 16;
    if (level == 0 || level > kMostLevels || count == 0 || count > most)
      refuse(owner_, "the root of its extents is broken");
    for (std::size_t i = 0; i < count; ++i) read_block(root.u64be(4 + most * 8 + i * 8), level - 1);
  }

  void read_block(std::uint64_t number, unsigned level) {
    const bool v5 = volume_.superblock().v5;
    const Bytes block = volume_.read_block(number, owner_);
    const ByteReader reader(block, "xfs extents");
    const std::size_t header = v5 ? kHeader5 : kHeader4;
    if (reader.u32be(0) != (v5 ? kMagic5 : kMagic4)) refuse(owner_, "a block of extents has no magic number");
    if (v5) check_checksum(block, kChecksumAt, owner_);
    const std::size_t count = reader.u16be(6);
    const std::size_t most = (block.size() - header) / 16;
    if (reader.u16be(4) != level || count == 0 || count > most) refuse(owner_, "a block of extents is broken");
    for (std::size_t i = 0; i < count; ++i) {
      if (level == 0)
        add(reader, header + i * kRecordSize);
      else
        descend(reader.u64be(header + i * 8), reader.u64be(header + most * 8 + i * 8), level - 1);
    }
  }

  void descend(std::uint64_t first, std::uint64_t block, unsigned level) {
    if (first < next_) refuse(owner_, fmt::format("block {} is out of order", first));
    read_block(block, level);
  }

  // 1 bit "unwritten", 54 bits of the fork's block, 52 of the disk's, 21 of the count.
  void add(const ByteReader& reader, std::size_t at) {
    const std::uint64_t high = reader.u64be(at);
    const std::uint64_t low = reader.u64be(at + 8);
    const std::uint64_t logical = (high & ~(std::uint64_t{1} << 63)) >> 9;
    const std::uint64_t physical = (high & 0x1ff) << 43 | low >> 21;
    const std::uint64_t count = low & 0x1fffff;
    const std::uint64_t most = kMostBytes / volume_.superblock().block_size;
    if (logical < next_ || count == 0 || count > most || logical > most - count) {
      refuse(owner_, fmt::format("{} blocks from {} on are out of order", count, logical));
    }
    next_ = logical + count;
    const std::uint64_t first = volume_.linear(physical, count, owner_);
    if (high >> 63 == 0) map_.push_back({logical, first, count});
  }

  const Volume& volume_;
  std::string_view owner_;
  std::uint64_t next_ = 0;
  ForkMap map_;
};

}  // namespace

ForkMap Volume::read_map(const Fork& fork, std::string_view owner) const { return MapReader(*this, owner).read(fork); }

}  // namespace keelson::xfs
