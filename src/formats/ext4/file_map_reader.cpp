// The two forms in which an inode maps its content to blocks.
#include <fmt/format.h>

#include "base/crc32c.h"
#include "formats/ext4/file_map.h"

namespace keelson::ext4 {

namespace {

constexpr std::uint64_t kMostBlocks = std::uint64_t{1} << 32;  // block numbers within a file are 32 bits wide
constexpr std::uint16_t kExtentMagic = 0xF30A;
constexpr unsigned kMostLevels = 5;
constexpr std::size_t kRecordSize = 12;               // header, index and extent alike
constexpr std::uint32_t kMostWrittenLength = 0x8000;  // a longer extent is unwritten, and this much shorter

// Extends the last extent where the next one goes on from it.
void append(FileMap& map, const Extent& extent) {
  if (!map.empty() && map.back().end() == extent.logical && map.back().physical + map.back().count == extent.physical) {
    map.back().count += extent.count;
  } else {
    map.push_back(extent);
  }
}

// Spec: "Extent Tree". Each node may only hold blocks of the range that its index gives it, every range begins after
// the one before, and no node but the root is empty: so no node can be met twice, and the tree is finite.
class ExtentTree {
 public:
  ExtentTree(const Volume& volume, const Inode& inode, std::uint64_t end)
      : volume_(volume), inode_(inode), name_(fmt::format("extents of {}", inode.name())), end_(end) {}

  FileMap read() {
    const ByteReader root(inode_.map, "ext4 extents");
    const unsigned depth = root.u16le(6);
    if (depth > kMostLevels) refuse(name_, fmt::format("a tree of {} levels is deeper than 5", depth));
    if (root.u16le(2) != 0)
      read_node(inode_.map, depth, 0, kMostBlocks);
    else
      check_header(inode_.map, depth);
    return std::move(map_);
  }

 private:
  std::size_t check_header(ByteView node, unsigned depth) const {
    const ByteReader reader(node, "ext4 extents");
    const std::size_t count = reader.u16le(2);
    const std::size_t most = reader.u16le(4);
    if (reader.u16le(0) != kExtentMagic) refuse(name_, "a node has no magic number");
    if (reader.u16le(6) != depth) refuse(name_, "a node is of another level than its parent says");
    if (count > most || most > node.size() / kRecordSize - 1) refuse(name_, "a node has more entries than fit into it");
    return count;
  }

  void read_node(ByteView node, unsigned depth, std::uint64_t first, std::uint64_t end) {
    const std::size_t count = check_header(node, depth);
    if (count == 0) refuse(name_, "a node is empty");
    const ByteReader reader(node, "ext4 extents");
    for (std::size_t i = 1; i <= count; ++i) {
      const std::uint64_t logical = reader.u32le(i * kRecordSize);
      if (logical < first || logical >= end) refuse(name_, fmt::format("block {} is out of order", logical));
      if (depth == 0) {
        first = read_extent(reader, i * kRecordSize, end);
        continue;
      }
      const std::uint64_t next = i < count ? reader.u32le((i + 1) * kRecordSize) : end;
      if (next <= logical) refuse(name_, fmt::format("block {} is out of order", next));
      read_child(reader, i * kRecordSize, depth - 1, next);
      first = next;
    }
  }

  void read_child(const ByteReader& reader, std::size_t at, unsigned depth, std::uint64_t end) {
    const std::uint64_t logical = reader.u32le(at);
    if (logical >= end_) return;  // beyond the file's size
    const std::uint64_t block = reader.u32le(at + 4) | std::uint64_t{reader.u16le(at + 8)} << 32;
    const Bytes node = volume_.read_block(block, name_);
    check_checksum(node);
    read_node(node, depth, logical, end);
  }

  // The CRC of a node stands behind the last entry that there is room for.
  void check_checksum(ByteView node) const {
    if (!volume_.superblock().has_checksums()) return;
    const ByteReader reader(node, "ext4 extents");
    const std::size_t at = kRecordSize * (1 + std::size_t{reader.u16le(4)});
    if (reader.u32le(at) != crc32c(inode_.checksum_seed, node.first(at))) refuse(name_, "a node's checksum is wrong");
  }

  std::uint64_t read_extent(const ByteReader& reader, std::size_t at, std::uint64_t end) {
    const std::uint64_t logical = reader.u32le(at);
    std::uint64_t count = reader.u16le(at + 4);
    const bool unwritten = count > kMostWrittenLength;
    if (unwritten) count -= kMostWrittenLength;
    if (count == 0 || count > end - logical) {
      refuse(name_, fmt::format("{} blocks from {} on are more than there is room for", count, logical));
    }
    const std::uint64_t physical = reader.u32le(at + 8) | std::uint64_t{reader.u16le(at + 6)} << 32;
    volume_.check_blocks(physical, count, name_);
    if (!unwritten && logical < end_) append(map_, {logical, physical, std::min(count, end_ - logical)});
    return logical + count;
  }

  const Volume& volume_;
  const Inode& inode_;
  std::string name_;
  std::uint64_t end_;
  FileMap map_;
};

// Spec: "Direct/Indirect Block Addressing". A sound file names no block twice, so it names at most as many as there
// are: this ends a map whose blocks name each other.
class BlockMap {
 public:
  BlockMap(const Volume& volume, const Inode& inode, std::uint64_t end)
      : volume_(volume),
        name_(fmt::format("block map of {}", inode.name())),
        inode_(inode),
        end_(end),
        left_(volume.superblock().blocks) {}

  FileMap read() {
    const ByteReader reader(inode_.map, "ext4 block map");
    for (std::size_t i = 0; i < 12; ++i) visit(reader.u32le(4 * i), 0);
    for (unsigned level = 1; level <= 3; ++level) visit(reader.u32le(4 * (11 + level)), level);
    return std::move(map_);
  }

 private:
  // `level` 0 is a block of content; above it, a block of numbers of the level below.
  void visit(std::uint32_t block, unsigned level) {
    if (next_ >= end_) return;
    if (block == 0) {
      next_ += blocks_below(level);
      return;
    }
    if (left_-- == 0) refuse(name_, "it names more blocks than the file system has");
    if (level == 0) {
      volume_.check_blocks(block, 1, name_);
      append(map_, {next_++, block, 1});
      return;
    }
    const Bytes numbers = volume_.read_block(block, name_);
    const ByteReader reader(numbers, "ext4 block map");
    for (std::size_t at = 0; at < numbers.size() && next_ < end_; at += 4) visit(reader.u32le(at), level - 1);
  }

  std::uint64_t blocks_below(unsigned level) const {
    std::uint64_t count = 1;
    for (; level > 0; --level) count *= volume_.superblock().block_size / 4;
    return count;
  }

  const Volume& volume_;
  std::string name_;
  const Inode& inode_;
  std::uint64_t end_;
  std::uint64_t left_;
  std::uint64_t next_ = 0;
  FileMap map_;
};

}  // namespace

FileMap read_file_map(const Volume& volume, const Inode& inode) {
  const std::uint64_t block_size = volume.superblock().block_size;
  const std::uint64_t end = inode.size / block_size + (inode.size % block_size != 0 ? 1 : 0);
  if (end > kMostBlocks) refuse(inode.name(), fmt::format("a size of {} bytes is not possible", inode.size));
  if ((inode.flags & kMapsExtents) != 0) return ExtentTree(volume, inode, end).read();
  return BlockMap(volume, inode, end).read();
}

}  // namespace keelson::ext4
