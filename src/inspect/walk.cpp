#include "inspect/walk.h"

#include <fmt/format.h>

#include <charconv>

#include "base/harmless_text.h"
#include "base/text.h"

namespace keelson::inspect {

namespace {

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

void TreeFacts::add(const ListedFile& file) {
  const Node& node = file.node;
  (node.type == NodeType::Folder ? tree_.folders : tree_.files) += 1;
  if (node.type == NodeType::File) look_at_file(file);
  const bool sticky_folder = node.type == NodeType::Folder && (node.mode & kSticky) != 0;
  if ((node.mode & kAnybodyWrites) != 0 && node.type != NodeType::Symlink && node.type != NodeType::CharDevice &&
      !sticky_folder)
    add_line(tree_.world_writable, as_line(file.path), "world-writable files");
  if (!owners_.users.contains(node.uid) || !owners_.groups.contains(node.gid))
    add_line(tree_.unowned, as_line(file.path), "files without an owner");
}

void TreeFacts::look_at_file(const ListedFile& file) {
  const Node& node = file.node;
  if (node.links < 2 || several_names_.insert(node.id).second) {
    const auto slash = file.path.find('/', 1);
    const std::string name = slash == std::string::npos ? "/" : as_line(file.path.substr(0, slash));
    if (tree_.sizes.size() < kMostTopFolders || tree_.sizes.contains(name)) tree_.sizes[name] += node.size.value;
  }
  if ((node.mode & (kSetuid | kSetgid)) != 0) {
    add_line(tree_.setuid,
             fmt::format("{:o} {} {} {}", node.mode, owner_name(owners_.users, node.uid),
                         owner_name(owners_.groups, node.gid), as_line(file.path)),
             "setuid programs");
  }
  if ((node.mode & kRuns) == 0) return;
  const auto attributes = file.files->xattrs(node.id);
  const auto found = attributes.find("security.capability");
  if (found != attributes.end() && tree_.capabilities.size() < kMostCapabilities)
    tree_.capabilities.emplace(as_line(file.path), capabilities_text(found->second));
}

void TreeFacts::add_line(std::string& lines, std::string line, std::string_view what) {
  if (lines.size() + line.size() > kMostText)
    return note_(fmt::format("there are too many {}: some are left out", what));
  lines += line + "\n";
}

}  // namespace keelson::inspect
