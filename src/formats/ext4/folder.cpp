#include "formats/ext4/folder.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/crc32c.h"
#include "formats/ext4/attributes.h"

namespace keelson::ext4 {

namespace {

constexpr std::size_t kEntryHeader = 8;
constexpr std::size_t kTailSize = 12;
constexpr std::uint8_t kTailType = 0xDE;
constexpr std::size_t kLeastInline = 4;  // the parent's number
constexpr std::uint64_t kReadAtOnce = 1u << 20;

// The 16 bits of a length say up to 64 KiB by the two that are always zero otherwise.
std::size_t entry_length(const ByteReader& reader, std::size_t at, std::size_t block_size) {
  const std::size_t stored = reader.u16le(at + 4);
  if (block_size < 65536) return stored;
  if (stored == 0 || stored == 65535) return block_size;
  return (stored & 65532) | (stored & 3) << 16;
}

class FolderReader {
 public:
  FolderReader(const Volume& volume, const Inode& inode) : volume_(volume), inode_(inode) {}

  Folder read() {
    if ((inode_.flags & kEncrypted) != 0) refuse(inode_.name(), "the folder is encrypted");
    if ((inode_.flags & kInlineData) != 0)
      read_inline();
    else
      read_blocks();
    sort();
    return std::move(folder_);
  }

 private:
  void read_inline() {
    folder_.parent = ByteReader(inode_.map, "ext4 folder").u32le(0);
    read_entries(ByteView(inode_.map).subspan(kLeastInline));
    const std::string rest = inline_rest(inode_);
    if (!rest.empty()) read_entries(as_bytes(rest));
  }

  void read_blocks() {
    const std::uint64_t block_size = volume_.superblock().block_size;
    if (inode_.size == 0 || inode_.size % block_size != 0) refuse(inode_.name(), "a folder's size is whole blocks");
    const FileMap map = read_file_map(volume_, inode_);
    check_no_block_twice(map, inode_);
    std::uint64_t next = 0;
    for (const Extent& extent : map) {
      if (extent.logical != next) break;
      next = extent.end();
    }
    if (next != inode_.size / block_size) refuse(inode_.name(), "the folder has a hole");
    Bytes piece;
    for (std::uint64_t at = 0; at < inode_.size; at += piece.size()) {
      piece.resize(std::min(inode_.size - at, kReadAtOnce));
      read_content(volume_, map, at, piece);
      for (std::size_t block = 0; block < piece.size(); block += block_size) {
        read_block(ByteView(piece).subspan(block, block_size), at + block == 0);
      }
    }
  }

  void read_block(ByteView block, bool first) {
    const ByteReader reader(block, "ext4 folder");
    const bool empty = reader.u32le(0) == 0 && entry_length(reader, 0, block.size()) == block.size();
    // A node of the hash tree looks like one unused entry; the tree's root is behind ".." in the first block.
    if ((inode_.flags & kIndexed) != 0 && (empty || first)) {
      if (!first) return;
    } else {
      check_checksum(block);
    }
    const std::size_t start = first ? read_dots(reader) : 0;
    read_entries(block, start);
  }

  // "." and ".." come first and stand alone in that they may not be anywhere else.
  std::size_t read_dots(const ByteReader& reader) {
    const std::size_t dot = entry_length(reader, 0, reader.size());
    if (reader.u8(6) != 1 || reader.text(8, 1) != "." || reader.u32le(0) != inode_.number || dot != 12) {
      refuse(inode_.name(), "the folder does not begin with '.'");
    }
    if (reader.u8(dot + 6) != 2 || reader.text(dot + 8, 2) != "..") refuse(inode_.name(), "the folder has no '..'");
    folder_.parent = reader.u32le(dot);
    const std::size_t end = dot + entry_length(reader, dot, reader.size());
    if (end < dot + 12 || end > reader.size()) refuse(inode_.name(), "the entry '..' has an impossible length");
    return end;
  }

  void read_entries(ByteView bytes, std::size_t at = 0) {
    const ByteReader reader(bytes, "ext4 folder");
    while (at < bytes.size()) {
      const std::size_t length = entry_length(reader, at, bytes.size());
      const std::size_t name_length = reader.u8(at + 6);
      if (length < kEntryHeader + name_length || length % 4 != 0 || length > bytes.size() - at) {
        refuse(inode_.name(), fmt::format("an entry of {} bytes, at byte {} of its block, does not fit", length, at));
      }
      if (const std::uint32_t number = reader.u32le(at); number != 0) {
        add(reader.text(at + kEntryHeader, name_length), number);
      }
      at += length;
    }
  }

  void add(std::string_view name, std::uint32_t number) {
    if (name.empty() || name == "." || name == ".." || name.find_first_of(std::string_view("/\0", 2)) != name.npos) {
      refuse(inode_.name(), "the folder holds a name that is not possible");
    }
    const Superblock& sb = volume_.superblock();
    if (number < sb.first_inode || number > sb.inodes) {
      refuse(inode_.name(), fmt::format("'{}' names inode {}, which is no file's", name, number));
    }
    folder_.names.push_back({std::string(name), number});
  }

  // The CRC stands in an entry that looks unused, at the block's end; it covers what is before that.
  void check_checksum(ByteView block) const {
    if (!volume_.superblock().has_checksums()) return;
    const ByteReader reader(block, "ext4 folder");
    const std::size_t at = block.size() - kTailSize;
    if (reader.u32le(at) != 0 || reader.u8(at + 7) != kTailType)
      refuse(inode_.name(), "a folder's block has no checksum");
    if (reader.u32le(at + 8) != crc32c(inode_.checksum_seed, block.first(at))) {
      refuse(inode_.name(), "the checksum of a folder's block is wrong");
    }
  }

  void sort() {
    std::vector<Name>& names = folder_.names;
    std::sort(names.begin(), names.end(), [](const Name& a, const Name& b) { return a.name < b.name; });
    const auto twice =
        std::adjacent_find(names.begin(), names.end(), [](const Name& a, const Name& b) { return a.name == b.name; });
    if (twice != names.end()) refuse(inode_.name(), fmt::format("the folder has the name '{}' twice", twice->name));
  }

  const Volume& volume_;
  const Inode& inode_;
  Folder folder_;
};

}  // namespace

Folder read_folder(const Volume& volume, const Inode& inode) { return FolderReader(volume, inode).read(); }

std::uint32_t read_parent(const Volume& volume, const Inode& inode) {
  if ((inode.flags & kInlineData) != 0) return ByteReader(inode.map, "ext4 folder").u32le(0);
  const FileMap map = read_file_map(volume, inode);
  if (map.empty() || map.front().logical != 0) refuse(inode.name(), "the folder has a hole");
  const Bytes block = volume.read_block(map.front().physical, inode.name());
  return ByteReader(block, "ext4 folder").u32le(12);  // "." takes 12 bytes, and ".." follows it
}

}  // namespace keelson::ext4
