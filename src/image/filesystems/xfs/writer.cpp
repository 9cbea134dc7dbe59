#include "image/filesystems/xfs/writer.h"

#include <fmt/format.h>

#include "base/error.h"
#include "image/filesystems/entry_kind.h"
#include "image/filesystems/file_content.h"
#include "image/filesystems/partition_range.h"
#include "image/filesystems/xfs/folder.h"
#include "image/filesystems/xfs/groups.h"
#include "image/filesystems/xfs/inode.h"
#include "image/filesystems/xfs/plan.h"
#include "image/filesystems/xfs/xattr.h"

namespace keelson::image {

namespace {

constexpr std::size_t kLongestLabel = 12;
constexpr std::uint32_t kTargetMagic = 0x58534C4D;  // "XSLM": a symbolic link's target in a block of its own
constexpr std::size_t kTargetHeader = 56;
constexpr std::uint16_t kRealtimeBitmap = 0x4;  // of a kind that came with Linux 2.6

static_assert(kContentBlock == kXfsBlockSize);

/// Writes one file system; lives as long as one write_xfs() call.
class XfsWriter {
 public:
  XfsWriter(const Tree& tree, const RootDir& root, const XfsNeed& need, XfsChildren children, XfsTarget target,
            const XfsOptions& options)
      : tree_(tree),
        options_(options),
        target_(std::move(target)),
        content_(root),
        children_(std::move(children)),
        plan_(plan_xfs(tree, need, target_.geometry)),
        identity_{options.label, options.uuid, need.has_attributes} {}

  void write();

 private:
  void reserve_inodes();
  void write_own_inodes();
  void write_entry(std::size_t index);
  XfsInode new_inode(std::uint64_t number) const;
  void store_inode(std::uint64_t number, XfsBlock inode);
  std::optional<XfsFork> store_attributes(const TreeEntry& entry, std::uint64_t number);
  void store_folder(std::size_t index, XfsInode& inode, std::size_t room);
  void store_symlink(const TreeEntry& entry, XfsInode& inode, std::size_t room);
  void store_file(const TreeEntry& entry, XfsInode& inode, std::size_t room);
  std::uint32_t group_of(std::uint64_t inode) const {
    return static_cast<std::uint32_t>(inode / kXfsInodesPerBlock >> target_.geometry.group_bits);
  }

  const Tree& tree_;
  const XfsOptions& options_;
  XfsTarget target_;
  FileContent content_;
  XfsChildren children_;
  XfsPlan plan_;
  XfsIdentity identity_;
  std::vector<std::uint32_t> tree_start_;  ///< of each group's tree of inodes
  std::vector<std::uint32_t> links_;       ///< names of each entry that is the first name of its file
};

/// Folders first, next to one another within each group, so that a walk over the tree reads few places; then the files
/// in tree order.
void XfsWriter::write() {
  links_.assign(tree_.entries.size(), 1);
  for (const TreeEntry& entry : tree_.entries)
    if (entry.first_link != TreeEntry::kNone) ++links_[entry.first_link];
  reserve_inodes();
  write_own_inodes();
  for (const bool folders : {true, false})
    for (std::size_t i = 0; i < tree_.entries.size(); ++i)
      if ((tree_.entries[i].type == EntryType::Folder) == folders && tree_.entries[i].first_link == TreeEntry::kNone)
        write_entry(i);
  write_xfs_groups(target_, plan_.groups, tree_start_, identity_);
}

void XfsWriter::reserve_inodes() {
  for (std::uint32_t group = 0; group < target_.geometry.groups; ++group) {
    const XfsGroupInodes& inodes = plan_.groups[group];
    target_.space.take_in(group, inodes.chunks() * kXfsChunkBlocks);
    tree_start_.push_back(target_.space.take_in(group, inodes.tree_blocks()));
  }
}

/// Those of the realtime device, which must be there even if it is not, and those that are free.
void XfsWriter::write_own_inodes() {
  for (const std::uint64_t slot : {1, 2}) {
    XfsInode inode = new_inode(target_.geometry.inode(0, slot));
    inode.mtime = options_.epoch;
    if (slot == 1) inode.flags = kRealtimeBitmap;
    store_inode(inode.number, make_xfs_inode(inode));
  }
  const XfsBlock free = make_free_xfs_inode(new_inode(0).generation);
  for (std::uint32_t group = 0; group < target_.geometry.groups; ++group)
    for (std::uint64_t slot = plan_.groups[group].used; slot < plan_.groups[group].places(); ++slot)
      store_inode(target_.geometry.inode(group, slot), free);
}

XfsInode XfsWriter::new_inode(std::uint64_t number) const {
  XfsInode inode;
  inode.number = number;
  inode.epoch = options_.epoch;
  for (std::size_t i = 0; i < 4; ++i) inode.generation = inode.generation << 8 | options_.seed.bytes[i];
  return inode;
}

void XfsWriter::store_inode(std::uint64_t number, XfsBlock inode) {
  const std::uint64_t block = number / kXfsInodesPerBlock & ((std::uint64_t{1} << target_.geometry.group_bits) - 1);
  const std::uint64_t linear = target_.geometry.linear(group_of(number), static_cast<std::uint32_t>(block));
  target_.disk.write_sealed(linear * kXfsBlockSize + number % kXfsInodesPerBlock * kXfsInodeSize, std::move(inode),
                            number);
}

void XfsWriter::write_entry(std::size_t index) {
  const TreeEntry& entry = tree_.entries[index];
  XfsInode inode = new_inode(plan_.inodes[index]);
  inode.type = entry.type;
  inode.mode = entry.mode;
  inode.uid = entry.uid;
  inode.gid = entry.gid;
  inode.links = links_[index];
  inode.mtime = entry.mtime;
  inode.attributes = store_attributes(entry, inode.number);
  const std::size_t room =
      xfs_data_room(inode.attributes ? std::optional(inode.attributes->bytes.size()) : std::nullopt);
  if (entry.type == EntryType::Folder) {
    store_folder(index, inode, room);
  } else if (entry.type == EntryType::Symlink) {
    store_symlink(entry, inode, room);
  } else if (entry.type == EntryType::File) {
    store_file(entry, inode, room);
  } else {
    ByteWriter number;
    number.u32be(pack_system_v_device(device_of(entry)));
    inode.data = {XfsForkFormat::Device, number.take(), 0, 0};
  }
  store_inode(inode.number, make_xfs_inode(inode));
}

std::optional<XfsFork> XfsWriter::store_attributes(const TreeEntry& entry, std::uint64_t number) {
  if (entry.xattrs.empty()) return std::nullopt;
  const std::size_t room = xfs_attribute_room(entry.type);
  XfsForkContent content = build_xfs_xattrs(entry.xattrs, entry.path, room);
  if (content.blocks.empty()) return XfsFork{XfsForkFormat::Local, std::move(content.local), 0, 0};
  const std::uint32_t group = group_of(number);
  return map_extents(target_, group, number, store_fork_blocks(target_, group, number, content.blocks), room);
}

void XfsWriter::store_folder(std::size_t index, XfsInode& inode, std::size_t room) {
  inode.links = 2;
  for (const std::uint32_t child : children_[index])
    if (tree_.entries[child].type == EntryType::Folder) ++inode.links;
  XfsForkContent content = xfs_folder_content(tree_, children_, index, plan_.inodes, room);
  inode.size = xfs_folder_size(content);
  const std::uint32_t group = group_of(inode.number);
  if (content.blocks.empty())
    inode.data = {XfsForkFormat::Local, std::move(content.local), 0, 0};
  else
    inode.data = map_extents(target_, group, inode.number,
                             store_fork_blocks(target_, group, inode.number, content.blocks), room);
}

void XfsWriter::store_symlink(const TreeEntry& entry, XfsInode& inode, std::size_t room) {
  inode.size = entry.target.size();
  if (entry.target.size() <= room) {
    const ByteView target = as_bytes(entry.target);
    inode.data = {XfsForkFormat::Local, Bytes(target.begin(), target.end()), 0, 0};
    return;
  }
  XfsBlock block(kRemoteSeal);
  block.u32(0, kTargetMagic);
  block.u32(8, entry.target.size());
  block.text(kTargetHeader, entry.target);
  const std::uint32_t group = group_of(inode.number);
  inode.data = map_extents(target_, group, inode.number,
                           store_fork_blocks(target_, group, inode.number, {{0, std::move(block)}}), room);
}

void XfsWriter::store_file(const TreeEntry& entry, XfsInode& inode, std::size_t room) {
  inode.size = entry.size.value;
  const std::uint32_t group = group_of(inode.number);
  std::vector<XfsExtent> extents;
  content_.read(entry, [&](std::uint64_t position, ByteView bytes) {
    while (!bytes.empty()) {
      XfsExtent piece = target_.space.take_run(group, bytes.size() / kXfsBlockSize);
      piece.logical = position / kXfsBlockSize;
      const std::size_t count = piece.count * kXfsBlockSize;
      target_.disk.write(piece.physical * kXfsBlockSize, bytes.first(count));
      append_extent(extents, piece, target_.geometry);
      position += count;
      bytes = bytes.subspan(count);
    }
  });
  inode.data = map_extents(target_, group, inode.number, extents, room);
}

}  // namespace

void write_xfs(const Tree& tree, const RootDir& root, int raw, ByteCount offset, ByteCount size,
               const XfsOptions& options) {
  if (options.label.size() > kLongestLabel)
    throw Error(ErrorKind::BadInput, fmt::format("cannot label file system '{}': an XFS label has at most {} bytes",
                                                 options.label, kLongestLabel));
  XfsChildren children = xfs_children(tree);
  const XfsNeed need = needed_xfs(tree, children);
  if (size < kXfsSmallest || need.missing(xfs_geometry(size), 0) > 0)
    throw does_not_fit(options.label, xfs_size_for(tree, {}), size);
  XfsTarget target{.geometry = xfs_geometry(size), .disk = XfsDisk(raw, offset, options.uuid)};
  XfsWriter writer(tree, root, need, std::move(children), std::move(target), options);
  clear_range(raw, offset, size);
  writer.write();
}

}  // namespace keelson::image
