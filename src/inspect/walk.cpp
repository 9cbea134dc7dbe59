#include "inspect/walk.h"

#include <fmt/format.h>

#include <charconv>
#include <unordered_set>

#include "base/error.h"
#include "base/harmless_text.h"
#include "base/text.h"

namespace keelson::inspect {

namespace {

constexpr std::uint64_t kMostNames = 5'000'000;
constexpr std::size_t kMostDepth = 256;
constexpr std::size_t kMostText = 1u << 20;
constexpr std::size_t kMostCapabilities = 1000;
constexpr std::size_t kMostTopFolders = 1000;
constexpr std::uint32_t kSetuid = 04000, kSetgid = 02000, kSticky = 01000, kAnybodyWrites = 0002, kRuns = 0111;

// One line of a list: a line feed in a name must not make two of it.
std::string as_line(std::string_view path) {
  std::string line = harmless_text(path);
  for (char& c : line)
    if (c == '\n') c = '?';
  return line;
}

std::string owner_name(const std::map<std::uint32_t, std::string>& names, std::uint32_t id) {
  const auto found = names.find(id);
  return found == names.end() ? std::to_string(id) : found->second;
}

class Walker {
 public:
  Walker(const FileSystem& files, const KnownOwners& owners, const std::function<void(std::string)>& note)
      : files_(files), owners_(owners), note_(note) {}

  WalkedTree walk() {
    waiting_.push_back({files_.root(), "", "", 0});
    while (!waiting_.empty()) {
      const Folder folder = std::move(waiting_.back());
      waiting_.pop_back();
      look_into(folder);
      if (names_ > kMostNames) {
        note_("there are more than 5,000,000 files: the rest was not looked at");
        break;
      }
    }
    return std::move(tree_);
  }

 private:
  struct Folder {
    NodeId id;
    std::string path;  // "" is the root
    std::string top;   // "/usr"
    std::size_t depth;
  };

  void look_into(const Folder& folder) {
    if (!seen_.insert(folder.id).second) return note_(fmt::format("'{}' is a folder twice", folder.path));
    std::vector<FolderEntry> entries;
    try {
      entries = files_.list(folder.id);
    } catch (const Error& error) {
      return note_(error.message());
    }
    std::vector<Folder> below;
    for (const auto& entry : entries) {
      if (++names_ > kMostNames) return;
      const std::string path = folder.path + "/" + entry.name;
      try {
        const Node node = files_.node(entry.id);
        const std::string& top = folder.depth == 0 ? path : folder.top;
        look_at(node, path, top);
        if (node.type == NodeType::Folder && folder.depth + 1 < kMostDepth)
          below.push_back({entry.id, path, top, folder.depth + 1});
        else if (node.type == NodeType::Folder)
          note_(fmt::format("'{}' is more than 256 folders deep: it was not looked at", path.substr(0, 100)));
      } catch (const Error& error) {
        note_(error.message());
      }
    }
    waiting_.insert(waiting_.end(), std::make_move_iterator(below.rbegin()), std::make_move_iterator(below.rend()));
  }

  void look_at(const Node& node, const std::string& path, const std::string& top) {
    (node.type == NodeType::Folder ? tree_.folders : tree_.files) += 1;
    if (node.type == NodeType::File) look_at_file(node, path, top);
    const bool sticky_folder = node.type == NodeType::Folder && (node.mode & kSticky) != 0;
    if ((node.mode & kAnybodyWrites) != 0 && node.type != NodeType::Symlink && node.type != NodeType::CharDevice &&
        !sticky_folder)
      add(tree_.world_writable, as_line(path), "world-writable files");
    if (!owners_.users.contains(node.uid) || !owners_.groups.contains(node.gid))
      add(tree_.unowned, as_line(path), "files without an owner");
  }

  void look_at_file(const Node& node, const std::string& path, const std::string& top) {
    if (node.links < 2 || seen_files_.insert(node.id).second) {
      const std::string name = top == path ? "/" : as_line(top);  // files in the root folder itself
      if (tree_.sizes.size() < kMostTopFolders || tree_.sizes.contains(name)) tree_.sizes[name] += node.size.value;
    }
    if ((node.mode & (kSetuid | kSetgid)) != 0) {
      add(tree_.setuid,
          fmt::format("{:o} {} {} {}", node.mode, owner_name(owners_.users, node.uid),
                      owner_name(owners_.groups, node.gid), as_line(path)),
          "setuid programs");
    }
    if ((node.mode & kRuns) == 0) return;
    const auto attributes = files_.xattrs(node.id);
    const auto found = attributes.find("security.capability");
    if (found != attributes.end() && tree_.capabilities.size() < kMostCapabilities)
      tree_.capabilities.emplace(as_line(path), capabilities_text(found->second));
  }

  void add(std::string& lines, std::string line, std::string_view what) {
    if (lines.size() + line.size() > kMostText)
      return note_(fmt::format("there are too many {}: some are left out", what));
    lines += line + "\n";
  }

  const FileSystem& files_;
  const KnownOwners& owners_;
  const std::function<void(std::string)>& note_;
  WalkedTree tree_;
  std::vector<Folder> waiting_;
  std::unordered_set<NodeId> seen_;        // folders: a lying file system may have cycles
  std::unordered_set<NodeId> seen_files_;  // with several names
  std::uint64_t names_ = 0;
};

std::map<std::uint32_t, std::string> names_by_id(std::string_view text) {
  std::map<std::uint32_t, std::string> names;
  for (const auto line : split(text, '\n')) {
    const auto fields = split(line, ':');
    if (fields.size() < 3) continue;
    std::uint32_t id = 0;
    const auto [end, error] = std::from_chars(fields[2].data(), fields[2].data() + fields[2].size(), id);
    if (error == std::errc() && end == fields[2].data() + fields[2].size()) names.emplace(id, fields[0]);
  }
  return names;
}

}  // namespace

KnownOwners known_owners(std::string_view passwd, std::string_view group) {
  return {.users = names_by_id(passwd), .groups = names_by_id(group)};
}

WalkedTree walk_tree(const FileSystem& files, const KnownOwners& owners, const std::function<void(std::string)>& note) {
  return Walker(files, owners, note).walk();
}

}  // namespace keelson::inspect
