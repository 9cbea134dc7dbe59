#include "formats/btrfs/tree_block.h"

#include <fmt/format.h>

#include <algorithm>

namespace keelson::btrfs {

namespace {

constexpr std::size_t kChecksumRoom = 32;
constexpr std::size_t kFsid = 32;
constexpr std::size_t kOwnAddress = 48;
constexpr std::size_t kGeneration = 80;
constexpr std::size_t kCount = 96;
constexpr std::size_t kLevel = 100;
constexpr std::size_t kHeaderSize = 101;
constexpr std::size_t kItemSize = 25;
constexpr std::size_t kChildSize = 33;

}  // namespace

TreeBlock::TreeBlock(Bytes bytes, const Superblock& superblock, std::uint64_t logical)
    : bytes_(std::move(bytes)), name_(fmt::format("tree block at {}", logical)) {
  const ByteReader reader(bytes_, "btrfs tree block");
  if (!checksum_matches(superblock.checksum, bytes_, ByteView(bytes_).subspan(kChecksumRoom)))
    refuse(name_, "its checksum is wrong");
  if (read_uuid(reader, kFsid) != superblock.metadata_fsid) refuse(name_, "it belongs to another file system");
  if (reader.u64le(kOwnAddress) != logical) refuse(name_, "it says that it is another");
  level_ = reader.u8(kLevel);
  generation_ = reader.u64le(kGeneration);
  if (level_ >= kMostLevels) refuse(name_, fmt::format("its level {} is not possible", level_));
  if (generation_ > superblock.generation) refuse(name_, "it is newer than the file system");
  const std::size_t count = reader.u32le(kCount);
  if (count > (bytes_.size() - kHeaderSize) / (level_ == 0 ? kItemSize : kChildSize))
    refuse(name_, fmt::format("it has no room for {} items", count));
  slots_.reserve(count);
  if (level_ == 0)
    read_items(reader, count);
  else
    read_children(reader, count);
  for (std::size_t i = 1; i < slots_.size(); ++i) {
    if (slots_[i].key <= slots_[i - 1].key) refuse(name_, "its keys are out of order");
  }
}

// The content of items fills the block from its end, without gaps, in the order of the items.
void TreeBlock::read_items(const ByteReader& reader, std::size_t count) {
  std::uint64_t end = bytes_.size();
  const std::uint64_t first = kHeaderSize + count * kItemSize;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t at = kHeaderSize + i * kItemSize;
    const std::uint64_t place = std::uint64_t{reader.u32le(at + kKeySize)} + kHeaderSize;
    const std::uint64_t length = reader.u32le(at + kKeySize + 4);
    if (place < first || place + length != end) refuse(name_, fmt::format("its item {} is not where it belongs", i));
    end = place;
    slots_.push_back({read_key(reader, at), place, length});
  }
}

void TreeBlock::read_children(const ByteReader& reader, std::size_t count) {
  if (count == 0) refuse(name_, "it names no blocks");
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t at = kHeaderSize + i * kChildSize;
    slots_.push_back({read_key(reader, at), reader.u64le(at + kKeySize), reader.u64le(at + kKeySize + 8)});
  }
}

std::size_t TreeBlock::lower_bound(const Key& key) const {
  const auto found = std::lower_bound(slots_.begin(), slots_.end(), key,
                                      [](const Slot& slot, const Key& wanted) { return slot.key < wanted; });
  return static_cast<std::size_t>(found - slots_.begin());
}

std::size_t TreeBlock::upper_bound(const Key& key) const {
  const auto found = std::upper_bound(slots_.begin(), slots_.end(), key,
                                      [](const Key& wanted, const Slot& slot) { return wanted < slot.key; });
  return static_cast<std::size_t>(found - slots_.begin());
}

}  // namespace keelson::btrfs
