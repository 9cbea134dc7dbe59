#include "formats/squashfs/inode.h"

#include <fmt/format.h>

namespace keelson::squashfs {

namespace {

constexpr std::size_t kHead = 16;
constexpr std::uint64_t kOwnersInBlock = kMetadataSize / 4;
constexpr std::uint64_t kLongestTarget = 4096;
// A list of blocks has at most 64 MiB: 64 GiB of a file in blocks of 4 KiB, 2 TiB in the usual ones of 128 KiB.
constexpr std::uint64_t kMostBlocks = std::uint64_t{1} << 24;
constexpr std::uint16_t kFirstLong = 8;

/// One inode's fields, in the order in which they stand.
class Parser {
 public:
  Parser(const Metadata& metadata, const Superblock& superblock, NodeId id)
      : superblock_(superblock), cursor_(metadata, place_of(superblock, id), superblock.folder_table) {
    inode_.node.id = id;
  }

  Inode parse(const std::vector<std::uint32_t>& owners) {
    const Bytes head = cursor_.read(kHead);
    const ByteReader reader(head, "squashfs inode");
    const std::uint16_t type = reader.u16le(0);
    if (type == 0 || type > 14) refuse(inode_.name(), fmt::format("has the type {}, which is not known", type));
    Node& node = inode_.node;
    node.mode = reader.u16le(2) & 07777u;
    node.uid = owner(owners, reader.u16le(4));
    node.gid = owner(owners, reader.u16le(6));
    node.modified.seconds = reader.u32le(8);
    is_long_ = type >= kFirstLong;
    parse_rest(is_long_ ? type - 7 : type);
    return std::move(inode_);
  }

 private:
  static Place place_of(const Superblock& superblock, NodeId id) {
    const std::uint64_t block = id >> 16;
    const std::uint64_t offset = id & 0xffff;
    if (block >= superblock.folder_table - superblock.inode_table || offset >= kMetadataSize)
      refuse(fmt::format("inode {}", id), "does not lie in the table of inodes");
    return {superblock.inode_table + block, offset};
  }

  std::uint32_t owner(const std::vector<std::uint32_t>& owners, std::uint16_t index) const {
    if (index >= owners.size()) refuse(inode_.name(), "has an owner that is not in their table");
    return owners[index];
  }

  void parse_rest(int type) {
    switch (type) {
      case 1:
        return is_long_ ? parse_long_folder() : parse_folder();
      case 2:
        return is_long_ ? parse_long_file() : parse_file();
      case 3:
        return parse_symlink();
      case 4:
        return parse_device(NodeType::BlockDevice);
      case 5:
        return parse_device(NodeType::CharDevice);
      case 6:
        return parse_other(NodeType::Fifo);
      default:
        return parse_other(NodeType::Socket);
    }
  }

  void parse_folder() {
    const Bytes bytes = cursor_.read(16);
    const ByteReader reader(bytes, "squashfs folder");
    inode_.node.type = NodeType::Folder;
    inode_.listing_block = reader.u32le(0);
    inode_.node.links = reader.u32le(4);
    set_listing(reader.u16le(8), reader.u16le(10));
  }

  // Its index is not needed: who looks for a name has the whole listing kept (folder.h).
  void parse_long_folder() {
    const Bytes bytes = cursor_.read(24);
    const ByteReader reader(bytes, "squashfs folder");
    inode_.node.type = NodeType::Folder;
    inode_.node.links = reader.u32le(0);
    inode_.listing_block = reader.u32le(8);
    inode_.attributes = reader.u32le(20);
    set_listing(reader.u32le(4), reader.u16le(18));
  }

  // The size counts three bytes more than there are, for "." and "..".
  void set_listing(std::uint32_t size, std::uint16_t offset) {
    inode_.listing = size <= 3 ? 0 : size - 3;
    inode_.offset = offset;
    if (offset >= kMetadataSize) refuse(inode_.name(), "has a listing at a wrong place");
  }

  void parse_file() {
    const Bytes bytes = cursor_.read(16);
    const ByteReader reader(bytes, "squashfs file");
    inode_.first_block = reader.u32le(0);
    inode_.fragment = reader.u32le(4);
    inode_.offset = reader.u32le(8);
    set_size(reader.u32le(12));
  }

  void parse_long_file() {
    const Bytes bytes = cursor_.read(40);
    const ByteReader reader(bytes, "squashfs file");
    inode_.first_block = reader.u64le(0);
    inode_.node.links = reader.u32le(24);
    inode_.fragment = reader.u32le(28);
    inode_.offset = reader.u32le(32);
    inode_.attributes = reader.u32le(36);
    set_size(reader.u64le(8));
  }

  void set_size(std::uint64_t size) {
    const std::uint64_t each = superblock_.block_size;
    inode_.node.type = NodeType::File;
    inode_.node.size = {size};
    inode_.blocks = size / each + (size % each != 0 && inode_.fragment == kNone ? 1 : 0);
    if (inode_.blocks > kMostBlocks) refuse(inode_.name(), "has more blocks than are read");
    if (inode_.fragment != kNone && inode_.fragment >= superblock_.fragments)
      refuse(inode_.name(), "has a fragment that is not in their table");
    inode_.behind = cursor_.place();
  }

  void parse_symlink() {
    const Bytes bytes = cursor_.read(8);
    const ByteReader reader(bytes, "squashfs symlink");
    inode_.node.type = NodeType::Symlink;
    inode_.node.links = reader.u32le(0);
    inode_.node.size = {reader.u32le(4)};
    if (inode_.node.size.value > kLongestTarget) refuse(inode_.name(), "is longer than a symlink can be");
    inode_.behind = cursor_.place();
    if (!is_long_) return;
    cursor_.read(static_cast<std::size_t>(inode_.node.size.value));
    read_attributes_number();
  }

  // The kernel's new_decode_dev(): 12 bits of major, 20 of minor in two parts.
  void parse_device(NodeType type) {
    const Bytes bytes = cursor_.read(8);
    const ByteReader reader(bytes, "squashfs device");
    const std::uint32_t device = reader.u32le(4);
    inode_.node.type = type;
    inode_.node.links = reader.u32le(0);
    inode_.node.device_major = (device & 0xfff00) >> 8;
    inode_.node.device_minor = (device & 0xff) | ((device >> 12) & 0xfff00);
    if (is_long_) read_attributes_number();
  }

  void parse_other(NodeType type) {
    const Bytes bytes = cursor_.read(4);
    inode_.node.type = type;
    inode_.node.links = ByteReader(bytes, "squashfs inode").u32le(0);
    if (is_long_) read_attributes_number();
  }

  void read_attributes_number() {
    const Bytes bytes = cursor_.read(4);
    inode_.attributes = ByteReader(bytes, "squashfs inode").u32le(0);
  }

  const Superblock& superblock_;
  MetadataCursor cursor_;
  Inode inode_;
  bool is_long_ = false;
};

}  // namespace

std::string Inode::name() const { return fmt::format("inode {}", node.id); }

std::vector<std::uint32_t> read_owners(const Metadata& metadata, const Superblock& superblock) {
  std::vector<std::uint32_t> owners;
  for (std::uint64_t i = 0; i < superblock.owners; i += kOwnersInBlock) {
    const std::uint64_t place = read_block_place(metadata, superblock.owner_table, i / kOwnersInBlock);
    const auto block = metadata.block(place);
    const ByteReader reader(block->content, "squashfs table of owners");
    for (std::uint64_t k = 0; k < kOwnersInBlock && i + k < superblock.owners; ++k)
      owners.push_back(reader.u32le(static_cast<std::size_t>(k) * 4));
  }
  return owners;
}

Inode read_inode(const Metadata& metadata, const Superblock& superblock, const std::vector<std::uint32_t>& owners,
                 NodeId id) {
  return Parser(metadata, superblock, id).parse(owners);
}

std::string read_target(const Metadata& metadata, const Superblock& superblock, const Inode& inode) {
  MetadataCursor cursor(metadata, inode.behind, superblock.folder_table);
  std::string target(static_cast<std::size_t>(inode.node.size.value), '\0');
  cursor.read(std::as_writable_bytes(std::span(target)));
  if (target.empty()) refuse(inode.name(), "has a target of no length");
  if (target.find('\0') != std::string::npos) refuse(inode.name(), "has a target with a zero in it");
  return target;
}

}  // namespace keelson::squashfs
