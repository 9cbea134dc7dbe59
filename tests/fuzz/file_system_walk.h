// For the fuzz targets of file system readers: a large disk in a small input, and a walk that asks everything.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <memory>

#include "base/error.h"
#include "base/file_system.h"

namespace keelson::fuzz {

/// A disk of zeros with some sectors filled, as tests/fuzz/pack_disk.py packs it: the disk's size in sectors of 512
/// bytes (u32le), then for each run of sectors its number (u32le), its length (u16le) and its bytes.
class PackedDisk final : public BlockSource {
 public:
  PackedDisk(const std::uint8_t* data, std::size_t size) {
    const ByteView bytes{reinterpret_cast<const std::byte*>(data), size};
    const ByteReader reader(bytes, "packed disk");
    if (size < 4) return;
    sectors_ = std::min<std::uint64_t>(reader.u32le(0), kMostSectors);
    for (std::size_t at = 4; at + 6 <= size;) {
      const std::uint64_t first = reader.u32le(at);
      const std::size_t count = reader.u16le(at + 4);
      at += 6;
      for (std::size_t i = 0; i < count && at < size; ++i) {
        const std::size_t length = std::min(kSector, size - at);
        Sector sector{};
        std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), length, sector.begin());
        content_[first + i] = sector;
        at += length;
      }
    }
  }

  ByteCount size() const override { return {sectors_ * kSector}; }
  std::optional<BlockRange> next_data(std::uint64_t offset) const override {
    const auto next = content_.lower_bound(offset / kSector);
    if (next == content_.end() || next->first >= sectors_) return std::nullopt;
    const std::uint64_t first = std::max(offset, next->first * kSector);
    return BlockRange{first, (next->first + 1) * kSector - first};
  }
  void read(std::uint64_t offset, std::span<std::byte> to) const override {
    if (offset > size().value || to.size() > size().value - offset) {
      throw Error(ErrorKind::BadInput, "cannot read 'packed disk': past its end");
    }
    std::fill(to.begin(), to.end(), std::byte{0});
    for (auto at = content_.lower_bound(offset / kSector); at != content_.end(); ++at) {
      const std::uint64_t start = at->first * kSector;
      if (start >= offset + to.size()) break;
      const std::uint64_t from = std::max(start, offset);
      const std::uint64_t end = std::min(start + kSector, offset + to.size());
      std::copy_n(at->second.begin() + static_cast<std::ptrdiff_t>(from - start), end - from,
                  to.begin() + static_cast<std::ptrdiff_t>(from - offset));
    }
  }

 private:
  static constexpr std::size_t kSector = 512;
  static constexpr std::uint64_t kMostSectors = 1u << 21;  // 1 GiB
  using Sector = std::array<std::byte, kSector>;

  std::uint64_t sectors_ = 0;
  std::map<std::uint64_t, Sector> content_;
};

/// Asks everything of every file, and aborts when a promise of FileSystem is broken.
class Walk {
 public:
  explicit Walk(const FileSystem& image) : image_(image) {}

  void run() { visit(image_.root(), 0); }

 private:
  static void require(bool promise) {
    if (!promise) std::abort();
  }

  // What is refused in one file does not keep the walk from the next.
  template <typename Body>
  static void attempt(const Body& body) {
    try {
      body();
    } catch (const Error& error) {
      require(error.kind() == ErrorKind::BadInput);
    }
  }

  void visit(NodeId id, int depth) {
    if (++visited_ > 3000 || depth > 200) return;
    attempt([&] {
      const Node node = image_.node(id);
      require(node.id == id && node.mode <= 07777 && node.modified.nanoseconds < 1'000'000'000);
      attempt([&] { image_.xattrs(id); });
      attempt([&] { require(image_.link_target(id).find('\0') == std::string::npos); });
      if (node.type == NodeType::File) attempt([&] { read(node); });
      if (node.type == NodeType::Folder) attempt([&] { visit_names(id, depth); });
    });
  }

  void visit_names(NodeId id, int depth) {
    const std::vector<FolderEntry> entries = image_.list(id);
    std::string last;
    for (const FolderEntry& entry : entries) {
      require(last < entry.name && entry.name.size() <= 255 * 3 && entry.name != "." && entry.name != "..");
      require(entry.name.find_first_of(std::string_view("/\0", 2)) == std::string::npos);
      last = entry.name;
    }
    for (const FolderEntry& entry : entries) visit(entry.id, depth + 1);
    if (!entries.empty()) require(image_.find(id, entries.back().name) == entries.back().id);
  }

  void read(const Node& node) {
    std::array<std::byte, 5000> piece;
    const std::uint64_t length = std::min<std::uint64_t>(node.size.value, piece.size());
    image_.read(node.id, 0, std::span(piece).first(length));
    image_.read(node.id, node.size.value - length, std::span(piece).first(length));
    std::uint64_t at = 0;
    for (int i = 0; i < 20; ++i) {
      const auto range = image_.next_data(node.id, at);
      if (!range) return;
      require(range->offset >= at && range->length > 0 && range->end() <= node.size.value);
      image_.read(node.id, range->offset, std::span(piece).first(std::min<std::uint64_t>(range->length, 4096)));
      at = range->end();
    }
  }

  const FileSystem& image_;
  int visited_ = 0;
};

/// The body of a target. @param open open_ext4 and its like.
template <typename Open>
int walk_packed_disk(const std::uint8_t* data, std::size_t size, const Open& open) {
  const PackedDisk disk(data, size);
  try {
    const std::unique_ptr<FileSystem> image = open(disk);
    Walk(*image).run();
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::BadInput) std::abort();
  }
  return 0;
}

}  // namespace keelson::fuzz
