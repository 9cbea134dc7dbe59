#include "formats/ext4/ext4.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/bounded_store.h"
#include "formats/ext4/attributes.h"
#include "formats/ext4/file_map.h"
#include "formats/ext4/folder.h"
#include "formats/ext4/inode.h"
#include "formats/ext4/journal.h"

namespace keelson::ext4 {

namespace {

// What is kept between calls: inodes because a walk asks for each several times, maps because content is read in
// pieces, folders because paths are looked up again and again. Together at most some 40 MiB.
constexpr std::size_t kInodesKept = 16384;
constexpr std::size_t kExtentsKept = 256 * 1024;
constexpr std::size_t kNamesKept = 128 * 1024;

constexpr std::uint16_t kTypeBits = 0xF000;
constexpr std::uint16_t kFolderType = 0x4000;

class Ext4 final : public FileSystem {
 public:
  Ext4(const BlockSource& disk, Replay replay)
      : replayed_(std::move(replay.disk)),
        volume_(replayed_ ? *replayed_ : disk),
        identity_(identify(volume_.superblock(), replayed_ != nullptr, std::move(replay.why_not))) {
    if (!inode(kRootInode)->is(NodeType::Folder)) refuse("root folder", "it is no folder");
  }

  const FileSystemIdentity& identity() const override { return identity_; }
  NodeId root() const override { return kRootInode; }
  Node node(NodeId id) const override;
  std::vector<FolderEntry> list(NodeId id) const override;
  std::optional<NodeId> find(NodeId id, std::string_view name) const override;
  std::string link_target(NodeId id) const override;
  std::map<std::string, std::string> xattrs(NodeId id) const override;
  void read(NodeId id, std::uint64_t offset, std::span<std::byte> to) const override;
  std::optional<BlockRange> next_data(NodeId id, std::uint64_t offset) const override;
  std::optional<ContentPlaces> content_places(NodeId id) const override;

 private:
  using InodePointer = std::shared_ptr<const Inode>;

  // Orphans are files without a name, or longer on the disk than they are: after a replay the rest fits together, and
  // a reader does not meet them. The superblock in the journal still says that it needs recovery.
  static FileSystemIdentity identify(const Superblock& sb, bool replayed, std::string why_not_replayed) {
    const bool needs_recovery = (sb.incompat & kNeedsRecovery) != 0;
    return {.type = std::string(sb.type()),
            .uuid = sb.uuid.text(),
            .label = sb.label,
            .size = {sb.blocks * sb.block_size},
            .block_size = sb.block_size,
            .dirty = sb.unclean || (!replayed && (needs_recovery || sb.has_orphans)),
            .why_dirty = std::move(why_not_replayed)};
  }

  InodePointer inode(NodeId id) const;
  std::shared_ptr<const FileMap> map(const Inode& inode) const;
  std::shared_ptr<const Folder> folder(NodeId id) const;
  Folder load_folder(NodeId id) const;
  InodePointer require_file(NodeId id) const;
  void read_inode_content(const Inode& inode, std::uint64_t offset, std::span<std::byte> to) const;
  std::string read_value_inode(std::uint32_t number, std::uint32_t size) const;

  std::unique_ptr<ReplayedDisk> replayed_;  // what volume_ reads, when there is one
  Volume volume_;
  FileSystemIdentity identity_;
  mutable BoundedStore<Inode> inodes_{kInodesKept};
  mutable BoundedStore<FileMap> maps_{kExtentsKept};
  mutable BoundedStore<Folder> folders_{kNamesKept};
};

Ext4::InodePointer Ext4::inode(NodeId id) const {
  if (id > volume_.superblock().inodes) {
    refuse(fmt::format("inode {}", id), fmt::format("the file system has {}", volume_.superblock().inodes));
  }
  return inodes_.get(
      id, [&] { return volume_.read_inode(static_cast<std::uint32_t>(id)); }, [](const Inode&) { return 1; });
}

std::shared_ptr<const FileMap> Ext4::map(const Inode& inode) const {
  return maps_.get(
      inode.number, [&] { return read_file_map(volume_, inode); }, [](const FileMap& map) { return map.size() + 4; });
}

std::shared_ptr<const Folder> Ext4::folder(NodeId id) const {
  return folders_.get(
      id, [&] { return load_folder(id); }, [](const Folder& folder) { return folder.names.size() + 4; });
}

// Each folder says who its parent is. When every folder that is found here says that this one is, no folder is found
// twice and none contains itself: the tree is a tree.
Folder Ext4::load_folder(NodeId id) const {
  const InodePointer self = inode(id);
  if (!self->is(NodeType::Folder)) refuse(self->name(), "it is no folder");
  Folder folder = read_folder(volume_, *self);
  if (id == kRootInode && folder.parent != kRootInode) refuse("root folder", "it has a parent");
  std::set<std::uint32_t> children;
  for (const Name& name : folder.names) {
    if ((volume_.peek_mode(name.inode) & kTypeBits) != kFolderType) continue;
    const std::uint32_t parent = read_parent(volume_, *inode(name.inode));
    if (parent != self->number || !children.insert(name.inode).second) {
      refuse(fmt::format("folder '{}' (inode {})", name.name, name.inode), "it is found in more than one place");
    }
  }
  return folder;
}

Node Ext4::node(NodeId id) const {
  const InodePointer inode = this->inode(id);
  Node node{.id = id,
            .type = inode->type(),
            .mode = inode->mode & 07777u,
            .uid = inode->uid,
            .gid = inode->gid,
            .links = inode->links,
            .modified = inode->modified};
  if (node.type == NodeType::File || node.type == NodeType::Symlink) node.size = {inode->size};
  if (node.type == NodeType::CharDevice || node.type == NodeType::BlockDevice) {
    const DeviceNumber device = device_number(*inode);
    node.device_major = device.major;
    node.device_minor = device.minor;
  }
  return node;
}

std::vector<FolderEntry> Ext4::list(NodeId id) const {
  const auto folder = this->folder(id);
  std::vector<FolderEntry> entries;
  entries.reserve(folder->names.size());
  for (const Name& name : folder->names) entries.push_back({name.name, name.inode});
  return entries;
}

std::optional<NodeId> Ext4::find(NodeId id, std::string_view name) const {
  const auto folder = this->folder(id);
  const auto found = std::lower_bound(folder->names.begin(), folder->names.end(), name,
                                      [](const Name& entry, std::string_view wanted) { return entry.name < wanted; });
  if (found == folder->names.end() || found->name != name) return std::nullopt;
  return found->inode;
}

std::string Ext4::link_target(NodeId id) const {
  const InodePointer inode = this->inode(id);
  if (!inode->is(NodeType::Symlink)) refuse(inode->name(), "it is no symbolic link");
  if ((inode->flags & kEncrypted) != 0) refuse(inode->name(), "it is encrypted");
  if (inode->size == 0 || inode->size > volume_.superblock().block_size) {
    refuse(inode->name(), fmt::format("a symbolic link of {} bytes is not possible", inode->size));
  }
  std::string target(inode->size, '\0');
  const bool fast = (inode->flags & (kInlineData | kMapsExtents)) == 0 && inode->size < inode->map.size();
  if (fast) {
    target = as_text(inode->map).substr(0, inode->size);
  } else {
    read_inode_content(*inode, 0, std::as_writable_bytes(std::span(target)));
  }
  if (target.find('\0') != std::string::npos) refuse(inode->name(), "a symbolic link's target has a zero byte");
  return target;
}

std::map<std::string, std::string> Ext4::xattrs(NodeId id) const {
  return read_attributes(volume_, *inode(id),
                         [this](std::uint32_t number, std::uint32_t size) { return read_value_inode(number, size); });
}

std::string Ext4::read_value_inode(std::uint32_t number, std::uint32_t size) const {
  const InodePointer inode = this->inode(number);
  if ((inode->flags & kEaInode) == 0 || !inode->is(NodeType::File) || inode->size != size) {
    refuse(inode->name(), "it does not hold the extended attribute that it is named for");
  }
  std::string value(size, '\0');
  read_inode_content(*inode, 0, std::as_writable_bytes(std::span(value)));
  return value;
}

Ext4::InodePointer Ext4::require_file(NodeId id) const {
  InodePointer inode = this->inode(id);
  if (!inode->is(NodeType::File)) refuse(inode->name(), "it is no regular file");
  if ((inode->flags & kEncrypted) != 0) refuse(inode->name(), "it is encrypted");
  return inode;
}

void Ext4::read_inode_content(const Inode& inode, std::uint64_t offset, std::span<std::byte> to) const {
  if (offset > inode.size || to.size() > inode.size - offset) {
    refuse(inode.name(), fmt::format("{} bytes at {} lie past its end", to.size(), offset));
  }
  if ((inode.flags & kInlineData) == 0) {
    read_content(volume_, *map(inode), offset, to);
    return;
  }
  std::string content(as_text(inode.map));
  content += inline_rest(inode);
  if (inode.size > content.size()) refuse(inode.name(), "it is larger than its inline data");
  std::copy_n(as_bytes(content).begin() + static_cast<std::ptrdiff_t>(offset), to.size(), to.begin());
}

void Ext4::read(NodeId id, std::uint64_t offset, std::span<std::byte> to) const {
  read_inode_content(*require_file(id), offset, to);
}

std::optional<BlockRange> Ext4::next_data(NodeId id, std::uint64_t offset) const {
  const InodePointer inode = require_file(id);
  if ((inode->flags & kInlineData) == 0) {
    return find_data(*map(*inode), volume_.superblock().block_size, inode->size, offset);
  }
  if (offset >= inode->size) return std::nullopt;
  return BlockRange{offset, inode->size - offset};
}

std::optional<ContentPlaces> Ext4::content_places(NodeId id) const {
  const InodePointer inode = require_file(id);
  if ((inode->flags & kInlineData) != 0) return std::nullopt;
  const std::uint64_t size = volume_.superblock().block_size;
  ContentPlaces content{.disk = &volume_.disk(), .places = {}};
  for (const Extent& extent : *map(*inode))
    content.places.push_back({extent.logical * size, {extent.physical * size, extent.count * size}});
  return content;
}

}  // namespace

bool looks_like_ext4(const BlockSource& disk) {
  if (disk.size().value < kSuperblockOffset + kSuperblockSize) return false;
  return has_magic(read_blocks(disk, kSuperblockOffset, kSuperblockSize));
}

std::unique_ptr<FileSystem> open_ext4(const BlockSource& disk) {
  return std::make_unique<Ext4>(disk, replay_journal(Volume(disk)));
}

}  // namespace keelson::ext4
