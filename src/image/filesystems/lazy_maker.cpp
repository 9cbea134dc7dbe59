#include "image/filesystems/lazy_maker.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/error.h"
#include "image/filesystems/entry_kind.h"

namespace keelson::image {

namespace {

std::array<timespec, 2> times_of(const NodeTime& modified) {
  const timespec time{.tv_sec = modified.seconds, .tv_nsec = static_cast<long>(modified.nanoseconds)};
  return {time, time};
}

mode_t current_umask() {
  const mode_t mask = ::umask(022);
  ::umask(mask);
  return mask;
}

struct stat status_of(int folder, const std::string& name, const std::string& path) {
  struct stat status {};
  if (::fstatat(folder, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) throw system_error("read", path, errno);
  return status;
}

}  // namespace

bool is_for_several_threads(const FileSystem& source) {
  const std::string& type = source.identity().type;
  return type.starts_with("ext") || type == "btrfs";
}

LazyMaker::LazyMaker(const SourceTree& tree, std::size_t number, std::string at, const RootDir& root,
                     LazyRecords& records)
    : tree_(tree),
      number_(number),
      at_(std::move(at)),
      root_(root),
      records_(records),
      parallel_(is_for_several_threads(tree.source())),
      umask_(current_umask()) {}

void LazyMaker::own_root(int folder) const {
  const Node& node = tree_.items()[0].node;
  own(folder, node, at_);
  if (::fchmod(folder, node.mode) != 0) throw system_error("create", at_, errno);
  if (::futimens(folder, times_of(node.modified).data()) != 0) throw system_error("create", at_, errno);
}

void LazyMaker::make_entries(int folder, std::size_t item) {
  const Item& parent = tree_.items()[item];
  for (std::size_t i = parent.first_child; i < parent.first_child + parent.children; ++i) make(folder, i);
}

void LazyMaker::make(int folder, std::size_t item) {
  const Item& made = tree_.items()[item];
  const std::string below = tree_.path(item);
  const std::string path = at_.empty() ? below : at_ + "/" + below;
  if (tree_.folders_of(made.node.id).empty()) return make_node(folder, item, path);
  const std::lock_guard lock(links_mutex_);
  if (link_to_first_name(folder, made, path)) return;
  make_node(folder, item, path);
  first_names_[made.node.id] = {path, status_of(folder, made.name, path).st_ino};
}

// The first name may have been given to another file since.
bool LazyMaker::link_to_first_name(int folder, const Item& item, const std::string& path) {
  const auto first = first_names_.find(item.node.id);
  if (first == first_names_.end()) return false;
  const auto now = root_.status(first->second.path);
  if (!now || now->st_ino != first->second.number) return false;
  const bool as_made = records_.is_as_made(*now);
  const auto [other_folder, other_name] = root_.open_parent(first->second.path);
  if (::linkat(other_folder.get(), other_name.c_str(), folder, item.name.c_str(), 0) != 0)
    throw system_error("create", path, errno);
  if (as_made) records_.made(status_of(folder, item.name, path));
  return true;
}

void LazyMaker::make_node(int folder, std::size_t item, const std::string& path) {
  const Item& made = tree_.items()[item];
  switch (made.node.type) {
    case NodeType::File:
      return make_file(folder, made, path);
    case NodeType::Folder:
      return make_folder(folder, item, path);
    case NodeType::Symlink:
      return make_symlink(folder, made, path);
    default:
      return make_special(folder, made, path);
  }
}

void LazyMaker::make_file(int folder, const Item& item, const std::string& path) {
  const Node& node = item.node;
  const UniqueFd fd(::openat(folder, item.name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, node.mode & 0777));
  if (!fd) throw system_error("create", path, errno);
  own(fd.get(), node, path);
  if ((node.mode & (umask_ | 07000)) != 0 && ::fchmod(fd.get(), node.mode) != 0)
    throw system_error("create", path, errno);
  if (node.size.value > 0 && ::ftruncate(fd.get(), static_cast<off_t>(node.size.value)) != 0)
    throw system_error("create", path, errno);
  if (::futimens(fd.get(), times_of(node.modified).data()) != 0) throw system_error("create", path, errno);
  finish(folder, item, path);
}

void LazyMaker::make_folder(int folder, std::size_t item, const std::string& path) {
  const Item& made = tree_.items()[item];
  if (::mkdirat(folder, made.name.c_str(), 0700) != 0) throw system_error("create", path, errno);
  {
    const UniqueFd fd(::openat(folder, made.name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!fd) throw system_error("create", path, errno);
    own(fd.get(), made.node, path);
    if (::fchmod(fd.get(), made.node.mode) != 0) throw system_error("create", path, errno);
    if (::futimens(fd.get(), times_of(made.node.modified).data()) != 0) throw system_error("create", path, errno);
  }
  finish(folder, made, path);
  if (made.children > 0) records_.is_unexpanded(status_of(folder, made.name, path).st_ino, {number_, item});
}

void LazyMaker::make_symlink(int folder, const Item& item, const std::string& path) {
  std::string target;
  {
    std::unique_lock lock(source_mutex_, std::defer_lock);
    if (!parallel_) lock.lock();
    target = tree_.source().link_target(item.node.id);
  }
  if (::symlinkat(target.c_str(), folder, item.name.c_str()) != 0) throw system_error("create", path, errno);
  own_by_name(folder, item, path);
  finish(folder, item, path);
}

// Devices can't be made in a user namespace: a pipe stands for one until the image is written.
void LazyMaker::make_special(int folder, const Item& item, const std::string& path) {
  if (::mkfifoat(folder, item.name.c_str(), 0600) != 0) throw system_error("create", path, errno);
  if (::fchmodat(folder, item.name.c_str(), item.node.mode, 0) != 0) throw system_error("create", path, errno);
  own_by_name(folder, item, path);
  finish(folder, item, path);
}

void LazyMaker::own_by_name(int folder, const Item& item, const std::string& path) const {
  if (::fchownat(folder, item.name.c_str(), item.node.uid, item.node.gid, AT_SYMLINK_NOFOLLOW) != 0)
    throw system_error("set the owner of", path, errno);
  if (::utimensat(folder, item.name.c_str(), times_of(item.node.modified).data(), AT_SYMLINK_NOFOLLOW) != 0)
    throw system_error("create", path, errno);
}

void LazyMaker::own(int fd, const Node& node, const std::string& path) const {
  if ((node.uid == 0 && node.gid == 0) || ::fchown(fd, node.uid, node.gid) == 0) return;
  if (errno != EINVAL) throw system_error("set the owner of", path, errno);
  throw Error(ErrorKind::BadInput,
              fmt::format("cannot give '{}' to user {} and group {}: they are not among the subordinate ids", path,
                          node.uid, node.gid),
              "widen the ranges in /etc/subuid and /etc/subgid, or run as root");
}

LazyRecords::Xattrs LazyMaker::xattrs_of(NodeId id) {
  std::unique_lock lock(source_mutex_, std::defer_lock);
  if (!parallel_) lock.lock();
  return tree_.source().xattrs(id);
}

// By name through /proc, as there is no *at() form; the name is no path, so nothing is followed.
LazyRecords::Xattrs LazyMaker::set_xattrs(int folder, const Item& item, const LazyRecords::Xattrs& wanted,
                                          LazyRecords::Extra& extra) const {
  LazyRecords::Xattrs stored;
  const std::string host_path = fmt::format("/proc/self/fd/{}/{}", folder, item.name);
  for (const auto& [key, value] : wanted) {
    const bool is_stored = ::lsetxattr(host_path.c_str(), key.c_str(), value.data(), value.size(), 0) == 0;
    (is_stored ? stored : extra.xattrs).emplace(key, value);
  }
  return stored;
}

// Attributes, then what the file looks like when all of it is made.
void LazyMaker::finish(int folder, const Item& item, const std::string& path) {
  LazyRecords::Extra extra{.path = path};
  const auto stored = set_xattrs(folder, item, xattrs_of(item.node.id), extra);
  if (item.node.type == NodeType::CharDevice || item.node.type == NodeType::BlockDevice ||
      item.node.type == NodeType::Socket) {
    extra.type = entry_type(item.node.type);
    extra.device_major = item.node.device_major;
    extra.device_minor = item.node.device_minor;
  }
  const auto status = status_of(folder, item.name, path);
  records_.made(status, &stored);
  if (extra.type || !extra.xattrs.empty()) records_.add_extra(status.st_ino, extra);
  if (item.node.type == NodeType::File && item.node.size.value > 0) {
    records_.is_hole(status.st_ino, {&tree_.source(), item.node.id, item.node.size.value, item.node.modified});
  }
}

}  // namespace keelson::image
