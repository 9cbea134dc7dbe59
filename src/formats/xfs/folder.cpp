#include "formats/xfs/folder.h"

#include <fmt/format.h>

#include <algorithm>

namespace keelson::xfs {

namespace {

constexpr std::uint32_t kBlock4 = 0x58443242;  // "XD2B": one block that is data and index
constexpr std::uint32_t kBlock5 = 0x58444233;
constexpr std::uint32_t kData4 = 0x58443244;  // "XD2D"
constexpr std::uint32_t kData5 = 0x58444433;
constexpr std::size_t kHeader4 = 16;
constexpr std::size_t kHeader5 = 64;
constexpr std::size_t kChecksumAt = 4;
constexpr std::uint16_t kUnused = 0xffff;
constexpr std::uint64_t kIndexOffset = std::uint64_t{1} << 35;  // hash index and free lists lie from here on

class FolderReader {
 public:
  FolderReader(const Volume& volume, const Inode& inode) : volume_(volume), inode_(inode) {}

  std::map<std::string, std::uint64_t> read() {
    if (inode_.data.format == ForkFormat::Local)
      read_short();
    else
      read_blocks();
    return std::move(names_);
  }

 private:
  void read_short() {
    const ByteReader reader(inode_.data.bytes, "xfs folder");
    const std::size_t count = reader.u8(0);
    const bool wide = reader.u8(1) != 0;
    const std::size_t width = wide ? 8 : 4;
    const std::size_t type = volume_.superblock().has_ftype ? 1 : 0;
    std::size_t at = 2 + width;
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t length = reader.u8(at);
      const std::size_t number = at + 3 + length + type;
      add(reader.text(at + 3, length), wide ? reader.u64be(number) : reader.u32be(number));
      at = number + width;
    }
  }

  void read_blocks() {
    const std::uint64_t block_size = volume_.superblock().block_size;
    const std::uint64_t size = volume_.superblock().folder_block_size;
    const ForkMap map = volume_.read_map(inode_.data, inode_.name());
    check_no_block_twice(map);
    Bytes block(size);
    for (std::uint64_t at = 0; at < kIndexOffset; at += size) {
      const auto extent = find_extent(map, at / block_size);
      if (extent == map.end()) break;
      at = std::max(at, extent->logical * block_size / size * size);
      if (at >= kIndexOffset) break;
      volume_.read(map, at, block);
      read_block(block);
    }
  }

  // Otherwise a small disk could claim an endless folder.
  void check_no_block_twice(ForkMap map) const {
    std::sort(map.begin(), map.end(), [](const Extent& a, const Extent& b) { return a.physical < b.physical; });
    for (std::size_t i = 1; i < map.size(); ++i) {
      if (map[i].physical - map[i - 1].physical < map[i - 1].count) {
        refuse(inode_.name(), "two places of the folder are one block");
      }
    }
  }

  void read_block(ByteView block) {
    const bool v5 = volume_.superblock().v5;
    const ByteReader reader(block, "xfs folder");
    const std::uint32_t magic = reader.u32be(0);
    const bool single = magic == (v5 ? kBlock5 : kBlock4);
    if (!single && magic != (v5 ? kData5 : kData4)) refuse(inode_.name(), "a folder's block has no magic number");
    if (v5) check_checksum(block, kChecksumAt, inode_.name());
    std::size_t end = block.size();
    if (single) {  // its index stands at the end: entries of 8 bytes, then their number
      const std::size_t count = reader.u32be(end - 8);
      if (count > (end - 8) / 8) refuse(inode_.name(), "a folder's block has more names than fit into it");
      end -= 8 + count * 8;
    }
    read_entries(block.first(end), v5 ? kHeader5 : kHeader4);
  }

  void read_entries(ByteView bytes, std::size_t at) {
    const ByteReader reader(bytes, "xfs folder");
    const std::size_t type = volume_.superblock().has_ftype ? 1 : 0;
    while (at < bytes.size()) {
      if (reader.u16be(at) == kUnused) {
        const std::size_t length = reader.u16be(at + 2);
        if (length < 8 || length % 8 != 0) refuse(inode_.name(), "a folder's unused space is broken");
        at += length;
        continue;
      }
      const std::size_t length = reader.u8(at + 8);
      const std::string_view name = reader.text(at + 9, length);
      if (name != "." && name != "..") add(name, reader.u64be(at));
      at += (9 + length + type + 2 + 7) / 8 * 8;
    }
  }

  void add(std::string_view name, std::uint64_t number) {
    if (name.empty() || name == "." || name == ".." || name.find_first_of(std::string_view("/\0", 2)) != name.npos) {
      refuse(inode_.name(), "the folder holds a name that is not possible");
    }
    if (!names_.emplace(name, number).second) {
      refuse(inode_.name(), fmt::format("the folder has the name '{}' twice", name));
    }
  }

  const Volume& volume_;
  const Inode& inode_;
  std::map<std::string, std::uint64_t> names_;
};

}  // namespace

std::map<std::string, std::uint64_t> read_folder(const Volume& volume, const Inode& inode) {
  return FolderReader(volume, inode).read();
}

}  // namespace keelson::xfs
