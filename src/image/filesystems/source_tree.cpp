#include "image/filesystems/source_tree.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

#include "base/error.h"
#include "image/filesystems/entry_kind.h"

namespace keelson::image {

namespace {

std::string inside(const std::string& at, const std::string& path) { return at.empty() ? path : at + "/" + path; }

TreeEntry entry_of(const SourceTree::Item& item, const FileSystem& source, std::int64_t epoch) {
  const Node& node = item.node;
  TreeEntry entry;
  entry.type = entry_type(node.type);
  entry.mode = node.mode;
  entry.uid = node.uid;
  entry.gid = node.gid;
  entry.mtime = std::min(node.modified.seconds, epoch);
  entry.device_major = node.device_major;
  entry.device_minor = node.device_minor;
  entry.xattrs = source.xattrs(node.id);
  if (node.type == NodeType::Symlink) entry.target = source.link_target(node.id);
  if (node.type == NodeType::File) entry.size = node.size;
  if (entry.size.value > 0) {
    entry.origin = &source;
    entry.origin_id = node.id;
  }
  return entry;
}

}  // namespace

SourceTree::SourceTree(const FileSystem& source, const std::string& at) : source_(source) { survey(at); }

// Level by level, so that the entries of a folder stand together.
void SourceTree::survey(const std::string& at) {
  items_.push_back({.name = "", .node = source_.node(source_.root())});
  std::unordered_set<NodeId> folders{items_[0].node.id};
  std::size_t depth = 0;
  for (std::size_t level = 0; level < items_.size(); ++depth) {
    const std::size_t end = items_.size();
    for (; level < end; ++level) {
      if (items_[level].node.type != NodeType::Folder) continue;
      if (depth > kMaxDepth) {
        throw Error(ErrorKind::BadInput, fmt::format("cannot read '{}': folders are nested more than {} deep",
                                                     inside(at, path(level)), kMaxDepth));
      }
      auto names = source_.list(items_[level].node.id);
      items_[level].first_child = items_.size();
      items_[level].children = names.size();
      if (items_.size() + names.size() > kMaxEntries + 1) {
        throw Error(ErrorKind::BadInput, fmt::format("cannot read '{}': the image has more than {} files",
                                                     inside(at, path(level)), kMaxEntries));
      }
      for (auto& [name, id] : names) {
        items_.push_back({.name = std::move(name), .node = source_.node(id), .parent = level});
        const Node& node = items_.back().node;
        newest_ = std::max(newest_, node.modified.seconds);
        if (node.type == NodeType::Folder && !folders.insert(node.id).second) {
          throw Error(
              ErrorKind::BadInput,
              fmt::format("cannot read '{}': the folder has a second name", inside(at, path(items_.size() - 1))),
              "the file system is damaged: check it with fsck");
        }
        if (node.type != NodeType::Folder && node.links > 1) linked_[node.id].push_back(level);
        if (node.type == NodeType::File && (node.links <= 1 || linked_[node.id].size() == 1))
          content_ = content_ + node.size;
      }
    }
  }
}

std::string SourceTree::path(std::size_t item) const {
  std::string path;
  for (; item != 0; item = items_[item].parent)
    path = path.empty() ? items_[item].name : items_[item].name + "/" + path;
  return path;
}

const std::vector<std::size_t>& SourceTree::folders_of(NodeId file) const {
  static const std::vector<std::size_t> kNone;
  const auto found = linked_.find(file);
  return found == linked_.end() ? kNone : found->second;
}

void SourceTree::append_to(Tree& tree, std::size_t item, std::int64_t epoch, FirstNames& first_names) const {
  const std::size_t parent = tree.entries.size() - 1;
  const Item& folder = items_[item];
  for (std::size_t i = folder.first_child; i < folder.first_child + folder.children; ++i) {
    const std::string& above = tree.entries[parent].path;
    std::string path = above.empty() ? items_[i].name : above + "/" + items_[i].name;
    const NodeId id = items_[i].node.id;
    const auto first = folders_of(id).empty() ? first_names.end() : first_names.find(id);
    TreeEntry entry;
    if (first != first_names.end()) {
      entry = tree.entries[first->second];
      entry.first_link = first->second;
    } else {
      entry = entry_of(items_[i], source_, epoch);
      if (!folders_of(id).empty()) first_names.emplace(id, tree.entries.size());
    }
    entry.path = std::move(path);
    entry.parent = parent;
    tree.entries.push_back(std::move(entry));
    if (items_[i].node.type == NodeType::Folder) append_to(tree, i, epoch, first_names);
  }
}

}  // namespace keelson::image
