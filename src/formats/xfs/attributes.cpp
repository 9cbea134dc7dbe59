#include "formats/xfs/attributes.h"

#include <fmt/format.h>

#include <set>

namespace keelson::xfs {

namespace {

constexpr std::uint8_t kLocal = 0x01;
constexpr std::uint8_t kRoot = 0x02;
constexpr std::uint8_t kSecure = 0x04;
constexpr std::uint8_t kParent = 0x08;
constexpr std::uint8_t kIncomplete = 0x80;
constexpr std::uint16_t kLeaf4 = 0xfbee;
constexpr std::uint16_t kLeaf5 = 0x3bee;
constexpr std::uint16_t kNode4 = 0xfebe;
constexpr std::uint16_t kNode5 = 0x3ebe;
constexpr std::size_t kBlockChecksumAt = 12;
constexpr std::uint32_t kRemoteMagic = 0x5841524D;  // "XARM"
constexpr std::size_t kRemoteHeader = 56;
constexpr std::uint32_t kLongestValue = 65536;
constexpr unsigned kMostLevels = 5;

// XFS' own form of an ACL, big-endian, to the kernel's: version 2, then tag, permissions, id.
std::string decode_acl(std::string_view stored) {
  const ByteReader reader(as_bytes(stored), "xfs ACL");
  const std::uint32_t count = reader.u32be(0);
  ByteWriter writer;
  writer.u32le(2);
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::size_t at = 4 + std::size_t{i} * 12;
    const std::uint16_t tag = static_cast<std::uint16_t>(reader.u32be(at));
    const bool names = tag == 0x02 || tag == 0x08;
    writer.u16le(tag);
    writer.u16le(reader.u16be(at + 8));
    writer.u32le(names ? reader.u32be(at + 4) : 0xffffffff);
  }
  return std::string(as_text(writer.view()));
}

class AttributeReader {
 public:
  AttributeReader(const Volume& volume, const Inode& inode)
      : volume_(volume), owner_(fmt::format("attributes of {}", inode.name())), fork_(*inode.attributes) {}

  std::map<std::string, std::string> read() {
    if (fork_.format == ForkFormat::Local)
      read_short();
    else
      read_leaves();
    return std::move(found_);
  }

 private:
  void read_short() {
    const ByteReader reader(fork_.bytes, "xfs attributes");
    std::size_t at = 4;
    for (std::size_t count = reader.u8(2); count > 0; --count) {
      const std::size_t name = reader.u8(at);
      const std::size_t value = reader.u8(at + 1);
      add(reader.u8(at + 2), reader.text(at + 3, name), std::string(reader.text(at + 3 + name, value)));
      at += 3 + name + value;
    }
  }

  // Down the first branch to the first leaf, then along the leaves.
  void read_leaves() {
    map_ = volume_.read_map(fork_, owner_);
    if (map_.empty()) return;
    std::uint32_t number = 0;
    std::set<std::uint32_t> seen;
    for (unsigned level = 0;;) {
      if (!seen.insert(number).second) refuse(owner_, "its leaves follow each other in a circle");
      const Bytes block = read_block(number);
      const ByteReader reader(block, "xfs attributes");
      const std::uint16_t magic = reader.u16be(8);
      const bool v5 = volume_.superblock().v5;
      if (magic != (v5 ? kLeaf5 : kLeaf4) && magic != (v5 ? kNode5 : kNode4))
        refuse(owner_, "a block has no magic number");
      if (v5) check_checksum(block, kBlockChecksumAt, owner_);
      if (magic == (v5 ? kNode5 : kNode4)) {
        if (++level > kMostLevels) refuse(owner_, "its tree is too deep");
        number = reader.u32be((v5 ? 64 : 16) + 4);
        continue;
      }
      read_leaf(reader);
      number = reader.u32be(0);
      if (number == 0) return;
    }
  }

  Bytes read_block(std::uint32_t number) const {
    const auto extent = find_extent(map_, number);
    if (extent == map_.end() || extent->logical > number) refuse(owner_, fmt::format("block {} is a hole", number));
    Bytes block(volume_.superblock().block_size);
    volume_.read(map_, std::uint64_t{number} * block.size(), block);
    return block;
  }

  void read_leaf(const ByteReader& leaf) {
    const bool v5 = volume_.superblock().v5;
    const std::size_t count = leaf.u16be(v5 ? 56 : 12);
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t entry = (v5 ? 80 : 32) + i * 8;
      const std::size_t at = leaf.u16be(entry + 4);
      const std::uint8_t flags = leaf.u8(entry + 6);
      if ((flags & kLocal) != 0) {
        const std::size_t value = leaf.u16be(at);
        const std::size_t name = leaf.u8(at + 2);
        add(flags, leaf.text(at + 3, name), std::string(leaf.text(at + 3 + name, value)));
      } else if ((flags & kIncomplete) == 0) {
        add(flags, leaf.text(at + 9, leaf.u8(at + 8)), read_remote(leaf.u32be(at), leaf.u32be(at + 4)));
      }
    }
  }

  std::string read_remote(std::uint32_t number, std::uint32_t size) const {
    if (size > kLongestValue) refuse(owner_, "a value is longer than is possible");
    const bool v5 = volume_.superblock().v5;
    std::string value;
    for (; value.size() < size; ++number) {
      const Bytes block = read_block(number);
      if (v5 && ByteReader(block, "xfs attributes").u32be(0) != kRemoteMagic)
        refuse(owner_, "a value has no magic number");
      if (v5) check_checksum(block, kBlockChecksumAt, owner_);
      const ByteView content = ByteView(block).subspan(v5 ? kRemoteHeader : 0);
      value += as_text(content).substr(0, size - value.size());
    }
    return value;
  }

  void add(std::uint8_t flags, std::string_view name, std::string value) {
    if ((flags & (kIncomplete | kParent)) != 0) return;
    if (name.empty() || name.find('\0') != name.npos) refuse(owner_, "a name is not possible");
    std::string full = fmt::format("{}{}",
                                   (flags & kSecure) != 0 ? "security."
                                   : (flags & kRoot) != 0 ? "trusted."
                                                          : "user.",
                                   name);
    if (full == "trusted.SGI_ACL_FILE" || full == "trusted.SGI_ACL_DEFAULT") {
      full = full == "trusted.SGI_ACL_FILE" ? "system.posix_acl_access" : "system.posix_acl_default";
      value = decode_acl(value);
    }
    if (!found_.emplace(full, std::move(value)).second) refuse(owner_, fmt::format("'{}' is there twice", full));
  }

  const Volume& volume_;
  std::string owner_;
  const Fork& fork_;
  ForkMap map_;
  std::map<std::string, std::string> found_;
};

}  // namespace

std::map<std::string, std::string> read_attributes(const Volume& volume, const Inode& inode) {
  if (!inode.attributes || (inode.attributes->format == ForkFormat::Extents && inode.attributes->extents == 0))
    return {};
  return AttributeReader(volume, inode).read();
}

}  // namespace keelson::xfs
