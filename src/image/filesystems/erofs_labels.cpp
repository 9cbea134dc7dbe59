#include "image/filesystems/erofs_labels.h"

#include <fmt/format.h>

#include <vector>

namespace keelson::image {

namespace {

/// The path as a pattern that matches it alone. The format parts its fields by white space and knows only ASCII; in a
/// class, because outside of one an escape of letters is not read as such by every version.
std::string pattern_for(std::string_view path) {
  std::string pattern = "/";
  for (const char c : path) {
    if (c <= ' ' || c >= '\x7f') {
      pattern += fmt::format("[\\x{:02x}]", static_cast<unsigned char>(c));
      continue;
    }
    if (std::string_view("\\^$.|?*+()[]{}").find(c) != std::string_view::npos) pattern += '\\';
    pattern += c;
  }
  return pattern;
}

std::string label_of(const TreeEntry& entry) {
  const auto found = entry.xattrs.find("security.selinux");
  if (found == entry.xattrs.end()) return "<<none>>";
  return found->second.substr(0, found->second.find('\0'));
}

}  // namespace

std::string erofs_file_contexts(const Tree& tree) {
  std::string text;
  std::vector<std::string> below(tree.entries.size());  // of a folder: the label that its content has by now
  for (std::size_t i = 0; i < tree.entries.size(); ++i) {
    const TreeEntry& entry = tree.entries[i];
    const bool is_root = entry.parent == TreeEntry::kNone;
    const std::string label = label_of(entry);
    below[i] = label;
    if (!is_root && below[entry.parent] == label) continue;
    if (is_root) {
      text += fmt::format("/.*\t{}\n", label);
    } else if (entry.type == EntryType::Folder) {
      text += fmt::format("{}(/.*)?\t{}\n", pattern_for(entry.path), label);
    } else {
      text += fmt::format("{}\t{}\n", pattern_for(entry.path), label);
    }
  }
  return text;
}

}  // namespace keelson::image
