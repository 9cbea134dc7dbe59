#include "image/filesystems/btrfs/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/error.h"

namespace keelson::image::btrfs {

namespace {

/// What is left of `path` below `folder`; nothing if it does not lie at or below it.
std::optional<std::string_view> below(std::string_view path, std::string_view folder) {
  if (folder.empty()) return path;
  if (!path.starts_with(folder)) return std::nullopt;
  if (path.size() == folder.size()) return std::string_view{};
  if (path[folder.size()] != '/') return std::nullopt;
  return path.substr(folder.size() + 1);
}

std::string joined(std::string_view folder, std::string_view rest) {
  return folder.empty() || rest.empty() ? fmt::format("{}{}", folder, rest) : fmt::format("{}/{}", folder, rest);
}

std::pair<std::string_view, std::string_view> split(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return {{}, path};
  return {path.substr(0, slash), path.substr(slash + 1)};
}

class Planner {
 public:
  Planner(const Tree& tree, const std::vector<BtrfsSubvolumePlan>& subvolumes)
      : tree_(tree),
        subvolumes_(subvolumes),
        plan_(subvolumes.size() + 1),
        folders_(plan_.size()),
        links_(plan_.size()) {}

  Plan plan();

 private:
  /// A place in the finished file system: a subvolume, and a path within it.
  struct Place {
    std::size_t subvolume = 0;
    std::string path;
  };

  void check() const;
  std::string_view path_of(std::size_t subvolume) const {
    return subvolume == 0 ? std::string_view{} : std::string_view(subvolumes_[subvolume - 1].path);
  }
  Place locate(std::string_view path) const;
  Place place(std::string_view tree_path, std::size_t longest) const;
  void add_entry(std::size_t index);
  void add(const Place& place, std::size_t index);
  std::uint64_t folder(std::size_t subvolume, std::string_view path);
  std::uint64_t add_inode(const Place& place, std::size_t entry, EntryType type);
  void attach_subvolume(std::size_t subvolume);
  void number_names(PlannedSubvolume& subvolume) const;

  const Tree& tree_;
  const std::vector<BtrfsSubvolumePlan>& subvolumes_;
  Plan plan_;
  std::vector<std::unordered_map<std::string, std::uint64_t>> folders_;  ///< of each subvolume: inode by path
  std::vector<std::unordered_map<std::size_t, std::uint64_t>> links_;    ///< of each: inode by first name's entry
};

void Planner::check() const {
  std::map<std::string_view, int> paths;
  std::map<std::string_view, int> mounts;
  for (const BtrfsSubvolumePlan& subvolume : subvolumes_) {
    if (subvolume.path.empty() || subvolume.path.starts_with('/') || subvolume.path.ends_with('/'))
      throw Error(
          ErrorKind::BadInput,
          fmt::format("cannot make subvolume '{}': it needs a path from the file system's top", subvolume.path));
    if (++paths[subvolume.path] > 1)
      throw Error(ErrorKind::BadInput, fmt::format("cannot make subvolume '{}': it is there twice", subvolume.path));
    if (subvolume.tree_path && ++mounts[*subvolume.tree_path] > 1)
      throw Error(ErrorKind::BadInput, fmt::format("cannot make subvolume '{}': another one is mounted at '/{}' too",
                                                   subvolume.path, *subvolume.tree_path));
  }
}

/// The subvolume with the longest path that leads to `path`.
Planner::Place Planner::locate(std::string_view path) const {
  Place found{0, std::string(path)};
  for (std::size_t i = 1; i < plan_.size(); ++i) {
    const auto rest = below(path, path_of(i));
    if (rest && path_of(i).size() > path_of(found.subvolume).size()) found = {i, std::string(*rest)};
  }
  return found;
}

/// Where an entry of the tree goes, if only subvolumes are mounted whose tree_path is at most `longest` bytes long.
Planner::Place Planner::place(std::string_view tree_path, std::size_t longest) const {
  const BtrfsSubvolumePlan* mounted = nullptr;
  for (const BtrfsSubvolumePlan& subvolume : subvolumes_) {
    if (!subvolume.tree_path || subvolume.tree_path->size() > longest || !below(tree_path, *subvolume.tree_path))
      continue;
    if (!mounted || subvolume.tree_path->size() >= mounted->tree_path->size()) mounted = &subvolume;
  }
  if (!mounted) return locate(tree_path);
  return locate(joined(mounted->path, *below(tree_path, *mounted->tree_path)));
}

std::uint64_t Planner::add_inode(const Place& place, std::size_t entry, EntryType type) {
  PlannedSubvolume& subvolume = plan_[place.subvolume];
  subvolume.inodes.push_back({.entry = entry, .type = type});
  const std::uint64_t inode = kFirstInode + subvolume.inodes.size() - 1;
  if (type == EntryType::Folder) folders_[place.subvolume].emplace(place.path, inode);
  return inode;
}

/// The folder at `path`, made with those above it if need be.
std::uint64_t Planner::folder(std::size_t subvolume, std::string_view path) {
  const auto found = folders_[subvolume].find(std::string(path));
  if (found != folders_[subvolume].end()) return found->second;
  const auto [above, name] = split(path);
  const std::uint64_t parent = folder(subvolume, above);
  const std::uint64_t inode = add_inode({subvolume, std::string(path)}, TreeEntry::kNone, EntryType::Folder);
  plan_[subvolume].names.push_back(
      {.text = std::string(name), .folder = parent, .inode = inode, .type = EntryType::Folder});
  return inode;
}

void Planner::add(const Place& place, std::size_t index) {
  const TreeEntry& entry = tree_.entries[index];
  PlannedSubvolume& subvolume = plan_[place.subvolume];
  const auto known = folders_[place.subvolume].find(place.path);
  if (known != folders_[place.subvolume].end()) {  // a subvolume's root, or a folder that was made for one
    if (entry.type != EntryType::Folder)
      throw Error(ErrorKind::BadInput,
                  fmt::format("cannot write '{}': a btrfs subvolume needs a folder there", entry.path));
    PlannedInode& inode = subvolume.inodes[known->second - kFirstInode];
    if (inode.entry == TreeEntry::kNone) inode.entry = index;
    return;
  }
  const auto [above, name] = split(place.path);
  const std::uint64_t parent = folder(place.subvolume, above);
  const std::size_t first = entry.first_link == TreeEntry::kNone ? index : entry.first_link;
  std::uint64_t inode = 0;
  if (entry.type == EntryType::Folder) {
    inode = add_inode(place, first, entry.type);
  } else {
    std::uint64_t& known_link = links_[place.subvolume][first];
    if (known_link == 0) known_link = add_inode(place, first, entry.type);
    inode = known_link;
  }
  subvolume.names.push_back({.text = std::string(name), .folder = parent, .inode = inode, .type = entry.type});
}

void Planner::add_entry(std::size_t index) {
  const TreeEntry& entry = tree_.entries[index];
  add(place(entry.path, entry.path.size()), index);
  for (const BtrfsSubvolumePlan& subvolume : subvolumes_)
    if (!entry.path.empty() &&
        subvolume.tree_path == entry.path)  // the mount point itself, below what is mounted on it
      add(place(entry.path, entry.path.size() - 1), index);
}

/// Makes the name that a subvolume is seen at.
void Planner::attach_subvolume(std::size_t index) {
  const auto [above, name] = split(path_of(index));
  const Place parent = locate(above);
  PlannedSubvolume& subvolume = plan_[index];
  subvolume.parent = plan_[parent.subvolume].id;
  const std::uint64_t into = folder(parent.subvolume, parent.path);
  subvolume.name_in_parent = plan_[parent.subvolume].names.size();
  plan_[parent.subvolume].names.push_back(
      {.text = std::string(name), .folder = into, .subvolume = subvolume.id, .type = EntryType::Folder});
}

/// Names get their index in byte order, whatever order they came in.
void Planner::number_names(PlannedSubvolume& subvolume) const {
  for (std::size_t i = 0; i < subvolume.names.size(); ++i) {
    const PlannedName& name = subvolume.names[i];
    subvolume.inodes[name.folder - kFirstInode].children.push_back(i);
    if (name.inode != 0) subvolume.inodes[name.inode - kFirstInode].names.push_back(i);
  }
  for (PlannedInode& inode : subvolume.inodes) {
    std::sort(inode.children.begin(), inode.children.end(),
              [&](std::size_t a, std::size_t b) { return subvolume.names[a].text < subvolume.names[b].text; });
    std::uint64_t index = kFirstIndex;
    for (std::size_t i = 0; i < inode.children.size(); ++i) {
      PlannedName& name = subvolume.names[inode.children[i]];
      name.index = index++;
      if (i > 0 && subvolume.names[inode.children[i - 1]].text == name.text)
        throw Error(
            ErrorKind::BadInput,
            fmt::format("cannot make the folder '{}' of a btrfs subvolume: the tree has a file there", name.text));
    }
    if (inode.names.size() > kMaxLinks)
      throw Error(ErrorKind::BadInput, fmt::format("cannot write '{}': a file in btrfs has at most {} names",
                                                   tree_.entries[inode.entry].path, kMaxLinks));
  }
}

Plan Planner::plan() {
  check();
  for (std::size_t i = 0; i < plan_.size(); ++i) {
    plan_[i].id = i == 0 ? std::uint64_t{kTopLevel} : kFirstSubvolume + i - 1;
    add_inode({i, ""}, TreeEntry::kNone, EntryType::Folder);
  }
  for (std::size_t i = 0; i < tree_.entries.size(); ++i) add_entry(i);
  for (std::size_t i = 1; i < plan_.size(); ++i) attach_subvolume(i);
  for (PlannedSubvolume& subvolume : plan_) number_names(subvolume);
  return std::move(plan_);
}

}  // namespace

Plan plan_subvolumes(const Tree& tree, const std::vector<BtrfsSubvolumePlan>& subvolumes) {
  return Planner(tree, subvolumes).plan();
}

}  // namespace keelson::image::btrfs
