#include "inspect/folder_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
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

constexpr int kMostTries = 1000;
constexpr std::size_t kMostDepth = 2048;  // the kernel takes paths of 4096 bytes
constexpr std::size_t kMostAttributes = 65536;

// EAGAIN: something was renamed just then, so that the kernel could not be sure to have stayed inside (openat2(2)).
int open_beneath(int root, const std::string& path, int flags, std::uint64_t resolve) {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC | O_NOFOLLOW);
  how.resolve = resolve;
  int fd = -1;
  for (int i = 0; i < kMostTries; ++i) {
    fd = static_cast<int>(::syscall(SYS_openat2, root, path.c_str(), &how, sizeof how));
    if (fd >= 0 || errno != EAGAIN) break;
  }
  return fd;
}

NodeType type_of(mode_t mode) {
  if (S_ISDIR(mode)) return NodeType::Folder;
  if (S_ISLNK(mode)) return NodeType::Symlink;
  if (S_ISCHR(mode)) return NodeType::CharDevice;
  if (S_ISBLK(mode)) return NodeType::BlockDevice;
  if (S_ISFIFO(mode)) return NodeType::Fifo;
  return S_ISSOCK(mode) ? NodeType::Socket : NodeType::File;
}

struct stat status_of(int fd, const std::string& path) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) throw system_error("read", path, errno);
  return status;
}

// A file that was opened by O_PATH, so that it is known what it is before it is opened for reading.
std::string again(int fd) { return fmt::format("/proc/self/fd/{}", fd); }

}  // namespace

FolderFiles::FolderFiles(const std::filesystem::path& folder, Mounts mounts)
    : root_(open_file(folder, O_PATH | O_DIRECTORY)),
      resolve_(RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS |
               (mounts == Mounts::Hide ? RESOLVE_NO_XDEV : 0)) {
  identity_.type = "folder";
  names_.push_back({});
  const UniqueFd probe(open_beneath(root_.get(), ".", O_PATH, resolve_));
  if (!probe) throw system_error("open", folder.native(), errno);
}

std::string FolderFiles::path_of(NodeId id) const {
  std::vector<std::string_view> parts;
  for (; id != 0 && parts.size() < kMostDepth; id = names_.at(id).folder) parts.push_back(names_.at(id).name);
  std::string path = ".";
  for (auto part = parts.rbegin(); part != parts.rend(); ++part) path += "/" + std::string(*part);
  return path;
}

UniqueFd FolderFiles::open(NodeId id, int flags) const {
  const std::string path = path_of(id);
  UniqueFd fd(open_beneath(root_.get(), path, flags, resolve_));
  if (!fd) throw system_error("open", path.substr(1), errno);
  return fd;
}

NodeId FolderFiles::id_of(NodeId folder, std::string_view name) const {
  const auto [at, is_new] = ids_.try_emplace({folder, std::string(name)}, names_.size());
  if (is_new) names_.push_back({folder, std::string(name)});
  return at->second;
}

Node FolderFiles::node(NodeId id) const {
  const struct stat status = status_of(open(id, O_PATH).get(), path_of(id));
  return {
      .id = id,
      .type = type_of(status.st_mode),
      .mode = status.st_mode & 07777,
      .uid = status.st_uid,
      .gid = status.st_gid,
      .links = static_cast<std::uint32_t>(status.st_nlink),
      .size = {static_cast<std::uint64_t>(status.st_size)},
      .modified = {.seconds = status.st_mtim.tv_sec, .nanoseconds = static_cast<std::uint32_t>(status.st_mtim.tv_nsec)},
      .device_major = major(status.st_rdev),
      .device_minor = minor(status.st_rdev)};
}

std::vector<FolderEntry> FolderFiles::list(NodeId folder) const {
  UniqueFd fd = open(folder, O_RDONLY | O_DIRECTORY);
  DIR* stream = ::fdopendir(fd.get());
  if (stream == nullptr) throw system_error("list", path_of(folder).substr(1), errno);
  fd.release();  // the stream owns it now
  std::vector<std::string> names;
  while (const dirent* entry = ::readdir(stream)) {
    const std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(name);
  }
  ::closedir(stream);
  std::sort(names.begin(), names.end());
  std::vector<FolderEntry> entries;
  for (auto& name : names) {
    const NodeId id = id_of(folder, name);
    // What is mounted here cannot be opened when mounts are hidden; what went away meanwhile neither.
    const UniqueFd there(open_beneath(root_.get(), path_of(id), O_PATH, resolve_));
    if (there) entries.push_back({.name = std::move(name), .id = id});
  }
  return entries;
}

std::optional<NodeId> FolderFiles::find(NodeId folder, std::string_view name) const {
  const NodeId id = id_of(folder, name);
  const UniqueFd there(open_beneath(root_.get(), path_of(id), O_PATH, resolve_));
  if (there) return id;
  if (errno == ENOENT || errno == ENOTDIR || errno == EXDEV || errno == ENAMETOOLONG) return std::nullopt;
  throw system_error("open", path_of(id).substr(1), errno);
}

std::string FolderFiles::link_target(NodeId symlink) const {
  std::array<char, PATH_MAX> target{};
  const auto length = ::readlinkat(open(symlink, O_PATH).get(), "", target.data(), target.size());
  if (length < 0) throw system_error("read", path_of(symlink).substr(1), errno);
  return {target.data(), static_cast<std::size_t>(length)};
}

std::map<std::string, std::string> FolderFiles::xattrs(NodeId id) const {
  const UniqueFd fd = open(id, O_PATH);
  std::string names(kMostAttributes, '\0');
  const auto length = ::listxattr(again(fd.get()).c_str(), names.data(), names.size());
  std::map<std::string, std::string> result;
  for (std::size_t at = 0; length > 0 && at < static_cast<std::size_t>(length);) {
    const std::string name = names.c_str() + at;
    at += name.size() + 1;
    std::string value(kMostAttributes, '\0');
    const auto size = ::getxattr(again(fd.get()).c_str(), name.c_str(), value.data(), value.size());
    if (size < 0) continue;
    value.resize(static_cast<std::size_t>(size));
    result.emplace(name, std::move(value));
  }
  return result;
}

void FolderFiles::read(NodeId file, std::uint64_t offset, std::span<std::byte> to) const {
  const UniqueFd there = open(file, O_PATH);
  const std::string path = path_of(file).substr(1);
  if (!S_ISREG(status_of(there.get(), path).st_mode))
    throw Error(ErrorKind::BadInput, fmt::format("cannot read '{}': it is no regular file", path));
  const UniqueFd fd(::open(again(there.get()).c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!fd) throw system_error("read", path, errno);
  while (!to.empty()) {
    const auto count = ::pread(fd.get(), to.data(), to.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw system_error("read", path, errno);
    if (count == 0) throw Error(ErrorKind::Unavailable, fmt::format("cannot read '{}': it became shorter", path));
    to = to.subspan(static_cast<std::size_t>(count));
    offset += static_cast<std::uint64_t>(count);
  }
}

std::optional<BlockRange> FolderFiles::next_data(NodeId file, std::uint64_t offset) const {
  const auto size = node(file).size.value;
  if (offset >= size) return std::nullopt;
  return BlockRange{offset, size - offset};
}

}  // namespace keelson::inspect
