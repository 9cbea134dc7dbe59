#include "inspect/folder_files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>

#include "base/error.h"
#include "sys/file.h"

namespace keelson::inspect {

namespace {

constexpr std::size_t kMostDepth = 2048;
constexpr std::size_t kMostOpen = 64;
constexpr std::size_t kMostListed = 4096;  // the rest of a larger folder is looked at twice
constexpr std::size_t kMostAttributes = 65536;

NodeType type_of(mode_t mode) {
  if (S_ISDIR(mode)) return NodeType::Folder;
  if (S_ISLNK(mode)) return NodeType::Symlink;
  if (S_ISCHR(mode)) return NodeType::CharDevice;
  if (S_ISBLK(mode)) return NodeType::BlockDevice;
  if (S_ISFIFO(mode)) return NodeType::Fifo;
  return S_ISSOCK(mode) ? NodeType::Socket : NodeType::File;
}

// A file that was opened by O_PATH, so that it is known what it is before it is opened for reading.
std::string again(int fd) { return fmt::format("/proc/self/fd/{}", fd); }

}  // namespace

FolderFiles::FolderFiles(const std::filesystem::path& folder, Mounts mounts)
    : steps_(mounts), root_(open_file(folder, O_PATH | O_DIRECTORY)), attribute_(kMostAttributes, '\0') {
  identity_.type = "folder";
  names_.push_back({});
  const UniqueFd probe = steps_.open(root_.get(), ".", O_PATH);
  if (!probe) throw system_error("open", folder.native(), errno);
}

std::string FolderFiles::path_of(NodeId id) const {
  std::vector<std::string_view> parts;
  for (; id != 0 && parts.size() < kMostDepth; id = names_.at(id).folder) parts.push_back(names_.at(id).name);
  std::string path;
  for (auto part = parts.rbegin(); part != parts.rend(); ++part) path += "/" + std::string(*part);
  return path.empty() ? "/" : path;
}

NodeId FolderFiles::id_of(NodeId folder, std::string_view name) const {
  if (const auto listing = listings_.find(folder); listing != listings_.end()) {
    const auto first = names_.begin() + static_cast<std::ptrdiff_t>(listing->second.first);
    const auto end = first + static_cast<std::ptrdiff_t>(listing->second.count);
    const auto at = std::lower_bound(first, end, name, [](const Name& a, std::string_view b) { return a.name < b; });
    if (at != end && at->name == name) return static_cast<NodeId>(at - names_.begin());
  }
  const auto [at, is_new] = found_.try_emplace({folder, std::string(name)}, names_.size());
  if (is_new) names_.push_back({folder, std::string(name)});
  return at->second;
}

std::vector<FolderEntry> FolderFiles::entries_of(NodeId folder, std::vector<std::string> names) const {
  const auto found = found_.lower_bound({folder, {}});
  const bool is_new = !listings_.contains(folder) && (found == found_.end() || found->first.first != folder);
  if (is_new) listings_[folder] = {names_.size(), names.size()};
  std::vector<FolderEntry> entries;
  entries.reserve(names.size());
  for (auto& name : names) {
    NodeId id = names_.size();
    if (is_new)
      names_.push_back({folder, name});
    else
      id = id_of(folder, name);
    entries.push_back({.name = std::move(name), .id = id});
  }
  return entries;
}

int FolderFiles::folder_descriptor(NodeId id) const {
  int here = root_.get();
  std::vector<NodeId> closed;  // from `id` up to the first that is open
  for (; id != 0; id = names_.at(id).folder) {
    const auto found = std::find_if(open_.begin(), open_.end(), [&](const auto& folder) { return folder.id == id; });
    if (found != open_.end()) {
      std::rotate(found, found + 1, open_.end());
      here = open_.back().fd.get();
      break;
    }
    if (closed.size() == kMostDepth)
      throw Error(ErrorKind::BadInput, fmt::format("cannot open '{}': too many folders", path_of(id)));
    closed.push_back(id);
  }
  for (auto next = closed.rbegin(); next != closed.rend(); ++next) {
    UniqueFd fd = steps_.open(here, names_.at(*next).name, O_PATH | O_DIRECTORY);
    if (!fd) throw system_error("open", path_of(*next), errno);
    here = fd.get();
    if (open_.size() == kMostOpen) open_.erase(open_.begin());
    open_.push_back({*next, std::move(fd)});
  }
  return here;
}

UniqueFd FolderFiles::open(NodeId id, int flags) const {
  const Name& name = names_.at(id);
  UniqueFd fd = steps_.open(folder_descriptor(name.folder), id == 0 ? "." : name.name, flags);
  if (!fd) throw system_error("open", path_of(id), errno);
  return fd;
}

Node FolderFiles::node_of(NodeId id, const struct statx& status) const {
  const NodeType type = type_of(status.stx_mode);
  if (type != NodeType::Folder && status.stx_nlink > 1) {
    const std::uint64_t device = std::uint64_t{status.stx_dev_major} << 32 | status.stx_dev_minor;
    id = several_names_.try_emplace({device, status.stx_ino}, id).first->second;
  }
  return {.id = id,
          .type = type,
          .mode = status.stx_mode & 07777U,
          .uid = status.stx_uid,
          .gid = status.stx_gid,
          .links = status.stx_nlink,
          .size = {status.stx_size},
          .modified = {.seconds = status.stx_mtime.tv_sec, .nanoseconds = status.stx_mtime.tv_nsec},
          .device_major = status.stx_rdev_major,
          .device_minor = status.stx_rdev_minor};
}

Node FolderFiles::node(NodeId id) const {
  // Who walks asks in the order of the list.
  if (next_listed_ < listed_.size() && listed_[next_listed_].id == id) return listed_[next_listed_++];
  const Name& name = names_.at(id);
  struct statx status {};
  if (!steps_.look(folder_descriptor(name.folder), id == 0 ? "." : name.name, status))
    throw system_error("read", path_of(id), errno);
  return node_of(id, status);
}

std::vector<FolderEntry> FolderFiles::list(NodeId folder) const {
  std::vector<std::string> names;
  const UniqueFd fd = open(folder, O_RDONLY | O_DIRECTORY);
  if (!FolderSteps::list(fd.get(), names)) throw system_error("list", path_of(folder), errno);
  std::sort(names.begin(), names.end());
  listed_.clear();
  next_listed_ = 0;
  if (!steps_.hides_mounts()) return entries_of(folder, std::move(names));
  std::vector<struct statx> statuses;
  std::erase_if(names, [&](const std::string& name) {
    struct statx status {};
    // What is mounted here is hidden; what went away meanwhile is not there.
    if (!steps_.look(fd.get(), name, status)) return true;
    if (statuses.size() < kMostListed) statuses.push_back(status);
    return false;
  });
  auto entries = entries_of(folder, std::move(names));
  for (std::size_t i = 0; i < statuses.size(); ++i) listed_.push_back(node_of(entries[i].id, statuses[i]));
  return entries;
}

std::optional<NodeId> FolderFiles::find(NodeId folder, std::string_view name) const {
  struct statx status {};
  if (steps_.look(folder_descriptor(folder), std::string(name), status)) return id_of(folder, name);
  if (errno == ENOENT || errno == ENOTDIR || errno == EXDEV || errno == ENAMETOOLONG) return std::nullopt;
  throw system_error("open", fmt::format("{}/{}", path_of(folder), name), errno);
}

std::string FolderFiles::link_target(NodeId symlink) const {
  std::array<char, PATH_MAX> target{};
  const auto length = ::readlinkat(open(symlink, O_PATH).get(), "", target.data(), target.size());
  if (length < 0) throw system_error("read", path_of(symlink), errno);
  return {target.data(), static_cast<std::size_t>(length)};
}

std::map<std::string, std::string> FolderFiles::xattrs(NodeId id) const {
  const UniqueFd fd = open(id, O_PATH);
  const std::string path = again(fd.get());
  const auto length = ::listxattr(path.c_str(), attribute_.data(), attribute_.size());
  std::map<std::string, std::string> result;
  if (length <= 0) return result;
  const std::string names(attribute_.data(), static_cast<std::size_t>(length));
  for (std::size_t at = 0; at < names.size();) {
    const std::string name = names.c_str() + at;
    at += name.size() + 1;
    const auto size = ::getxattr(path.c_str(), name.c_str(), attribute_.data(), attribute_.size());
    if (size >= 0) result.emplace(name, attribute_.substr(0, static_cast<std::size_t>(size)));
  }
  return result;
}

UniqueFd FolderFiles::open_content(NodeId file) const {
  const UniqueFd there = open(file, O_PATH);
  const std::string path = path_of(file);
  if (!S_ISREG(status_of(there.get(), path).stx_mode))
    throw Error(ErrorKind::BadInput, fmt::format("cannot read '{}': it is no regular file", path));
  UniqueFd fd(::open(again(there.get()).c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!fd) throw system_error("read", path, errno);
  return fd;
}

void FolderFiles::read(NodeId file, std::uint64_t offset, std::span<std::byte> to) const {
  const UniqueFd fd = open_content(file);
  while (!to.empty()) {
    const auto count = ::pread(fd.get(), to.data(), to.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw system_error("read", path_of(file), errno);
    if (count == 0)
      throw Error(ErrorKind::Unavailable, fmt::format("cannot read '{}': it became shorter", path_of(file)));
    to = to.subspan(static_cast<std::size_t>(count));
    offset += static_cast<std::uint64_t>(count);
  }
}

std::optional<BlockRange> FolderFiles::next_data(NodeId file, std::uint64_t offset) const {
  const auto size = node(file).size.value;
  if (offset >= size) return std::nullopt;
  const UniqueFd fd = open_content(file);
  const off_t data = ::lseek(fd.get(), static_cast<off_t>(offset), SEEK_DATA);
  if (data < 0 && errno == ENXIO) return std::nullopt;
  if (data < 0) return BlockRange{offset, size - offset};  // a file system that does not tell
  const off_t hole = ::lseek(fd.get(), data, SEEK_HOLE);
  // The file may have grown or shrunk since its size was asked for.
  const std::uint64_t start = std::min(static_cast<std::uint64_t>(data), size);
  const std::uint64_t end = hole < 0 ? size : std::min(static_cast<std::uint64_t>(hole), size);
  if (start >= end) return std::nullopt;
  return BlockRange{start, end - start};
}

}  // namespace keelson::inspect
