#include "formats/xfs/xfs.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "base/device_number.h"
#include "formats/xfs/attributes.h"
#include "formats/xfs/folder.h"

namespace keelson::xfs {

namespace {

constexpr std::uint16_t kTypeBits = 0xF000;
constexpr std::uint16_t kFolderType = 0x4000;
constexpr std::uint64_t kLongestTarget = 1024;
constexpr std::size_t kTargetHeader = 56;
constexpr std::uint32_t kTargetMagic = 0x58534C4D;  // "XSLM"
constexpr std::size_t kTargetChecksumAt = 12;

class Xfs final : public FileSystem {
 public:
  explicit Xfs(const BlockSource& disk) : volume_(disk) {
    const Superblock& sb = volume_.superblock();
    identity_ = {.type = "xfs",
                 .uuid = sb.uuid.text(),
                 .label = sb.label,
                 .size = {sb.blocks * sb.block_size},
                 .block_size = sb.block_size,
                 .dirty = sb.needs_repair || volume_.has_unfinished_log()};
    if (inode(sb.root_inode).type() != NodeType::Folder) refuse("root folder", "it is no folder");
    found_in_.emplace(sb.root_inode, Place{});
  }

  const FileSystemIdentity& identity() const override { return identity_; }
  NodeId root() const override { return volume_.superblock().root_inode; }
  Node node(NodeId id) const override;
  std::vector<FolderEntry> list(NodeId id) const override;
  std::optional<NodeId> find(NodeId id, std::string_view name) const override;
  std::string link_target(NodeId id) const override;
  std::map<std::string, std::string> xattrs(NodeId id) const override { return read_attributes(volume_, inode(id)); }
  void read(NodeId id, std::uint64_t offset, std::span<std::byte> to) const override;
  std::optional<BlockRange> next_data(NodeId id, std::uint64_t offset) const override;
  std::optional<ContentPlaces> content_places(NodeId id) const override;

 private:
  using Names = std::map<std::string, std::uint64_t>;
  /// Where a folder was found. Found in a second place, it would make the tree endless, or another than it seems.
  struct Place {
    std::uint64_t folder = 0;
    std::string name;
    bool operator==(const Place&) const = default;
  };

  const Inode& inode(NodeId id) const;
  const Inode& require_file(NodeId id) const;
  const ForkMap& map(const Inode& inode) const;
  const Names& names(NodeId id) const;

  Volume volume_;
  FileSystemIdentity identity_;
  mutable std::unordered_map<std::uint64_t, Place> found_in_;
  // The last of each that was asked for: content is read in pieces, a folder's names are looked up in turn.
  mutable std::optional<Inode> last_inode_;
  mutable std::optional<std::pair<std::uint64_t, ForkMap>> last_map_;
  mutable std::optional<std::pair<std::uint64_t, Names>> last_names_;
};

const Inode& Xfs::inode(NodeId id) const {
  if (!last_inode_ || last_inode_->number != id) last_inode_ = volume_.read_inode(id);
  return *last_inode_;
}

const ForkMap& Xfs::map(const Inode& inode) const {
  if (!last_map_ || last_map_->first != inode.number) {
    last_map_.emplace(inode.number, volume_.read_map(inode.data, inode.name()));
  }
  return last_map_->second;
}

const Xfs::Names& Xfs::names(NodeId id) const {
  if (last_names_ && last_names_->first == id) return last_names_->second;
  const Inode& folder = inode(id);
  if (folder.type() != NodeType::Folder) refuse(folder.name(), "it is no folder");
  Names names = read_folder(volume_, folder);
  for (const auto& [name, number] : names) {
    if ((volume_.peek_mode(number) & kTypeBits) != kFolderType) continue;
    const Place here{id, name};
    const auto [place, first] = found_in_.emplace(number, here);
    if (!first && place->second != here) {
      refuse(fmt::format("folder '{}' (inode {})", name, number), "it is found in more than one place");
    }
  }
  last_names_.emplace(id, std::move(names));
  return last_names_->second;
}

Node Xfs::node(NodeId id) const {
  const Inode& inode = this->inode(id);
  Node node{.id = id,
            .type = inode.type(),
            .mode = inode.mode & 07777u,
            .uid = inode.uid,
            .gid = inode.gid,
            .links = inode.links,
            .modified = inode.modified};
  if (node.type == NodeType::File || node.type == NodeType::Symlink) node.size = {inode.size};
  if (node.type == NodeType::CharDevice || node.type == NodeType::BlockDevice) {
    const DeviceNumber device = unpack_system_v_device(ByteReader(inode.data.bytes, "xfs device").u32be(0));
    node.device_major = device.major;
    node.device_minor = device.minor;
  }
  return node;
}

std::vector<FolderEntry> Xfs::list(NodeId id) const {
  std::vector<FolderEntry> entries;
  for (const auto& [name, number] : names(id)) entries.push_back({name, number});
  return entries;
}

std::optional<NodeId> Xfs::find(NodeId id, std::string_view name) const {
  const Names& names = this->names(id);
  const auto found = names.find(std::string(name));
  return found == names.end() ? std::nullopt : std::optional<NodeId>(found->second);
}

std::string Xfs::link_target(NodeId id) const {
  const Inode& inode = this->inode(id);
  if (inode.type() != NodeType::Symlink) refuse(inode.name(), "it is no symbolic link");
  if (inode.size == 0 || inode.size > kLongestTarget) refuse(inode.name(), "a symbolic link's length is not possible");
  std::string target;
  if (inode.data.format == ForkFormat::Local) {
    target = ByteReader(inode.data.bytes, "xfs symbolic link").text(0, inode.size);
  } else {
    const bool v5 = volume_.superblock().v5;
    Bytes block(volume_.superblock().block_size);
    for (std::uint64_t at = 0; target.size() < inode.size; at += block.size()) {
      volume_.read(map(inode), at, block);
      if (v5 && ByteReader(block, "xfs symbolic link").u32be(0) != kTargetMagic)
        refuse(inode.name(), "its target is not there");
      if (v5) check_checksum(block, kTargetChecksumAt, inode.name());
      target += as_text(block).substr(v5 ? kTargetHeader : 0, inode.size - target.size());
    }
  }
  if (target.find('\0') != std::string::npos) refuse(inode.name(), "a symbolic link's target has a zero byte");
  return target;
}

const Inode& Xfs::require_file(NodeId id) const {
  const Inode& inode = this->inode(id);
  if (inode.type() != NodeType::File) refuse(inode.name(), "it is no regular file");
  return inode;
}

void Xfs::read(NodeId id, std::uint64_t offset, std::span<std::byte> to) const {
  const Inode& inode = require_file(id);
  if (offset > inode.size || to.size() > inode.size - offset) {
    refuse(inode.name(), fmt::format("{} bytes at {} lie past its end", to.size(), offset));
  }
  volume_.read(map(inode), offset, to);
}

std::optional<BlockRange> Xfs::next_data(NodeId id, std::uint64_t offset) const {
  const Inode& inode = require_file(id);
  const ForkMap& map = this->map(inode);
  const std::uint64_t size = volume_.superblock().block_size;
  auto extent = find_extent(map, offset / size);
  if (offset >= inode.size || extent == map.end() || extent->logical > (inode.size - 1) / size) return std::nullopt;
  const std::uint64_t first = std::max(offset, extent->logical * size);
  std::uint64_t end = extent->end();
  for (++extent; extent != map.end() && extent->logical == end; ++extent) end = extent->end();
  // Blocks may be given out beyond the size, so far that their end in bytes does not fit.
  const std::uint64_t last = end > inode.size / size ? inode.size : end * size;
  return BlockRange{first, last - first};
}

std::optional<ContentPlaces> Xfs::content_places(NodeId id) const {
  const Inode& inode = require_file(id);
  const std::uint64_t size = volume_.superblock().block_size;
  const std::uint64_t blocks = inode.size / size + (inode.size % size != 0 ? 1 : 0);
  ContentPlaces content{.disk = &volume_.disk(), .places = {}};
  for (const Extent& extent : map(inode)) {
    // Blocks may be given out beyond the size.
    const std::uint64_t end = std::min(extent.end(), blocks);
    if (extent.logical < end)
      content.places.push_back({extent.logical * size, {extent.physical * size, (end - extent.logical) * size}});
  }
  return content;
}

}  // namespace

bool looks_like_xfs(const BlockSource& disk) {
  return disk.size().value >= 512 && has_magic(read_blocks(disk, 0, 512));
}

std::unique_ptr<FileSystem> open_xfs(const BlockSource& disk) { return std::make_unique<Xfs>(disk); }

}  // namespace keelson::xfs
