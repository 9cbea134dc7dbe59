// Changes tree blocks of an image and makes their checksums right again, so that a lie is met by the check meant for
// it.
#pragma once

#include <optional>

#include "base/crc32c.h"
#include "formats/btrfs/chunks.h"
#include "formats/btrfs/image_test.h"

namespace keelson::btrfs {

class ImageEdit {
 public:
  static constexpr std::size_t kSuper = 65536;
  static constexpr std::size_t kNode = 4096;  ///< the image must be made with -n 4096

  explicit ImageEdit(std::string bytes) : bytes_(std::move(bytes)) {}

  std::string& bytes() { return bytes_; }
  std::uint64_t u64(std::size_t at) const { return ByteReader(as_bytes(bytes_), "image").u64le(at); }
  std::uint32_t u32(std::size_t at) const { return ByteReader(as_bytes(bytes_), "image").u32le(at); }

  std::uint8_t u8(std::size_t at) const { return static_cast<std::uint8_t>(bytes_[at]); }

  /// Overwrites bytes; then mends the block's checksum.
  void set(std::size_t block, std::size_t at, std::string_view value) {
    bytes_.replace(block + at, value.size(), value);
    mend(block);
  }
  void set_u64(std::size_t block, std::size_t at, std::uint64_t value) { set(block, at, number(value, 8)); }
  void set_u32(std::size_t block, std::size_t at, std::uint32_t value) { set(block, at, number(value, 4)); }

  /// Where the newest blocks of a tree are that have this level.
  std::vector<std::size_t> find_blocks(std::uint64_t owner, unsigned level = 0) const {
    std::vector<std::size_t> found;
    std::uint64_t newest = 0;
    for (std::size_t at = 0; at + kNode <= bytes_.size(); at += kNode) {
      if (at == kSuper || bytes_.compare(at + 32, 16, bytes_, kSuper + 0x20, 16) != 0) continue;
      if (u64(at + 88) != owner || bytes_[at + 100] != static_cast<char>(level) || u64(at + 80) < newest) continue;
      if (u64(at + 80) > newest) found.clear();
      newest = u64(at + 80);
      found.push_back(at);
    }
    return found;
  }

  struct Item {
    std::size_t block = 0;
    std::size_t slot = 0;  ///< where its key is, within the block
    std::size_t data = 0;  ///< where its content is, within the block
  };
  /// The first item of a type for which `matches(content)`.
  template <typename Matches>
  Item find_item(std::uint64_t owner, std::uint8_t type, const Matches& matches) const {
    for (const std::size_t block : find_blocks(owner)) {
      for (std::size_t i = 0; i < u32(block + 96); ++i) {
        const std::size_t slot = 101 + i * 25;
        const std::size_t data = 101 + u32(block + slot + 17);
        const std::string_view content = std::string_view(bytes_).substr(block + data, u32(block + slot + 21));
        if (static_cast<std::uint8_t>(bytes_[block + slot + 8]) == type && matches(content)) return {block, slot, data};
      }
    }
    ADD_FAILURE() << "no such item";
    return {};
  }
  Item find_item(std::uint64_t owner, std::uint8_t type) const {
    return find_item(owner, type, [](std::string_view) { return true; });
  }

 private:
  void mend(std::size_t block) {
    const ByteView content = as_bytes(bytes_).subspan(block + 32, kNode - 32);
    bytes_.replace(block, 4, number(static_cast<std::uint32_t>(~crc32c(~0u, content)), 4));
  }
  static std::string number(std::uint64_t value, std::size_t width) {
    ByteWriter writer;
    writer.u64le(value);
    return std::string(as_text(writer.view()).substr(0, width));
  }

  std::string bytes_;
};

}  // namespace keelson::btrfs
