#include "image/filesystems/ext4/plan.h"

#include <algorithm>

#include "image/filesystems/entry_kind.h"
#include "image/filesystems/ext4/directory.h"
#include "image/filesystems/ext4/xattr.h"

namespace keelson::image {

namespace {

constexpr std::string_view kLostFound = "lost+found";

}  // namespace

Children children_of(const Tree& tree) {
  Children children;
  for (std::size_t i = 0; i < tree.entries.size(); ++i) {
    const TreeEntry& entry = tree.entries[i];
    if (entry.type == EntryType::Folder) children.try_emplace(i);
    if (entry.parent != TreeEntry::kNone) children[entry.parent].push_back(i);
  }
  return children;
}

bool lacks_lost_found(const Tree& tree) {
  return std::none_of(tree.entries.begin(), tree.entries.end(),
                      [](const TreeEntry& entry) { return entry.path == kLostFound; });
}

std::vector<std::uint32_t> assign_inodes(const Tree& tree) {
  std::vector<std::uint32_t> inodes;
  inodes.reserve(tree.entries.size());
  std::uint32_t next = EXT2_GOOD_OLD_FIRST_INO + 1;
  for (const TreeEntry& entry : tree.entries) {
    if (entry.parent == TreeEntry::kNone)
      inodes.push_back(EXT2_ROOT_INO);
    else if (entry.first_link != TreeEntry::kNone)
      inodes.push_back(inodes[entry.first_link]);
    else if (entry.path == kLostFound)
      inodes.push_back(EXT2_GOOD_OLD_FIRST_INO);
    else
      inodes.push_back(next++);
  }
  return inodes;
}

Bytes folder_content(const Tree& tree, const Children& children, std::size_t folder,
                     const std::vector<std::uint32_t>& inodes) {
  const auto inode = [&](std::size_t index) { return inodes.empty() ? 0 : inodes[index]; };
  const bool is_root = tree.entries[folder].parent == TreeEntry::kNone;
  std::vector<DirectoryEntry> entries;
  if (is_root && lacks_lost_found(tree)) entries.push_back({kLostFound, EXT2_GOOD_OLD_FIRST_INO, EXT2_FT_DIR});
  for (const std::size_t child : children.at(folder))
    entries.push_back({tree.entries[child].name(), inode(child), folder_code(tree.entries[child].type)});
  return pack_directory(inode(folder), inode(is_root ? folder : tree.entries[folder].parent), entries);
}

Bytes empty_lost_found() {
  Bytes content = pack_directory(EXT2_GOOD_OLD_FIRST_INO, EXT2_ROOT_INO, {});
  const Bytes unused = pack_unused_block();
  while (content.size() < kLostFoundBlocks * kExt4BlockSize)
    content.insert(content.end(), unused.begin(), unused.end());
  return content;
}

bool fits_in_inode(const std::map<std::string, std::string>& xattrs) {
  return xattrs.empty() || pack_inode_xattrs(xattrs, kXattrRoom).has_value();
}

}  // namespace keelson::image
