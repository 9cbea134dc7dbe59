#include "image/filesystems/btrfs/subvolume_tree.h"

#include <fmt/format.h>

#include "base/error.h"
#include "image/filesystems/btrfs/items.h"

namespace keelson::image::btrfs {

namespace {

constexpr std::size_t kMaxTarget = kSectorSize - 1;

class SubvolumeWriter {
 public:
  SubvolumeWriter(const Tree& tree, const PlannedSubvolume& subvolume, std::int64_t epoch, ContentStore& content,
                  NodeSink& sink)
      : tree_(tree), subvolume_(subvolume), epoch_(epoch), content_(content), builder_(subvolume.id, sink) {
    made_folder_.type = EntryType::Folder;
    made_folder_.mode = 0755;
    made_folder_.mtime = epoch;
  }

  TreeRoot write() {
    for (std::size_t i = 0; i < subvolume_.inodes.size(); ++i) write_inode(kFirstInode + i, subvolume_.inodes[i]);
    return builder_.finish();
  }

 private:
  void write_inode(std::uint64_t number, const PlannedInode& inode);
  void add_names(std::uint64_t number, const PlannedInode& inode, Items& items) const;
  void add_xattrs(std::uint64_t number, const TreeEntry& entry, Items& items) const;
  InodeFacts add_children(std::uint64_t number, const PlannedInode& inode, const TreeEntry& entry, Items& items) const;
  InodeFacts add_target(std::uint64_t number, const TreeEntry& entry, Items& items) const;
  InodeFacts add_content(std::uint64_t number, const TreeEntry& entry, Items& items);

  const Tree& tree_;
  const PlannedSubvolume& subvolume_;
  std::int64_t epoch_;
  ContentStore& content_;
  TreeBuilder builder_;
  TreeEntry made_folder_;  ///< stands for folders that the tree does not have
};

/// Adds to an item that holds several things of one key. Returns whether there was room.
bool append(Items& items, const Key& key, const Bytes& part) {
  Bytes& item = items[key];
  if (item.size() + part.size() > kMaxItem) return false;
  item.insert(item.end(), part.begin(), part.end());
  return true;
}

void SubvolumeWriter::write_inode(std::uint64_t number, const PlannedInode& inode) {
  const TreeEntry& entry = inode.entry == TreeEntry::kNone ? made_folder_ : tree_.entries[inode.entry];
  Items items;
  InodeFacts facts;
  if (entry.type == EntryType::Folder) facts = add_children(number, inode, entry, items);
  if (entry.type == EntryType::Symlink) facts = add_target(number, entry, items);
  if (entry.type == EntryType::File) facts = add_content(number, entry, items);
  facts.epoch = epoch_;
  // A folder has one link, however many folders are in it.
  facts.links = entry.type == EntryType::Folder ? 1 : static_cast<std::uint32_t>(inode.names.size());
  items[{number, kInodeItem, 0}] = inode_item(entry, facts);
  add_names(number, inode, items);
  add_xattrs(number, entry, items);
  for (const auto& [key, item] : items) builder_.add(key, item);
}

void SubvolumeWriter::add_names(std::uint64_t number, const PlannedInode& inode, Items& items) const {
  if (number == kFirstInode) items[{number, kInodeRef, number}] = inode_ref(0, "..");
  for (const std::size_t index : inode.names) {
    const PlannedName& name = subvolume_.names[index];
    if (append(items, {number, kInodeRef, name.folder}, inode_ref(name.index, name.text))) continue;
    if (!append(items, inode_extref_key(number, name.folder, name.text),
                inode_extref(name.folder, name.index, name.text)))
      throw Error(ErrorKind::BadInput, fmt::format("cannot write '{}': too many names with one hash", name.text));
  }
}

void SubvolumeWriter::add_xattrs(std::uint64_t number, const TreeEntry& entry, Items& items) const {
  for (const auto& [name, value] : entry.xattrs) {
    // The item has 16 bits for each size; what it can hold is less.
    const bool fits = name.size() + value.size() < kMaxItem &&
                      append(items, {number, kXattrItem, name_hash(name)}, xattr_item(name, value));
    if (!fits)
      throw Error(ErrorKind::BadInput, fmt::format("cannot write attribute '{}' of '{}': btrfs stores at most {} bytes",
                                                   name, entry.path, kMaxItem - xattr_item(name, {}).size()));
  }
}

InodeFacts SubvolumeWriter::add_children(std::uint64_t number, const PlannedInode& inode, const TreeEntry& entry,
                                         Items& items) const {
  InodeFacts facts;
  for (const std::size_t index : inode.children) {
    const PlannedName& name = subvolume_.names[index];
    const Key target = name.inode != 0 ? Key{name.inode, kInodeItem, 0} : Key{name.subvolume, kRootItem, kNoOffset};
    const Bytes item = dir_item(target, name.type, name.text);
    if (!append(items, {number, kDirItem, name_hash(name.text)}, item))
      throw Error(ErrorKind::BadInput,
                  fmt::format("cannot write folder '{}': too many names with one hash as '{}'", entry.path, name.text));
    items[{number, kDirIndex, name.index}] = item;
    facts.size += 2 * name.text.size();
  }
  return facts;
}

InodeFacts SubvolumeWriter::add_target(std::uint64_t number, const TreeEntry& entry, Items& items) const {
  if (entry.target.size() > kMaxTarget)
    throw Error(ErrorKind::BadInput, fmt::format("cannot write link '{}': btrfs stores targets of at most {} bytes",
                                                 entry.path, kMaxTarget));
  items[{number, kExtentData, 0}] = inline_extent(as_bytes(entry.target));
  return {.size = entry.target.size(), .stored = entry.target.size()};
}

InodeFacts SubvolumeWriter::add_content(std::uint64_t number, const TreeEntry& entry, Items& items) {
  InodeFacts facts{.size = entry.size.value};
  const StoredFile stored = content_.store(entry, {subvolume_.id, number});
  if (!stored.inlined.empty()) {
    items[{number, kExtentData, 0}] = inline_extent(stored.inlined);
    facts.stored = stored.inlined.size();
  }
  // Holes are said to be there, though "no-holes" allows to leave them out: GRUB stops at a place that has no item.
  std::uint64_t next = 0;
  const auto add_hole = [&](std::uint64_t end) {
    if (next < end) items[{number, kExtentData, next}] = hole(end - next);
  };
  for (const FileExtent& extent : stored.extents) {
    add_hole(extent.position);
    items[{number, kExtentData, extent.position}] = file_extent(extent.address, extent.length);
    next = extent.position + extent.length;
    facts.stored += extent.length;
  }
  if (stored.inlined.empty()) add_hole((facts.size + kSectorSize - 1) / kSectorSize * kSectorSize);
  return facts;
}

}  // namespace

TreeRoot write_subvolume_tree(const Tree& tree, const PlannedSubvolume& subvolume, std::int64_t epoch,
                              ContentStore& content, NodeSink& sink) {
  return SubvolumeWriter(tree, subvolume, epoch, content, sink).write();
}

}  // namespace keelson::image::btrfs
