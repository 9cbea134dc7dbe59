#include "image/filesystems/xfs/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/error.h"
#include "image/filesystems/entry_kind.h"
#include "image/filesystems/xfs/folder.h"
#include "image/filesystems/xfs/fork.h"
#include "image/filesystems/xfs/inode.h"
#include "image/filesystems/xfs/inode_tree.h"
#include "image/filesystems/xfs/xattr.h"

namespace keelson::image {

namespace {

constexpr std::size_t kLongestTarget = 1023;
constexpr std::uint32_t kOwnInodes = 2;  // after the root: of a realtime device, which there is not

void check_entry(const TreeEntry& entry) {
  if (entry.type == EntryType::Symlink && (entry.target.empty() || entry.target.size() > kLongestTarget))
    throw Error(ErrorKind::BadInput,
                fmt::format("cannot write '{}': the target of a symbolic link has 1 to {} bytes in XFS", entry.path,
                            kLongestTarget));
  if (entry.device_major >= kSystemVDeviceEnd.major || entry.device_minor >= kSystemVDeviceEnd.minor)
    throw Error(ErrorKind::BadInput, fmt::format("cannot write '{}': device {}:{} is beyond what XFS can hold",
                                                 entry.path, entry.device_major, entry.device_minor));
}

/// Blocks of a file, with those that its map needs in the worst case: holes of 64 KiB at every second place.
std::uint64_t file_blocks(std::uint64_t size) {
  constexpr std::uint64_t kBytesPerExtent = 128u << 10;
  return (size + kXfsBlockSize - 1) / kXfsBlockSize + map_tree_blocks(size / kBytesPerExtent + 1);
}

std::uint64_t entry_blocks(const Tree& tree, const XfsChildren& children, std::size_t index) {
  const TreeEntry& entry = tree.entries[index];
  std::optional<std::size_t> attribute_bytes;
  std::uint64_t blocks = 0;
  if (!entry.xattrs.empty()) {
    const XfsForkContent content = build_xfs_xattrs(entry.xattrs, entry.path, xfs_attribute_room(entry.type));
    attribute_bytes = content.local.size();
    blocks = content.blocks.size();
  }
  const std::size_t room = xfs_data_room(attribute_bytes);
  if (entry.type == EntryType::File) blocks += file_blocks(entry.size.value);
  if (entry.type == EntryType::Symlink && entry.target.size() > room) ++blocks;
  if (entry.type == EntryType::Folder) {
    const std::uint64_t data = xfs_folder_content(tree, children, index, {}, room).blocks.size();
    blocks += data + map_tree_blocks(std::min<std::uint64_t>(data, 3));
  }
  return blocks;
}

}  // namespace

std::uint64_t XfsNeed::missing(const XfsGeometry& geometry, std::uint64_t extra) const {
  // Each group may have a chunk that is not full. Where a file goes on in another group, it may need one more block for
  // its map; that happens once per group, when it becomes full.
  constexpr std::uint64_t kSlackPerGroup = 8;
  constexpr std::uint64_t kChunksPerTreeBlock = 126;
  const std::uint64_t chunks = (inodes + kOwnInodes) / kXfsChunkInodes + 1 + geometry.groups;
  const std::uint64_t needed =
      total + chunks * kXfsChunkBlocks + chunks / kChunksPerTreeBlock + kSlackPerGroup * geometry.groups + extra;
  const std::uint64_t room = geometry.room();
  return needed > room ? needed - room : 0;
}

XfsChildren xfs_children(const Tree& tree) {
  XfsChildren children(tree.entries.size());
  for (std::size_t i = 1; i < tree.entries.size(); ++i)
    children[tree.entries[i].parent].push_back(static_cast<std::uint32_t>(i));
  return children;
}

XfsNeed needed_xfs(const Tree& tree, const XfsChildren& children) {
  XfsNeed need;
  need.blocks.resize(tree.entries.size());
  for (std::size_t i = 0; i < tree.entries.size(); ++i) {
    const TreeEntry& entry = tree.entries[i];
    if (entry.first_link != TreeEntry::kNone) continue;
    check_entry(entry);
    need.blocks[i] = entry_blocks(tree, children, i);
    need.total += need.blocks[i];
    ++need.inodes;
    if (!entry.xattrs.empty()) need.has_attributes = true;
  }
  return need;
}

XfsPlan plan_xfs(const Tree& tree, const XfsNeed& need, const XfsGeometry& geometry) {
  XfsPlan plan;
  plan.inodes.resize(tree.entries.size());
  plan.groups.resize(geometry.groups);
  const std::uint32_t groups = geometry.inode_groups();
  std::vector<std::uint64_t> room{0};  // up to the end of each group; below 2^28 blocks, as inode_groups() has them
  for (std::uint32_t group = 0; group < groups; ++group)
    room.push_back(room.back() + geometry.limit(group) - geometry.start(group));
  // In eighths of a block, which an inode takes.
  const std::uint64_t all = need.total * kXfsInodesPerBlock + need.inodes;
  const auto share_end = [&](std::uint32_t group) {
    return all / room.back() * room[group + 1] + all % room.back() * room[group + 1] / room.back();
  };
  std::uint32_t group = 0;
  std::uint64_t placed = 0;
  for (std::size_t i = 0; i < tree.entries.size(); ++i) {
    const TreeEntry& entry = tree.entries[i];
    if (entry.first_link != TreeEntry::kNone) {
      plan.inodes[i] = plan.inodes[entry.first_link];
      continue;
    }
    while (placed > share_end(group) && group + 1 < groups) ++group;
    plan.inodes[i] = geometry.inode(group, plan.groups[group].used++);
    if (i == 0) plan.groups[0].used += kOwnInodes;
    placed += need.blocks[i] * kXfsInodesPerBlock + 1;
  }
  return plan;
}

XfsForkContent xfs_folder_content(const Tree& tree, const XfsChildren& children, std::size_t folder,
                                  const std::vector<std::uint64_t>& inodes, std::size_t room) {
  const auto inode = [&](std::size_t index) { return inodes.empty() ? 0 : inodes[index]; };
  std::vector<XfsName> names;
  names.reserve(children[folder].size());
  for (const std::uint32_t child : children[folder]) {
    const TreeEntry& entry = tree.entries[child];
    names.push_back({entry.name(), inode(child), entry.type});
  }
  const std::size_t parent = folder == 0 ? 0 : tree.entries[folder].parent;
  return build_xfs_folder(names, inode(folder), inode(parent), room);
}

}  // namespace keelson::image
