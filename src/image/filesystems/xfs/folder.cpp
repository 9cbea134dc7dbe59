#include "image/filesystems/xfs/folder.h"

#include <algorithm>

#include "image/filesystems/entry_kind.h"
#include "image/filesystems/xfs/index.h"

namespace keelson::image {

namespace {

constexpr std::uint32_t kSingleMagic = 0x58444233;  // "XDB3": entries and their index in one block
constexpr std::uint32_t kDataMagic = 0x58444433;    // "XDD3"
constexpr std::uint32_t kFreeMagic = 0x58444633;    // "XDF3"
constexpr std::uint16_t kOneLeafMagic = 0x3df1;
constexpr std::uint16_t kLeafMagic = 0x3dff;
constexpr std::size_t kHeader = 64;
constexpr std::size_t kBestFree = 48;  // the three largest free pieces of a block; ours have one at most
constexpr std::size_t kTail = 8;
// The parts of a folder are 32 GiB apart.
constexpr std::uint64_t kIndexStart = (std::uint64_t{1} << 35) / kXfsBlockSize;
constexpr std::uint64_t kFreeStart = 2 * kIndexStart;
constexpr std::size_t kLeafEntries = (kXfsBlockSize - kXfsIndexHeader) / 8;
constexpr std::size_t kFreeEntries = (kXfsBlockSize - kHeader) / 2;

/// Number, length, name, type, and the entry's own place; in eights.
std::size_t entry_size(std::string_view name) { return (8 + 1 + name.size() + 1 + 2 + 7) / 8 * 8; }

struct Hashed {
  std::uint32_t hash = 0;
  std::uint32_t address = 0;  ///< place in the folder's data, in eights
};

/// Makes one folder; lives as long as one build_xfs_folder() call.
class FolderBuilder {
 public:
  FolderBuilder(std::span<const XfsName> names, std::uint64_t self, std::uint64_t parent)
      : names_(names), self_(self), parent_(parent) {}

  XfsForkContent build(std::size_t room) {
    if (short_size() <= room) {
      content_.local = short_form();
      return std::move(content_);
    }
    std::size_t bytes = kHeader + entry_size(".") + entry_size("..");
    for (const XfsName& name : names_) bytes += entry_size(name.name);
    const std::size_t index = 8 * (names_.size() + 2) + kTail;
    const bool single = bytes + index <= kXfsBlockSize;
    fill_blocks(single ? kSingleMagic : kDataMagic, kXfsBlockSize - (single ? index : 0));
    std::sort(hashed_.begin(), hashed_.end(), [](const Hashed& a, const Hashed& b) {
      return std::pair(a.hash, a.address) < std::pair(b.hash, b.address);
    });
    if (single) {
      add_index_to_block();
    } else if (kXfsIndexHeader + 8 * hashed_.size() + 2 * free_.size() + 4 <= kXfsBlockSize) {
      add_one_leaf();
    } else {
      add_leaves();
      add_free_blocks();
    }
    return std::move(content_);
  }

 private:
  std::size_t short_size() const {
    std::size_t size = 6;
    for (const XfsName& name : names_) size += 3 + name.name.size() + 1 + 4;
    return size;
  }

  Bytes short_form() const {
    ByteWriter writer;
    writer.u8(static_cast<std::uint8_t>(names_.size()));
    writer.u8(0);  // no number needs eight bytes
    writer.u32be(static_cast<std::uint32_t>(parent_));
    // Each entry keeps the place that it would have in a block: what readdir(3) tells as its position.
    std::size_t place = kHeader + entry_size(".") + entry_size("..");
    for (const XfsName& name : names_) {
      writer.u8(static_cast<std::uint8_t>(name.name.size()));
      writer.u16be(static_cast<std::uint16_t>(place));
      writer.text(name.name);
      writer.u8(folder_code(name.type));
      writer.u32be(static_cast<std::uint32_t>(name.inode));
      place += entry_size(name.name);
    }
    return writer.take();
  }

  void fill_blocks(std::uint32_t magic, std::size_t end) {
    magic_ = magic;
    end_ = end;
    add({".", self_, EntryType::Folder});
    add({"..", parent_, EntryType::Folder});
    for (const XfsName& name : names_) add(name);
    close_block();
  }

  void add(const XfsName& entry) {
    const std::size_t size = entry_size(entry.name);
    if (content_.blocks.empty() || at_ + size > end_) {
      if (!content_.blocks.empty()) close_block();
      content_.blocks.push_back({content_.blocks.size(), XfsBlock(kFolderSeal)});
      content_.blocks.back().block.u32(0, magic_);
      at_ = kHeader;
    }
    XfsBlock& block = content_.blocks.back().block;
    block.u64(at_, entry.inode);
    block.u8(at_ + 8, entry.name.size());
    block.text(at_ + 9, entry.name);
    block.u8(at_ + 9 + entry.name.size(), folder_code(entry.type));
    block.u16(at_ + size - 2, at_);
    const std::uint64_t address = ((content_.blocks.size() - 1) * kXfsBlockSize + at_) / 8;
    hashed_.push_back({xfs_name_hash(entry.name), static_cast<std::uint32_t>(address)});
    at_ += size;
  }

  /// What is left of the block is one free piece.
  void close_block() {
    XfsBlock& block = content_.blocks.back().block;
    const std::size_t left = end_ - at_;
    free_.push_back(static_cast<std::uint16_t>(left));
    if (left == 0) return;
    block.u16(at_, 0xffff);
    block.u16(at_ + 2, left);
    block.u16(end_ - 2, at_);
    block.u16(kBestFree, at_);
    block.u16(kBestFree + 2, left);
  }

  static void store_hashed(XfsBlock& block, std::size_t place, std::span<const Hashed> hashed) {
    for (const Hashed& entry : hashed) {
      block.u32(place, entry.hash);
      block.u32(place + 4, entry.address);
      place += 8;
    }
  }

  void add_index_to_block() {
    XfsBlock& block = content_.blocks.back().block;
    store_hashed(block, end_, hashed_);
    block.u32(kXfsBlockSize - kTail, hashed_.size());
  }

  void add_one_leaf() {
    XfsBlock leaf(kIndexSeal);
    set_index_header(leaf, kOneLeafMagic, 0, 0);
    leaf.u16(56, hashed_.size());
    store_hashed(leaf, kXfsIndexHeader, hashed_);
    std::size_t place = kXfsBlockSize - 4 - 2 * free_.size();
    for (const std::uint16_t left : free_) {
      leaf.u16(place, left);
      place += 2;
    }
    leaf.u32(place, free_.size());
    content_.blocks.push_back({kIndexStart, std::move(leaf)});
  }

  void add_leaves() {
    const std::vector<std::size_t> ends = split_evenly(hashed_.size(), kLeafEntries, 2);
    // The root first, then other nodes, then leaves: blocks of a fork must rise.
    std::uint64_t block = kIndexStart + 1 + index_nodes_below_root(ends.size());
    std::vector<XfsIndexChild> children;
    std::vector<XfsForkContent::Block> leaves;
    std::size_t from = 0;
    for (std::size_t i = 0; i < ends.size(); ++i, ++block) {
      XfsBlock leaf(kIndexSeal);
      set_index_header(leaf, kLeafMagic, i + 1 < ends.size() ? block + 1 : 0, i > 0 ? block - 1 : 0);
      leaf.u16(56, ends[i] - from);
      store_hashed(leaf, kXfsIndexHeader, std::span(hashed_).subspan(from, ends[i] - from));
      children.push_back({hashed_[ends[i] - 1].hash, block});
      leaves.push_back({block, std::move(leaf)});
      from = ends[i];
    }
    add_index_nodes(leaves, std::move(children), kIndexStart, kIndexStart + 1);
    std::sort(leaves.begin(), leaves.end(), [](const auto& a, const auto& b) { return a.logical < b.logical; });
    for (auto& leaf : leaves) content_.blocks.push_back(std::move(leaf));
  }

  /// Blocks that say how much room each block of entries has.
  void add_free_blocks() {
    for (std::size_t first = 0; first < free_.size(); first += kFreeEntries) {
      const std::size_t count = std::min(free_.size() - first, kFreeEntries);
      XfsBlock block(kFolderSeal);
      block.u32(0, kFreeMagic);
      block.u32(48, first);
      block.u32(52, count);
      block.u32(56, count);
      for (std::size_t i = 0; i < count; ++i) block.u16(kHeader + 2 * i, free_[first + i]);
      content_.blocks.push_back({kFreeStart + first / kFreeEntries, std::move(block)});
    }
  }

  std::span<const XfsName> names_;
  std::uint64_t self_;
  std::uint64_t parent_;
  std::uint32_t magic_ = 0;
  std::size_t at_ = 0;
  std::size_t end_ = 0;  ///< of the part of a block that is for entries
  XfsForkContent content_;
  std::vector<Hashed> hashed_;
  std::vector<std::uint16_t> free_;  ///< of each block of entries
};

}  // namespace

XfsForkContent build_xfs_folder(std::span<const XfsName> names, std::uint64_t self, std::uint64_t parent,
                                std::size_t room) {
  return FolderBuilder(names, self, parent).build(room);
}

std::uint64_t xfs_folder_size(const XfsForkContent& content) {
  if (content.blocks.empty()) return content.local.size();
  const auto data = std::count_if(content.blocks.begin(), content.blocks.end(),
                                  [](const auto& block) { return block.logical < kIndexStart; });
  return static_cast<std::uint64_t>(data) * kXfsBlockSize;
}

}  // namespace keelson::image
