#include "image/lookup.h"

#include <fmt/format.h>

#include <deque>
#include <vector>

#include "base/error.h"
#include "base/text.h"

namespace keelson::image {

namespace {

constexpr int kMaxLinks = 40;
constexpr std::size_t kMaxParts = 4096;

void put_before(std::deque<std::string>& parts, std::string_view path) {
  const auto more = split(path, '/');
  parts.insert(parts.begin(), more.begin(), more.end());
}

}  // namespace

std::optional<NodeId> find_path(const FileSystem& files, std::string_view path, bool follow_last) {
  std::deque<std::string> parts;
  put_before(parts, path);
  std::vector<NodeId> stack{files.root()};  // ".." leads back up, never above the root
  int links = 0;
  while (!parts.empty()) {
    const std::string part = std::move(parts.front());
    parts.pop_front();
    if (part.empty() || part == ".") continue;
    if (part == "..") {
      if (stack.size() > 1) stack.pop_back();
      continue;
    }
    if (files.node(stack.back()).type != NodeType::Folder) return std::nullopt;
    const auto found = files.find(stack.back(), part);
    if (!found) return std::nullopt;
    if (files.node(*found).type == NodeType::Symlink && (follow_last || !parts.empty())) {
      const std::string target = files.link_target(*found);
      if (++links > kMaxLinks || parts.size() > kMaxParts) {
        throw Error(ErrorKind::BadInput, fmt::format("cannot read '{}': too many symlinks", path));
      }
      if (target.starts_with('/')) stack.resize(1);
      put_before(parts, target);
      continue;
    }
    stack.push_back(*found);
  }
  return stack.back();
}

std::optional<std::string> find_text(const FileSystem& files, std::string_view path, ByteCount limit) {
  const auto id = find_path(files, path);
  if (!id) return std::nullopt;
  const Node node = files.node(*id);
  if (node.type != NodeType::File)
    throw Error(ErrorKind::BadInput, fmt::format("cannot read '{}': it is no regular file", path));
  if (node.size.value > limit.value)
    throw Error(ErrorKind::BadInput, fmt::format("cannot read '{}': it is larger than {}", path, human_size(limit)));
  std::string text(static_cast<std::size_t>(node.size.value), '\0');
  files.read(*id, 0, std::as_writable_bytes(std::span(text)));
  return text;
}

}  // namespace keelson::image
