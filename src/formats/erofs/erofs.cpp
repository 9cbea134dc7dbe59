#include "formats/erofs/erofs.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/error.h"
#include "formats/erofs/compressed.h"
#include "formats/erofs/volume.h"

namespace keelson::erofs {

namespace {

constexpr std::size_t kDirent = 12;
constexpr std::uint64_t kLargestFolder = 64u << 20;
constexpr std::uint64_t kLargestLink = 4096;
constexpr std::size_t kLongestName = 255;
constexpr unsigned kLongPrefix = 0x80;
constexpr std::uint64_t kHole = 0xffffffff;

class ErofsFiles final : public FileSystem {
 public:
  explicit ErofsFiles(const BlockSource& disk) : volume_(disk) {}

  const FileSystemIdentity& identity() const override { return volume_.identity(); }
  NodeId root() const override { return volume_.root(); }
  Node node(NodeId id) const override { return volume_.inode(id).node; }

  std::vector<FolderEntry> list(NodeId folder) const override {
    const Inode inode = require(folder, NodeType::Folder, "folder");
    if (inode.node.size.value > kLargestFolder) refuse(name_of(folder), "is larger than a folder can be");
    const Bytes content = whole(inode);
    std::vector<FolderEntry> entries;
    for (std::size_t at = 0; at < content.size(); at += volume_.block_size())
      read_block(ByteView(content).subspan(at, std::min<std::size_t>(volume_.block_size(), content.size() - at)),
                 folder, entries);
    std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    const auto twice = std::adjacent_find(entries.begin(), entries.end(),
                                          [](const auto& a, const auto& b) { return a.name == b.name; });
    if (twice != entries.end()) refuse(name_of(folder), "has a name twice");
    return entries;
  }

  std::optional<NodeId> find(NodeId folder, std::string_view name) const override {
    if (folder != listed_) {
      listing_ = list(folder);
      listed_ = folder;
    }
    const auto found =
        std::lower_bound(listing_.begin(), listing_.end(), name,
                         [](const FolderEntry& entry, std::string_view wanted) { return entry.name < wanted; });
    if (found == listing_.end() || found->name != name) return std::nullopt;
    return found->id;
  }

  std::string link_target(NodeId symlink) const override {
    const Inode inode = require(symlink, NodeType::Symlink, "symlink");
    if (inode.node.size.value > kLargestLink) refuse(name_of(symlink), "is longer than a symlink can be");
    std::string target(as_text(whole(inode)));
    if (target.find('\0') != std::string::npos) refuse(name_of(symlink), "has a target with a zero in it");
    return target;
  }

  // erofs_fs.h, "erofs_xattr_ibody_header": numbers of shared attributes, then the inode's own.
  std::map<std::string, std::string> xattrs(NodeId id) const override {
    const Inode inode = volume_.inode(id);
    std::map<std::string, std::string> result;
    if (inode.attribute_bytes == 0) return result;
    const std::uint64_t begin = inode.behind - inode.attribute_bytes;
    const Bytes bytes = volume_.read(begin, inode.attribute_bytes);
    const ByteReader reader(bytes, "erofs attributes");
    const std::size_t shared = reader.u8(4);
    for (std::size_t i = 0; i < shared; ++i)
      add_attribute(volume_.attribute_area() + std::uint64_t{reader.u32le(12 + i * 4)} * 4, result);
    for (std::size_t at = 12 + shared * 4; at + 4 <= bytes.size();) {
      const std::size_t length = add_attribute(begin + at, result);
      at += (length + 3) / 4 * 4;
    }
    return result;
  }

  void read(NodeId file, std::uint64_t offset, std::span<std::byte> to) const override {
    const Inode inode = require(file, NodeType::File, "file");
    if (offset > inode.node.size.value || to.size() > inode.node.size.value - offset)
      refuse(name_of(file), "has no such range");
    read_content(inode, offset, to);
  }

  std::optional<BlockRange> next_data(NodeId file, std::uint64_t offset) const override {
    const std::uint64_t size = volume_.inode(file).node.size.value;
    if (offset >= size) return std::nullopt;
    return BlockRange{offset, size - offset};
  }

 private:
  static std::string name_of(NodeId id) { return fmt::format("inode {}", id); }

  Inode require(NodeId id, NodeType type, std::string_view what) const {
    const Inode inode = volume_.inode(id);
    if (inode.node.type != type) refuse(name_of(id), fmt::format("is no {}", what));
    return inode;
  }

  Bytes whole(const Inode& inode) const {
    Bytes content(static_cast<std::size_t>(inode.node.size.value));
    read_content(inode, 0, content);
    return content;
  }

  void read_content(const Inode& inode, std::uint64_t offset, std::span<std::byte> to) const {
    if (to.empty()) return;
    switch (inode.layout) {
      case Layout::Plain:
        return volume_.read(std::uint64_t{inode.place} * volume_.block_size() + offset, to);
      case Layout::Inline:
        return read_inline(inode, offset, to);
      case Layout::Chunks:
        return read_chunks(inode, offset, to);
      case Layout::CompressedFull:
      case Layout::CompressedCompact:
        break;
    }
    compressed_.read(inode, offset, to);
  }

  // The packed file holds what others have too little of for blocks of their own; it has nothing elsewhere itself.
  void read_packed(std::uint64_t offset, std::span<std::byte> to) const {
    if (!volume_.packed()) refuse("a file", "has its end in a packed file that is not there");
    if (reads_packed_) refuse("the packed file", "has its end in itself");
    const Inode packed = require(*volume_.packed(), NodeType::File, "file");
    if (offset > packed.node.size.value || to.size() > packed.node.size.value - offset)
      refuse("the packed file", "has no such range");
    reads_packed_ = true;
    try {
      read_content(packed, offset, to);
    } catch (...) {
      reads_packed_ = false;
      throw;
    }
    reads_packed_ = false;
  }

  // Whole blocks, and what is left behind the inode.
  void read_inline(const Inode& inode, std::uint64_t offset, std::span<std::byte> to) const {
    const std::uint64_t blocks = inode.node.size.value / volume_.block_size() * volume_.block_size();
    if (offset < blocks) {
      const auto part = to.first(static_cast<std::size_t>(std::min<std::uint64_t>(to.size(), blocks - offset)));
      volume_.read(std::uint64_t{inode.place} * volume_.block_size() + offset, part);
      to = to.subspan(part.size());
      offset += part.size();
    }
    if (!to.empty()) volume_.read(inode.behind + (offset - blocks), to);
  }

  // erofs_fs.h, "erofs_inode_chunk_info": the lower bits say how many blocks a chunk has; what follows are their
  // places.
  void read_chunks(const Inode& inode, std::uint64_t offset, std::span<std::byte> to) const {
    const std::uint64_t chunk = std::uint64_t{volume_.block_size()} << (inode.place & 0x1f);
    const bool has_indexes = (inode.place & 0x20) != 0;
    while (!to.empty()) {
      const std::uint64_t within = offset % chunk;
      const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(to.size(), chunk - within));
      const std::uint64_t number = offset / chunk;
      const std::uint64_t at =
          has_indexes ? (inode.behind + 7) / 8 * 8 + number * 8 + 4 : (inode.behind + 3) / 4 * 4 + number * 4;
      const Bytes place = volume_.read(at, 4);
      const std::uint64_t block = ByteReader(place, "erofs chunk").u32le(0);
      if (block == kHole) {
        std::fill_n(to.begin(), count, std::byte{0});
      } else {
        volume_.read(block * volume_.block_size() + within, to.first(count));
      }
      to = to.subspan(count);
      offset += count;
    }
  }

  // A block of entries, then their names; the first entry's name tells how many there are.
  static void read_block(ByteView block, NodeId folder, std::vector<FolderEntry>& entries) {
    const ByteReader reader(block, "erofs folder");
    const std::size_t names = reader.u16le(8);
    const std::size_t count = names / kDirent;
    if (names < kDirent || names > block.size() || names % kDirent != 0)
      refuse(name_of(folder), "has a block of no entries");
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t begin = reader.u16le(i * kDirent + 8);
      const std::size_t end = i + 1 < count ? reader.u16le((i + 1) * kDirent + 8) : block.size();
      if (begin < names || begin > end || end > block.size()) refuse(name_of(folder), "has a name at a wrong place");
      std::string_view name = reader.text(begin, end - begin);
      if (i + 1 == count) name = name.substr(0, name.find('\0'));
      if (name == "." || name == "..") continue;
      if (name.empty() || name.size() > kLongestName || name.find('/') != std::string_view::npos ||
          name.find('\0') != std::string_view::npos)
        refuse(name_of(folder), "has a name that is none");
      entries.push_back({.name = std::string(name), .id = reader.u64le(i * kDirent)});
    }
  }

  // erofs_fs.h, "erofs_xattr_long_prefix": a length, the number of a short prefix, and what follows that one.
  const std::vector<std::string>& prefixes() const {
    if (prefixes_) return *prefixes_;
    std::vector<std::string> found;
    std::uint64_t at = volume_.prefix_area();
    for (std::size_t i = 0; i < volume_.prefixes(); ++i) {
      const Bytes size = read_prefix_area(at, 2);
      const std::size_t length = ByteReader(size, "erofs prefix").u16le(0);
      if (length == 0 || length > kLongestName + 1)
        refuse("a prefix of attributes", "has a length that is not possible");
      const Bytes bytes = read_prefix_area(at + 2, length);
      const auto begin = prefix_of(ByteReader(bytes, "erofs prefix").u8(0));
      if (!begin) refuse("a prefix of attributes", "begins with one that there is none of");
      found.push_back(std::string(*begin) + std::string(as_text(bytes).substr(1)));
      at = (at + 2 + length + 3) / 4 * 4;
    }
    return prefixes_.emplace(std::move(found));
  }

  Bytes read_prefix_area(std::uint64_t at, std::size_t length) const {
    if (!volume_.packed()) return volume_.read(at, length);
    Bytes bytes(length);
    read_packed(at, bytes);
    return bytes;
  }

  static std::optional<std::string_view> prefix_of(unsigned number) {
    switch (number) {
      case 1:
        return "user.";
      case 2:
        return "system.posix_acl_access";
      case 3:
        return "system.posix_acl_default";
      case 4:
        return "trusted.";
      case 6:
        return "security.";
      default:
        return std::nullopt;
    }
  }

  /// Returns its length.
  std::size_t add_attribute(std::uint64_t at, std::map<std::string, std::string>& result) const {
    const Bytes head = volume_.read(at, 4);
    const ByteReader reader(head, "erofs attribute");
    const std::size_t name_length = reader.u8(0);
    const std::size_t value_length = reader.u16le(2);
    const Bytes bytes = volume_.read(at + 4, name_length + value_length);
    std::string prefix;
    const unsigned number = reader.u8(1);
    if ((number & kLongPrefix) != 0) {
      const auto& known = prefixes();
      if ((number & ~kLongPrefix) >= known.size()) refuse("an attribute", "has a prefix that there is none of");
      prefix = known[number & ~kLongPrefix];
    } else if (const auto found = prefix_of(number)) {
      prefix = *found;
    } else {
      return 4 + bytes.size();  // a prefix of the file system's own: nothing of the system has one
    }
    result[prefix + std::string(as_text(bytes).substr(0, name_length))] =
        std::string(as_text(bytes).substr(name_length));
    return 4 + bytes.size();
  }

  Volume volume_;
  mutable std::optional<NodeId> listed_;  // the folder that was looked into last, as paths are followed
  mutable std::vector<FolderEntry> listing_;
  mutable bool reads_packed_ = false;
  CompressedFiles compressed_{volume_,
                              [this](std::uint64_t offset, std::span<std::byte> to) { read_packed(offset, to); }};
  mutable std::optional<std::vector<std::string>> prefixes_;  // of attributes, when one was asked for
};

}  // namespace

std::unique_ptr<FileSystem> open_erofs(const BlockSource& disk) { return std::make_unique<ErofsFiles>(disk); }

}  // namespace keelson::erofs
