#include "formats/btrfs/btrfs.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/device_number.h"
#include "base/error.h"
#include "base/text.h"
#include "formats/btrfs/content.h"
#include "formats/btrfs/names.h"
#include "formats/btrfs/subvolumes.h"

namespace keelson::btrfs {

namespace {

constexpr std::uint64_t kLongestTarget = 4095;

// A NodeId is an inode number of the opened subvolume, of 63 bits, because mkfs.btrfs takes numbers of the host's
// files. Elsewhere: the upper bit, one for a folder that stands where a subvolume is not shown, the subvolume's place
// in the table, and the inode; or the number of the subvolume that is not shown.
constexpr std::uint64_t kElsewhere = std::uint64_t{1} << 63;
constexpr std::uint64_t kEmptyFolder = std::uint64_t{1} << 62;
constexpr unsigned kInodeBits = 44;
constexpr std::uint64_t kInodeMask = (std::uint64_t{1} << kInodeBits) - 1;
constexpr std::uint64_t kMostSubvolumes = 1 << 18;

bool is_empty_folder(NodeId id) { return (id & kElsewhere) != 0 && (id & kEmptyFolder) != 0; }

class Btrfs final : public FileSystem {
 public:
  Btrfs(const BlockSource& disk, const OpenOptions& options);

  const FileSystemIdentity& identity() const override { return identity_; }
  NodeId root() const override { return kRootFolder; }
  Node node(NodeId id) const override;
  std::vector<FolderEntry> list(NodeId id) const override;
  std::optional<NodeId> find(NodeId id, std::string_view name) const override;
  std::string link_target(NodeId id) const override;
  std::map<std::string, std::string> xattrs(NodeId id) const override;
  void read(NodeId id, std::uint64_t offset, std::span<std::byte> to) const override;
  std::optional<BlockRange> next_data(NodeId id, std::uint64_t offset) const override;

 private:
  const SubvolumeRoot& choose_root(const OpenOptions& options) const;
  const SubvolumeRoot& find_by_path(std::string_view path) const;
  const SubvolumeRoot& subvolume_of(NodeId id) const;
  NodeId make_id(const SubvolumeRoot& subvolume, std::uint64_t number) const;
  NodeId elsewhere(const SubvolumeRoot& subvolume, std::uint64_t number) const;
  NodeId resolve(const SubvolumeRoot& subvolume, std::uint64_t folder, const NameItem& entry) const;
  NodeId resolve_subvolume(const SubvolumeRoot& parent, std::uint64_t folder, const NameItem& entry) const;
  Inode inode(NodeId id) const;
  Inode require(NodeId id, NodeType type, std::string_view why) const;

  Volume volume_;
  SubvolumeTable subvolumes_;
  const SubvolumeRoot& root_;
  bool cross_subvolumes_;
  ContentReader content_;
  FileSystemIdentity identity_;
};

Btrfs::Btrfs(const BlockSource& disk, const OpenOptions& options)
    : volume_(disk),
      subvolumes_(volume_),
      root_(choose_root(options)),
      cross_subvolumes_(options.cross_subvolumes),
      content_(volume_) {
  const Superblock& sb = volume_.superblock();
  identity_ = {.type = "btrfs",
               .uuid = sb.fsid.text(),
               .label = sb.label,
               .size = {sb.total_bytes},
               .block_size = sb.sector_size,
               .dirty = sb.has_log};
  if (subvolumes_.all().size() > kMostSubvolumes) refuse("tree of roots", "it has more subvolumes than are supported");
  if (inode(root()).type != NodeType::Folder) refuse("root folder", "it is no folder");
}

const SubvolumeRoot& Btrfs::choose_root(const OpenOptions& options) const {
  if (options.subvolume_id && !options.subvolume_path.empty()) {
    throw Error(ErrorKind::Usage, "cannot open 'btrfs subvolume': both its number and its path are given");
  }
  if (!options.subvolume_path.empty()) return find_by_path(options.subvolume_path);
  const std::uint64_t id = options.subvolume_id.value_or(subvolumes_.default_id());
  const SubvolumeRoot* found = subvolumes_.find(id);
  if (found != nullptr) return *found;
  throw Error(ErrorKind::NotFound, fmt::format("cannot open 'btrfs subvolume {}': the file system has none of it", id));
}

const SubvolumeRoot& Btrfs::find_by_path(std::string_view path) const {
  const std::string_view given = path;
  while (path.starts_with('/')) path.remove_prefix(1);
  while (path.ends_with('/')) path.remove_suffix(1);
  std::vector<std::string> there;
  for (const SubvolumeRoot& subvolume : subvolumes_.all()) {
    const auto its = subvolumes_.path(volume_, subvolume);
    if (its == path) return subvolume;
    if (its && !its->empty()) there.push_back(*its);
  }
  throw Error(ErrorKind::NotFound,
              fmt::format("cannot open 'btrfs subvolume {}': the file system has none of it", given),
              did_you_mean(path, there));
}

const SubvolumeRoot& Btrfs::subvolume_of(NodeId id) const {
  if ((id & kElsewhere) == 0) return root_;
  const std::uint64_t index = (id & ~kElsewhere & ~kEmptyFolder) >> kInodeBits;
  if (index >= subvolumes_.all().size()) refuse(fmt::format("node {:#x}", id), "there is no such subvolume");
  return subvolumes_.all()[index];
}

NodeId Btrfs::make_id(const SubvolumeRoot& subvolume, std::uint64_t number) const {
  const bool opened = &subvolume == &root_;
  if ((number & (opened ? kElsewhere : ~kInodeMask)) != 0) {
    refuse(fmt::format("inode {}", number), "its number is larger than is supported");
  }
  return opened ? number : elsewhere(subvolume, number);
}

NodeId Btrfs::elsewhere(const SubvolumeRoot& subvolume, std::uint64_t number) const {
  const auto index = static_cast<std::uint64_t>(&subvolume - subvolumes_.all().data());
  return kElsewhere | index << kInodeBits | number;
}

// A folder says where it is. Shown at no other place, it cannot contain itself, and the tree is a tree.
NodeId Btrfs::resolve(const SubvolumeRoot& subvolume, std::uint64_t folder, const NameItem& entry) const {
  if (entry.target.type == kRootItemType) return resolve_subvolume(subvolume, folder, entry);
  const Inode inode = read_inode(volume_, subvolume.tree, entry.target.object);
  if (inode.type == NodeType::Folder &&
      read_place(volume_, subvolume.tree, inode.number) != Place{folder, entry.name}) {
    refuse(fmt::format("folder '{}' (inode {})", entry.name, inode.number), "it is found in more than one place");
  }
  return make_id(subvolume, inode.number);
}

// A snapshot keeps the names of the subvolumes within its original: they are empty folders then, as in Linux.
NodeId Btrfs::resolve_subvolume(const SubvolumeRoot& parent, std::uint64_t folder, const NameItem& entry) const {
  const SubvolumeRoot* child = subvolumes_.find(entry.target.object);
  const bool here = child != nullptr && child->parent == parent.id && child->place == Place{folder, entry.name};
  if (here && cross_subvolumes_) return make_id(*child, kRootFolder);
  if (entry.target.object > kInodeMask) refuse(fmt::format("subvolume {}", entry.target.object), "it is not possible");
  return elsewhere(parent, entry.target.object) | kEmptyFolder;
}

Inode Btrfs::inode(NodeId id) const {
  if (is_empty_folder(id)) return {.number = id, .mode = 0755, .links = 1, .type = NodeType::Folder};
  return read_inode(volume_, subvolume_of(id).tree, (id & kElsewhere) != 0 ? id & kInodeMask : id);
}

Inode Btrfs::require(NodeId id, NodeType type, std::string_view why) const {
  Inode inode = this->inode(id);
  if (inode.type != type) refuse(inode.name(), why);
  return inode;
}

Node Btrfs::node(NodeId id) const {
  const Inode inode = this->inode(id);
  Node node{.id = id,
            .type = inode.type,
            .mode = inode.mode & 07777u,
            .uid = inode.uid,
            .gid = inode.gid,
            .links = inode.links,
            .modified = inode.modified};
  if (node.type == NodeType::File || node.type == NodeType::Symlink) node.size = {inode.size};
  if (node.type == NodeType::CharDevice || node.type == NodeType::BlockDevice) {
    const DeviceNumber device = unpack_kernel_device(inode.device);
    node.device_major = device.major;
    node.device_minor = device.minor;
  }
  return node;
}

std::vector<FolderEntry> Btrfs::list(NodeId id) const {
  const Inode folder = require(id, NodeType::Folder, "it is no folder");
  if (is_empty_folder(id)) return {};
  const SubvolumeRoot& subvolume = subvolume_of(id);
  std::vector<FolderEntry> entries;
  for (const auto& [name, entry] : read_names(volume_, subvolume.tree, folder.number, kFolderEntryType)) {
    entries.push_back({name, resolve(subvolume, folder.number, entry)});
  }
  return entries;
}

std::optional<NodeId> Btrfs::find(NodeId id, std::string_view name) const {
  const Inode folder = require(id, NodeType::Folder, "it is no folder");
  if (is_empty_folder(id)) return std::nullopt;
  const SubvolumeRoot& subvolume = subvolume_of(id);
  const auto entry = find_name(volume_, subvolume.tree, folder.number, kFolderEntryType, name);
  return entry ? std::optional(resolve(subvolume, folder.number, *entry)) : std::nullopt;
}

std::string Btrfs::link_target(NodeId id) const {
  const Inode inode = require(id, NodeType::Symlink, "it is no symbolic link");
  if (inode.size == 0 || inode.size > kLongestTarget) refuse(inode.name(), "a symbolic link's length is not possible");
  std::string target(inode.size, '\0');
  content_.read(subvolume_of(id).tree, inode, 0, std::as_writable_bytes(std::span(target)));
  if (target.find('\0') != std::string::npos) refuse(inode.name(), "a symbolic link's target has a zero byte");
  return target;
}

std::map<std::string, std::string> Btrfs::xattrs(NodeId id) const {
  std::map<std::string, std::string> attributes;
  if (is_empty_folder(id)) return attributes;
  const std::uint64_t number = inode(id).number;
  for (auto& [name, item] : read_names(volume_, subvolume_of(id).tree, number, kAttributeType)) {
    attributes.emplace(name, std::move(item.value));
  }
  return attributes;
}

void Btrfs::read(NodeId id, std::uint64_t offset, std::span<std::byte> to) const {
  const Inode inode = require(id, NodeType::File, "it is no regular file");
  if (offset > inode.size || to.size() > inode.size - offset) {
    refuse(inode.name(), fmt::format("{} bytes at {} lie past its end", to.size(), offset));
  }
  content_.read(subvolume_of(id).tree, inode, offset, to);
}

std::optional<BlockRange> Btrfs::next_data(NodeId id, std::uint64_t offset) const {
  const Inode inode = require(id, NodeType::File, "it is no regular file");
  return content_.next_data(subvolume_of(id).tree, inode, offset);
}

}  // namespace

bool looks_like_btrfs(const BlockSource& disk) {
  if (disk.size().value < kSuperblockOffset + kSuperblockSize) return false;
  return has_magic(read_blocks(disk, kSuperblockOffset, kSuperblockSize));
}

std::unique_ptr<FileSystem> open_btrfs(const BlockSource& disk, const OpenOptions& options) {
  return std::make_unique<Btrfs>(disk, options);
}

std::unique_ptr<FileSystem> open_btrfs(const BlockSource& disk) { return open_btrfs(disk, {}); }

std::vector<Subvolume> list_subvolumes(const BlockSource& disk) {
  const Volume volume(disk);
  const SubvolumeTable table(volume);
  std::vector<Subvolume> list;
  for (const SubvolumeRoot& subvolume : table.all()) {
    if (subvolume.id == kTopSubvolume) continue;
    if (auto path = table.path(volume, subvolume))
      list.push_back({subvolume.id, std::move(*path), subvolume.read_only});
  }
  return list;
}

bool has_default_below_top(const BlockSource& disk) {
  const Volume volume(disk);
  return SubvolumeTable(volume).default_id() != kTopSubvolume;
}

}  // namespace keelson::btrfs
