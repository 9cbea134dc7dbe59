#include "inspect/system_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>

#include "base/error.h"
#include "base/harmless_text.h"
#include "base/text.h"

namespace keelson::inspect {

namespace {

constexpr int kMostLinks = 40;  // as the kernel bounds them while it resolves one path
constexpr std::size_t kMostParts = 4096;
constexpr std::size_t kMostNames = 10'000;
constexpr std::size_t kMostNotes = 100;

void put_before(std::deque<std::string>& parts, std::string_view path) {
  const auto more = split(path, '/');
  parts.insert(parts.begin(), more.begin(), more.end());
}

struct Step {
  const FileSystem* files;
  NodeId id;
  std::string path;  // "" is the root
};

}  // namespace

SystemFiles::SystemFiles(std::vector<MountedFiles> mounts) : mounts_(std::move(mounts)) { root_ = mounted_at("/"); }

const FileSystem* SystemFiles::mounted_at(std::string_view path) const {
  const auto found =
      std::find_if(mounts_.begin(), mounts_.end(), [&](const auto& mount) { return mount.mount_point == path; });
  return found == mounts_.end() ? nullptr : found->files;
}

void SystemFiles::note(std::string text) const {
  if (notes_.size() < kMostNotes && std::find(notes_.begin(), notes_.end(), text) == notes_.end())
    notes_.push_back(harmless_text(text));
}

std::optional<Place> SystemFiles::resolve(std::string_view path, LastLink last) const {
  std::deque<std::string> parts;
  put_before(parts, path);
  std::vector<Step> steps{{root_, root_->root(), ""}};  // ".." leads back up, never above the root
  int links = 0;
  while (!parts.empty()) {
    const std::string part = std::move(parts.front());
    parts.pop_front();
    if (part.empty() || part == ".") continue;
    if (part == "..") {
      if (steps.size() > 1) steps.pop_back();
      continue;
    }
    const Step& here = steps.back();
    if (here.files->node(here.id).type != NodeType::Folder) return std::nullopt;
    const std::string below = here.path + "/" + part;
    if (const FileSystem* mounted = mounted_at(below)) {
      steps.push_back({mounted, mounted->root(), below});
      continue;
    }
    const auto found = here.files->find(here.id, part);
    if (!found) return std::nullopt;
    if (here.files->node(*found).type == NodeType::Symlink && (last == LastLink::Follow || !parts.empty())) {
      const std::string target = here.files->link_target(*found);
      if (++links > kMostLinks || parts.size() > kMostParts)
        throw Error(ErrorKind::BadInput, fmt::format("cannot read '{}': too many symlinks", path));
      if (target.starts_with('/')) steps.resize(1);
      put_before(parts, target);
      continue;
    }
    steps.push_back({here.files, *found, below});
  }
  return Place{.files = steps.back().files, .node = steps.back().files->node(steps.back().id)};
}

std::optional<Place> SystemFiles::find(std::string_view path, LastLink last) const {
  try {
    return resolve(path, last);
  } catch (const Error& error) {
    note(error.message());
    return std::nullopt;
  }
}

std::optional<std::string> SystemFiles::text(std::string_view path, ByteCount limit) const {
  const auto place = find(path);
  if (!place || place->node.type != NodeType::File) return std::nullopt;
  if (place->node.size.value > limit.value)
    note(fmt::format("'{}' is larger than {}: the rest was not read", path, human_size(limit)));
  try {
    std::string text(static_cast<std::size_t>(std::min(place->node.size.value, limit.value)), '\0');
    place->files->read(place->node.id, 0, std::as_writable_bytes(std::span(text)));
    return text;
  } catch (const Error& error) {
    note(error.message());
    return std::nullopt;
  }
}

std::optional<std::string> SystemFiles::harmless(std::string_view path, ByteCount limit) const {
  auto content = text(path, limit);
  if (content) content = harmless_text(*content);
  return content;
}

std::vector<std::string> SystemFiles::list(std::string_view path) const {
  const auto place = find(path);
  if (!place || place->node.type != NodeType::Folder) return {};
  std::vector<std::string> names;
  try {
    for (auto& entry : place->files->list(place->node.id)) {
      if (names.size() == kMostNames) {
        note(fmt::format("'{}' has more than 10,000 files: the rest was not looked at", path));
        break;
      }
      names.push_back(std::move(entry.name));
    }
  } catch (const Error& error) {
    note(error.message());
  }
  return names;
}

std::optional<std::string> SystemFiles::link_target(std::string_view path) const {
  const auto place = find(path, LastLink::Keep);
  if (!place || place->node.type != NodeType::Symlink) return std::nullopt;
  try {
    return place->files->link_target(place->node.id);
  } catch (const Error& error) {
    note(error.message());
    return std::nullopt;
  }
}

bool SystemFiles::is_folder(std::string_view path) const {
  const auto place = find(path);
  return place && place->node.type == NodeType::Folder;
}

}  // namespace keelson::inspect
