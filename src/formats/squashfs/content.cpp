#include "formats/squashfs/content.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"

namespace keelson::squashfs {

namespace {

constexpr std::uint32_t kStored = 1u << 24;
constexpr std::uint64_t kGrain = 64;       // of the places that a list keeps
constexpr std::size_t kReadAtOnce = 2048;  // entries of a list
constexpr std::size_t kBlocksKept = 16u << 20;
constexpr std::size_t kListsKept = 72u << 20;  // the longest one, and some
constexpr std::uint64_t kFragmentsInBlock = kMetadataSize / 16;

std::uint32_t length_on_disk(std::uint32_t entry) { return entry & (kStored - 1); }

}  // namespace

// Nothing is allocated for entries that are not there: the list grows as it is read.
BlockList::BlockList(const Metadata& metadata, const Superblock& superblock, const Inode& inode) {
  MetadataCursor cursor(metadata, inode.behind, superblock.folder_table);
  std::uint64_t at = inode.first_block;
  while (lengths_.size() < inode.blocks) {
    const Bytes bytes = cursor.read(std::min<std::size_t>(kReadAtOnce, inode.blocks - lengths_.size()) * 4);
    const ByteReader reader(bytes, "squashfs list of blocks");
    for (std::size_t i = 0; i < bytes.size(); i += 4) {
      const std::uint32_t entry = reader.u32le(i);
      const std::uint32_t length = length_on_disk(entry);
      if (entry != 0 && (entry > (kStored | superblock.block_size) || length > superblock.block_size || length == 0))
        refuse(inode.name(), "has a block of a length that is not possible");
      if (at > superblock.size || length > superblock.size - at) refuse(inode.name(), "has a block behind the end");
      if (lengths_.size() % kGrain == 0) starts_.push_back(at);
      lengths_.push_back(entry);
      at += length;
    }
  }
}

bool BlockList::is_stored(std::uint64_t index) const { return (lengths_[index] & kStored) != 0; }

BlockRange BlockList::range(std::uint64_t index) const {
  std::uint64_t at = starts_[index / kGrain];
  for (std::uint64_t i = index / kGrain * kGrain; i < index; ++i) at += length_on_disk(lengths_[i]);
  return {at, length_on_disk(lengths_[index])};
}

Contents::Contents(const BlockSource& disk, const Metadata& metadata, const Superblock& superblock)
    : disk_(disk),
      metadata_(metadata),
      superblock_(superblock),
      small_(disk, mebibytes(4)),
      blocks_(kBlocksKept),
      lists_(kListsKept) {}

std::shared_ptr<const BlockList> Contents::list(const Inode& inode) const {
  return lists_.get(
      inode.node.id, [&] { return BlockList(metadata_, superblock_, inode); },
      [](const BlockList& list) { return list.weight(); });
}

void Contents::read(const Inode& inode, std::uint64_t offset, std::span<std::byte> to) const {
  const auto blocks = list(inode);
  while (!to.empty()) {
    const std::uint64_t index = offset / superblock_.block_size;
    const std::uint64_t within = offset % superblock_.block_size;
    const auto piece =
        to.first(static_cast<std::size_t>(std::min<std::uint64_t>(to.size(), superblock_.block_size - within)));
    if (index < blocks->count()) {
      read_block(inode, *blocks, index, within, piece);
    } else {
      read_fragment(inode, within, piece);
    }
    to = to.subspan(piece.size());
    offset += piece.size();
  }
}

void Contents::read_block(const Inode& inode, const BlockList& list, std::uint64_t index, std::uint64_t within,
                          std::span<std::byte> to) const {
  if (list.is_hole(index)) {
    std::fill(to.begin(), to.end(), std::byte{0});
    return;
  }
  const std::uint64_t size =
      std::min<std::uint64_t>(superblock_.block_size, inode.node.size.value - index * superblock_.block_size);
  const BlockRange range = list.range(index);
  if (list.is_stored(index)) {
    if (range.length != size) refuse(inode.name(), "has a block of another length than it says");
    small_.read(range.offset + within, to);
    return;
  }
  const auto content = decompressed(range);
  if (content->size() != size) refuse(inode.name(), "has a block of another length than it says");
  std::copy_n(content->begin() + static_cast<std::ptrdiff_t>(within), to.size(), to.begin());
}

void Contents::read_fragment(const Inode& inode, std::uint64_t within, std::span<std::byte> to) const {
  MetadataCursor cursor(metadata_,
                        {read_block_place(metadata_, superblock_.fragment_table, inode.fragment / kFragmentsInBlock),
                         inode.fragment % kFragmentsInBlock * 16},
                        superblock_.size);
  const Bytes entry = cursor.read(16);
  const ByteReader reader(entry, "squashfs fragment");
  const std::uint32_t length = reader.u32le(8);
  const BlockRange range{reader.u64le(0), length_on_disk(length)};
  if (range.length == 0 || range.length > superblock_.block_size || length > (kStored | superblock_.block_size))
    refuse(fmt::format("fragment {}", inode.fragment), "has a length that is not possible");
  check_lies_within(range);
  const std::uint64_t begin = inode.offset + within;
  const bool is_stored = (length & kStored) != 0;
  const auto content = is_stored ? nullptr : decompressed(range);
  const std::uint64_t size = is_stored ? range.length : content->size();
  if (begin > size || to.size() > size - begin) refuse(inode.name(), "reaches behind the end of its fragment");
  if (is_stored) return small_.read(range.offset + begin, to);
  std::copy_n(content->begin() + static_cast<std::ptrdiff_t>(begin), to.size(), to.begin());
}

// By where a block begins: two that begin at one place and differ in length don't share what one of them holds.
std::shared_ptr<const Bytes> Contents::decompressed(BlockRange range) const {
  check_lies_within(range);
  return blocks_.get(
      range.offset << 21 | range.length,
      [&] {
        const Bytes from = read_blocks(disk_, range.offset, range.length);
        Bytes content(superblock_.block_size);
        content.resize(with_context(fmt::format("the block at {} of a squashfs", range.offset),
                                    [&] { return compression::decompress(superblock_.codec, from, content); }));
        return content;
      },
      [](const Bytes& content) { return content.capacity() + 64; });
}

void Contents::check_lies_within(BlockRange range) const {
  if (range.offset < kSuperblockSize || range.offset > superblock_.size ||
      range.length > superblock_.size - range.offset)
    refuse(fmt::format("the block at {}", range.offset), "lies behind the end");
}

std::optional<BlockRange> Contents::next_data(const Inode& inode, std::uint64_t offset) const {
  const std::uint64_t size = inode.node.size.value;
  if (offset >= size) return std::nullopt;
  const auto blocks = list(inode);
  std::uint64_t index = offset / superblock_.block_size;
  while (index < blocks->count() && blocks->is_hole(index)) ++index;
  const std::uint64_t begin = std::max(offset, index * superblock_.block_size);
  if (begin >= size) return std::nullopt;
  while (index < blocks->count() && !blocks->is_hole(index)) ++index;
  const std::uint64_t end = index < blocks->count() ? index * superblock_.block_size : size;
  return BlockRange{begin, end - begin};
}

}  // namespace keelson::squashfs
