#include "formats/squashfs/squashfs.h"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <unordered_map>

#include "base/bounded_store.h"
#include "formats/squashfs/attributes.h"
#include "formats/squashfs/content.h"
#include "formats/squashfs/folder.h"

namespace keelson::squashfs {

namespace {

// What is kept between calls: inodes because a walk asks for each several times, folders because paths are looked up
// again and again. Together at most some 15 MiB, but for one folder that has more names.
constexpr std::size_t kInodesKept = 16384;
constexpr std::size_t kNamesKept = 128 * 1024;
constexpr std::size_t kMostFolders = 2'000'000;

class SquashFiles final : public FileSystem {
 public:
  explicit SquashFiles(const BlockSource& disk)
      : superblock_(read_superblock(disk)),
        metadata_(disk, superblock_),
        owners_(read_owners(metadata_, superblock_)),
        attributes_(metadata_, superblock_),
        contents_(disk, metadata_, superblock_),
        identity_({.type = "squashfs",
                   .uuid = {},
                   .label = {},
                   .size = {superblock_.size},
                   .block_size = superblock_.block_size}) {
    require(superblock_.root, NodeType::Folder, "folder");
  }

  const FileSystemIdentity& identity() const override { return identity_; }
  NodeId root() const override { return superblock_.root; }
  Node node(NodeId id) const override { return inode(id)->node; }

  std::vector<FolderEntry> list(NodeId id) const override { return folder(id)->entries; }

  std::optional<NodeId> find(NodeId id, std::string_view name) const override {
    const auto folder = this->folder(id);
    const auto found =
        std::lower_bound(folder->entries.begin(), folder->entries.end(), name,
                         [](const FolderEntry& entry, std::string_view wanted) { return entry.name < wanted; });
    if (found == folder->entries.end() || found->name != name) return std::nullopt;
    return found->id;
  }

  std::string link_target(NodeId id) const override {
    return read_target(metadata_, superblock_, *require(id, NodeType::Symlink, "symlink"));
  }

  std::map<std::string, std::string> xattrs(NodeId id) const override {
    const auto inode = this->inode(id);
    if (inode->attributes == kNone) return {};
    return attributes_.read(inode->attributes);
  }

  void read(NodeId id, std::uint64_t offset, std::span<std::byte> to) const override {
    const auto inode = require(id, NodeType::File, "file");
    if (offset > inode->node.size.value || to.size() > inode->node.size.value - offset)
      refuse(inode->name(), "has no such range");
    contents_.read(*inode, offset, to);
  }

  std::optional<BlockRange> next_data(NodeId id, std::uint64_t offset) const override {
    return contents_.next_data(*require(id, NodeType::File, "file"), offset);
  }

 private:
  using InodePointer = std::shared_ptr<const Inode>;

  InodePointer inode(NodeId id) const {
    return inodes_.get(
        id, [&] { return read_inode(metadata_, superblock_, owners_, id); }, [](const Inode&) { return 1; });
  }

  InodePointer require(NodeId id, NodeType type, std::string_view what) const {
    InodePointer inode = this->inode(id);
    if (inode->node.type != type) refuse(inode->name(), fmt::format("is no {}", what));
    return inode;
  }

  std::shared_ptr<const Folder> folder(NodeId id) const {
    return folders_.get(
        id,
        [&] {
          const InodePointer self = require(id, NodeType::Folder, "folder");
          check_named(id);
          Folder folder = read_folder(metadata_, superblock_, *self);
          name_folders(id, folder);
          return folder;
        },
        [](const Folder& folder) { return folder.entries.size() + 4; });
  }

  // Every folder but the root has one place, the first one where it was found, and what was found nowhere is not read:
  // so the tree is a tree, whatever the listings say.
  void check_named(NodeId id) const {
    const std::lock_guard lock(mutex_);
    if (id != superblock_.root && !parents_.contains(id))
      refuse(fmt::format("inode {}", id), "is a folder that no folder names as one");
  }

  void name_folders(NodeId id, const Folder& folder) const {
    std::vector<NodeId> found = folder.folders;
    std::sort(found.begin(), found.end());
    const bool is_twice = std::adjacent_find(found.begin(), found.end()) != found.end();
    const std::lock_guard lock(mutex_);
    if (parents_.size() + found.size() > kMostFolders) refuse("the file system", "has more folders than are read");
    for (const NodeId child : found) {
      if (is_twice || child == superblock_.root || parents_.emplace(child, id).first->second != id)
        refuse(fmt::format("inode {}", id), "has a folder that is found in more than one place");
    }
  }

  Superblock superblock_;
  Metadata metadata_;
  std::vector<std::uint32_t> owners_;
  Attributes attributes_;
  Contents contents_;
  FileSystemIdentity identity_;
  mutable BoundedStore<Inode> inodes_{kInodesKept};
  mutable BoundedStore<Folder> folders_{kNamesKept};
  mutable std::mutex mutex_;
  mutable std::unordered_map<NodeId, NodeId> parents_;  // as many as there are folders, each an inode of 32 bytes
};

}  // namespace

bool looks_like_squashfs(const BlockSource& disk) {
  return disk.size().value >= kSuperblockSize && has_magic(read_blocks(disk, 0, kSuperblockSize));
}

std::unique_ptr<FileSystem> open_squashfs(const BlockSource& disk) { return std::make_unique<SquashFiles>(disk); }

}  // namespace keelson::squashfs
