// Changes tree blocks of an image and makes their checksums right again, so that a lie is met by the check meant for
// it.
#pragma once

#include <algorithm>
#include <map>

#include "base/crc32c.h"
#include "formats/btrfs/chunks.h"
#include "formats/btrfs/image_test.h"

namespace keelson::btrfs {

/// An image made with `-n 4096`, in memory without its holes.
class ImageEdit {
 public:
  static constexpr std::uint64_t kSuper = 65536;
  static constexpr std::uint64_t kNode = 4096;

  explicit ImageEdit(const std::filesystem::path& path) {
    const FileBlocks disk(path);
    size = disk.size().value;
    for (auto range = disk.next_data(0); range; range = disk.next_data(range->end())) {
      for (std::uint64_t at = range->offset / kNode * kNode; at < range->end(); at += kNode) {
        Bytes block = read_blocks(disk, at, std::min(kNode, size - at));
        if (!is_zero(block)) blocks_[at] = std::string(as_text(block));
      }
    }
  }

  std::uint64_t size = 0;

  void flip(std::uint64_t at) { blocks_.at(at / kNode * kNode)[at % kNode] ^= 4; }
  std::uint8_t u8(std::uint64_t at) const { return ByteReader(block(at), "image").u8(at % kNode); }
  std::uint32_t u32(std::uint64_t at) const { return ByteReader(block(at), "image").u32le(at % kNode); }
  std::uint64_t u64(std::uint64_t at) const { return ByteReader(block(at), "image").u64le(at % kNode); }

  /// Overwrites bytes of a block; then mends its checksum.
  void set(std::uint64_t block, std::size_t at, std::string_view value) {
    std::string& bytes = blocks_.at(block);
    bytes.replace(at, value.size(), value);
    bytes.replace(0, 4, number(static_cast<std::uint32_t>(~crc32c(~0u, as_bytes(bytes).subspan(32))), 4));
  }
  void set_u64(std::uint64_t block, std::size_t at, std::uint64_t value) { set(block, at, number(value, 8)); }
  void set_u32(std::uint64_t block, std::size_t at, std::uint32_t value) { set(block, at, number(value, 4)); }

  /// Where a tree's blocks of a level are. mkfs leaves old ones of an earlier generation; those are left out.
  std::vector<std::uint64_t> find_blocks(std::uint64_t owner, unsigned level = 0) const {
    std::map<std::uint64_t, std::vector<std::uint64_t>> by_generation;
    for (const auto& [at, bytes] : blocks_) {
      if (at == kSuper || bytes.compare(32, 16, blocks_.at(kSuper), 0x20, 16) != 0) continue;
      if (u64(at + 88) != owner || u8(at + 100) != level) continue;
      by_generation[newest_only ? u64(at + 80) : 0].push_back(at);
    }
    return by_generation.empty() ? std::vector<std::uint64_t>{} : by_generation.rbegin()->second;
  }
  /// False for what Linux wrote, one generation after another, and what is old was discarded.
  bool newest_only = true;

  /// Where the tree block of an address is.
  std::uint64_t find_logical(std::uint64_t logical) const {
    for (const auto& [at, bytes] : blocks_) {
      if (bytes.compare(32, 16, blocks_.at(kSuper), 0x20, 16) == 0 && u64(at + 48) == logical) return at;
    }
    ADD_FAILURE() << "no such block";
    return 0;
  }

  /// Where data begin that begin with these bytes.
  std::uint64_t find_data(std::string_view start) const {
    for (const auto& [at, bytes] : blocks_) {
      if (bytes.starts_with(start)) return at;
    }
    ADD_FAILURE() << "no such data";
    return 0;
  }

  struct Item {
    std::uint64_t block = 0;
    std::size_t slot = 0;  ///< where its key is, within the block
    std::size_t data = 0;  ///< where its content is, within the block
  };
  /// The first item of a type for which `matches(key, content)`.
  template <typename Matches>
  Item find_item(std::uint64_t owner, std::uint8_t type, const Matches& matches) const {
    for (const std::uint64_t block : find_blocks(owner)) {
      const std::string& bytes = blocks_.at(block);
      const ByteReader reader(as_bytes(bytes), "image");
      for (std::size_t i = 0; i < reader.u32le(96); ++i) {
        const std::size_t slot = 101 + i * 25;
        const std::size_t data = 101 + reader.u32le(slot + 17);
        const Key key = read_key(reader, slot);
        if (key.type == type && matches(key, reader.text(data, reader.u32le(slot + 21)))) return {block, slot, data};
      }
    }
    ADD_FAILURE() << "no such item";
    return {};
  }
  Item find_item(std::uint64_t owner, std::uint8_t type) const {
    return find_item(owner, type, [](const Key&, std::string_view) { return true; });
  }

 private:
  friend class EditedDisk;

  ByteView block(std::uint64_t at) const { return as_bytes(blocks_.at(at / kNode * kNode)); }
  static std::string number(std::uint64_t value, std::size_t width) {
    ByteWriter writer;
    writer.u64le(value);
    return std::string(as_text(writer.view()).substr(0, width));
  }

  std::map<std::uint64_t, std::string> blocks_;
};

class EditedDisk final : public BlockSource {
 public:
  explicit EditedDisk(const ImageEdit& image) : image_(image) {}

  ByteCount size() const override { return {image_.size}; }
  std::optional<BlockRange> next_data(std::uint64_t) const override { return std::nullopt; }
  void read(std::uint64_t offset, std::span<std::byte> to) const override {
    ASSERT_TRUE(offset <= image_.size && to.size() <= image_.size - offset);
    for (std::size_t i = 0; i < to.size();) {
      const std::size_t skip = (offset + i) % ImageEdit::kNode;
      const std::size_t count = std::min<std::size_t>(to.size() - i, ImageEdit::kNode - skip);
      const auto found = image_.blocks_.find(offset + i - skip);
      if (found == image_.blocks_.end())
        std::ranges::fill(to.subspan(i, count), std::byte{0});
      else
        std::ranges::copy(as_bytes(found->second).subspan(skip, count), to.begin() + static_cast<std::ptrdiff_t>(i));
      i += count;
    }
  }

 private:
  const ImageEdit& image_;
};

}  // namespace keelson::btrfs
