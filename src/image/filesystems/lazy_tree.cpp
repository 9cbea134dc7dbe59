#include "image/filesystems/lazy_tree.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <set>
#include <vector>

#include "base/error.h"
#include "sys/file.h"
#include "sys/parallel.h"

namespace keelson::image {

namespace {

// The kernel counts change times in steps of its tick; what changes from here on must get a later one.
constexpr useconds_t kTick = 12'000;
constexpr const char* kCapability = "security.capability";
constexpr std::size_t kPiece = std::size_t{256} << 10;

EntryType entry_type(NodeType type) {
  switch (type) {
    case NodeType::File:
      return EntryType::File;
    case NodeType::Folder:
      return EntryType::Folder;
    case NodeType::Symlink:
      return EntryType::Symlink;
    case NodeType::CharDevice:
      return EntryType::CharDevice;
    case NodeType::BlockDevice:
      return EntryType::BlockDevice;
    case NodeType::Fifo:
      return EntryType::Fifo;
    case NodeType::Socket:
      return EntryType::Socket;
  }
  throw Error(ErrorKind::Internal, "cannot tell the type of a file");
}

// "/boot/efi/" is "boot/efi".
std::string relative(std::string_view path) {
  while (path.starts_with('/')) path.remove_prefix(1);
  while (path.ends_with('/')) path.remove_suffix(1);
  return std::string(path);
}

bool is_later(const timespec& a, const timespec& b) {
  return a.tv_sec != b.tv_sec ? a.tv_sec > b.tv_sec : a.tv_nsec > b.tv_nsec;
}

std::array<timespec, 2> times_of(const NodeTime& modified) {
  const timespec time{.tv_sec = modified.seconds, .tv_nsec = static_cast<long>(modified.nanoseconds)};
  return {time, time};
}

}  // namespace

/// Makes the files of one file system; lives as long as one lay_out() call.
class LazyTree::Maker {
 public:
  Maker(LazyTree& tree, const FileSystem& source) : tree_(tree), source_(source) {}

  void make_root(int folder, const std::string& path) {
    const Node node = source_.node(source_.root());
    folders_.insert(node.id);
    fill_folder(folder, node, path, 0);
  }

 private:
  void fill_folder(int folder, const Node& node, const std::string& path, std::size_t depth);
  void make(int folder, const std::string& name, const std::string& path, NodeId id, std::size_t depth);
  void make_folder(int folder, const std::string& name, const std::string& path, const Node& node, std::size_t depth);
  void make_file(int folder, const std::string& name, const std::string& path, const Node& node);
  void make_special(int folder, const std::string& name, const std::string& path, const Node& node);
  void own(int fd, const Node& node, const std::string& path);
  void set_xattrs(int folder, const std::string& name, const std::string& path, const Node& node);
  Extra& extra(int folder, const std::string& name, const std::string& path);
  bool link_to_first_name(int folder, const std::string& name, const std::string& path, const Node& node);

  LazyTree& tree_;
  const FileSystem& source_;
  std::set<NodeId> folders_;
  std::map<NodeId, std::string> first_names_;  // of files with several
};

void LazyTree::Maker::fill_folder(int folder, const Node& node, const std::string& path, std::size_t depth) {
  if (depth > kMaxDepth) {
    throw Error(ErrorKind::BadInput,
                fmt::format("cannot read '{}': folders are nested more than {} deep", path, kMaxDepth));
  }
  own(folder, node, path);
  for (const auto& [name, id] : source_.list(node.id)) {
    make(folder, name, path.empty() ? name : path + "/" + name, id, depth + 1);
  }
  const auto times = times_of(node.modified);
  if (::futimens(folder, times.data()) != 0) throw system_error("create", path, errno);
}

void LazyTree::Maker::make(int folder, const std::string& name, const std::string& path, NodeId id, std::size_t depth) {
  if (++tree_.entries_ > kMaxEntries) {
    throw Error(ErrorKind::BadInput,
                fmt::format("cannot read '{}': the image has more than {} files", path, kMaxEntries));
  }
  const Node node = source_.node(id);
  tree_.newest_ = std::max(tree_.newest_, node.modified.seconds);
  if (node.type == NodeType::Folder) return make_folder(folder, name, path, node, depth);
  if (node.links > 1 && link_to_first_name(folder, name, path, node)) return;
  switch (node.type) {
    case NodeType::File:
      make_file(folder, name, path, node);
      break;
    case NodeType::Symlink:
      if (::symlinkat(source_.link_target(node.id).c_str(), folder, name.c_str()) != 0)
        throw system_error("create", path, errno);
      break;
    default:
      make_special(folder, name, path, node);
  }
  if (node.type != NodeType::File) {
    if (::fchownat(folder, name.c_str(), node.uid, node.gid, AT_SYMLINK_NOFOLLOW) != 0)
      throw system_error("set the owner of", path, errno);
    const auto times = times_of(node.modified);
    if (::utimensat(folder, name.c_str(), times.data(), AT_SYMLINK_NOFOLLOW) != 0)
      throw system_error("create", path, errno);
  }
  set_xattrs(folder, name, path, node);
}

bool LazyTree::Maker::link_to_first_name(int folder, const std::string& name, const std::string& path,
                                         const Node& node) {
  const auto [place, is_first] = first_names_.try_emplace(node.id, path);
  if (is_first) return false;
  const auto [other_folder, other_name] = tree_.root_.open_parent(place->second);
  if (::linkat(other_folder.get(), other_name.c_str(), folder, name.c_str(), 0) != 0)
    throw system_error("create", path, errno);
  return true;
}

void LazyTree::Maker::make_folder(int folder, const std::string& name, const std::string& path, const Node& node,
                                  std::size_t depth) {
  if (!folders_.insert(node.id).second) {
    throw Error(ErrorKind::BadInput, fmt::format("cannot read '{}': the folder has a second name", path),
                "the file system is damaged: check it with fsck");
  }
  if (::mkdirat(folder, name.c_str(), 0700) != 0) throw system_error("create", path, errno);
  const UniqueFd made(::openat(folder, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!made) throw system_error("create", path, errno);
  fill_folder(made.get(), node, path, depth);
  set_xattrs(folder, name, path, node);
}

void LazyTree::Maker::make_file(int folder, const std::string& name, const std::string& path, const Node& node) {
  const UniqueFd fd(::openat(folder, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!fd) throw system_error("create", path, errno);
  own(fd.get(), node, path);
  if (node.size.value > 0) {
    if (::ftruncate(fd.get(), static_cast<off_t>(node.size.value)) != 0) throw system_error("create", path, errno);
    struct stat status {};
    if (::fstat(fd.get(), &status) != 0) throw system_error("create", path, errno);
    tree_.unfilled_[status.st_ino] = {&source_, node.id, node.size.value, node.modified};
    tree_.content_ = tree_.content_ + node.size;
  }
  const auto times = times_of(node.modified);
  if (::futimens(fd.get(), times.data()) != 0) throw system_error("create", path, errno);
}

// Devices can't be made in a user namespace: a pipe stands for one until the image is written.
void LazyTree::Maker::make_special(int folder, const std::string& name, const std::string& path, const Node& node) {
  if (::mkfifoat(folder, name.c_str(), 0600) != 0) throw system_error("create", path, errno);
  if (::fchmodat(folder, name.c_str(), node.mode, 0) != 0) throw system_error("create", path, errno);
  if (node.type == NodeType::Fifo) return;
  Extra& kept = extra(folder, name, path);
  kept.type = entry_type(node.type);
  kept.device_major = node.device_major;
  kept.device_minor = node.device_minor;
}

void LazyTree::Maker::own(int fd, const Node& node, const std::string& path) {
  if ((node.uid != 0 || node.gid != 0) && ::fchown(fd, node.uid, node.gid) != 0) {
    if (errno != EINVAL) throw system_error("set the owner of", path, errno);
    throw Error(ErrorKind::BadInput,
                fmt::format("cannot give '{}' to user {} and group {}: they are not among the subordinate ids", path,
                            node.uid, node.gid),
                "widen the ranges in /etc/subuid and /etc/subgid, or run as root");
  }
  if (::fchmod(fd, node.mode) != 0) throw system_error("create", path, errno);
}

LazyTree::Extra& LazyTree::Maker::extra(int folder, const std::string& name, const std::string& path) {
  struct stat status {};
  if (::fstatat(folder, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) throw system_error("read", path, errno);
  Extra& kept = tree_.extras_[status.st_ino];
  kept.path = path;
  return kept;
}

// By name through /proc, as there is no *at() form; `name` is no path, so nothing is followed.
void LazyTree::Maker::set_xattrs(int folder, const std::string& name, const std::string& path, const Node& node) {
  const auto xattrs = source_.xattrs(node.id);
  if (xattrs.empty()) return;
  const std::string host_path = fmt::format("/proc/self/fd/{}/{}", folder, name);
  for (const auto& [key, value] : xattrs) {
    if (::lsetxattr(host_path.c_str(), key.c_str(), value.data(), value.size(), 0) == 0) {
      tree_.store_xattr(host_path, key, value);
    } else {
      extra(folder, name, path).xattrs[key] = value;
    }
  }
}

LazyTree::LazyTree(RootDir& root) : root_(root) {
  root_.set_filler([this](int fd, const struct stat& status) { fill(fd, status); });
}

LazyTree::~LazyTree() { root_.set_filler({}); }

void LazyTree::lay_out(const FileSystem& source, std::string_view mount_point) {
  const std::string path = relative(mount_point);
  if (!path.empty()) root_.clear_folder(path);
  const std::size_t before = entries_;
  const UniqueFd folder = root_.open(path, O_RDONLY | O_DIRECTORY);
  Maker(*this, source).make_root(folder.get(), path);
  // The root's own time is the last that was set.
  struct stat status {};
  if (::fstat(folder.get(), &status) != 0) throw system_error("read", mount_point, errno);
  laid_out_[path] = {status.st_ctim, entries_ - before + 1};
  ::usleep(kTick);
}

void LazyTree::fill_file(const Origin& origin, int to, const struct stat& status) {
  // Writing takes setuid bits and capabilities away, as it should of everybody else.
  std::array<char, 64> capability;
  const ssize_t length = ::fgetxattr(to, kCapability, capability.data(), capability.size());
  Bytes buffer(static_cast<std::size_t>(std::min<std::uint64_t>(kPiece, origin.size)));
  for (auto data = origin.source->next_data(origin.id, 0); data;
       data = origin.source->next_data(origin.id, data->end())) {
    for (std::uint64_t at = data->offset; at < data->end();) {
      const auto piece = std::span(buffer).first(std::min<std::uint64_t>(buffer.size(), data->end() - at));
      origin.source->read(origin.id, at, piece);
      write_all_at(to, piece, at, "file of the image");
      at += piece.size();
    }
    if (data->end() >= origin.size) break;
  }
  const auto times = times_of(origin.modified);
  if (::fchmod(to, status.st_mode & 07777) != 0 ||
      (length > 0 && ::fsetxattr(to, kCapability, capability.data(), static_cast<std::size_t>(length), 0) != 0) ||
      ::futimens(to, times.data()) != 0) {
    throw system_error("create", "file of the image", errno);
  }
  struct stat now {};
  if (::fstat(to, &now) != 0) throw system_error("read", "file of the image", errno);
  const std::lock_guard lock(mutex_);
  // What was changed before it was filled stays changed.
  const bool fresh = std::any_of(laid_out_.begin(), laid_out_.end(),
                                 [&](const auto& place) { return !is_later(status.st_ctim, place.second.done); });
  if (fresh) filled_[now.st_ino] = now.st_ctim;
}

void LazyTree::fill(int fd, const struct stat& status) {
  Origin origin;
  {
    const std::lock_guard lock(mutex_);
    const auto found = unfilled_.find(status.st_ino);
    if (found == unfilled_.end()) return;
    origin = found->second;
    unfilled_.erase(found);
  }
  if (static_cast<std::uint64_t>(status.st_size) != origin.size) return;  // another file has its number now
  const UniqueFd writable = open_file(fmt::format("/proc/self/fd/{}", fd), O_WRONLY);
  fill_file(origin, writable.get(), status);
}

void LazyTree::fill_all(std::size_t threads) {
  const Tree tree = scan_tree(root_, {.epoch = INT64_MAX, .adjust = adjuster()});
  // Only some readers can be used by several threads (formats/ext4/ext4.h, formats/btrfs/btrfs.h).
  std::vector<const TreeEntry*> parallel;
  std::vector<const TreeEntry*> serial;
  for (const auto& entry : tree.entries) {
    if (!entry.origin || entry.first_link != TreeEntry::kNone) continue;
    const std::string& type = entry.origin->identity().type;
    (type.starts_with("ext") || type == "btrfs" ? parallel : serial).push_back(&entry);
  }
  const auto fill_entry = [&](const TreeEntry& entry) {
    const auto [folder, name] = root_.open_parent(entry.path);
    const UniqueFd fd(::openat(folder.get(), name.c_str(), O_WRONLY | O_NOFOLLOW | O_CLOEXEC));
    if (!fd) throw system_error("open", entry.path, errno);
    struct stat status {};
    if (::fstat(fd.get(), &status) != 0) throw system_error("read", entry.path, errno);
    const Origin& origin = unfilled_.at(status.st_ino);
    fill_file(origin, fd.get(), status);
    if (::fstat(fd.get(), &status) != 0) throw system_error("read", entry.path, errno);
    const std::lock_guard lock(mutex_);
    copies_[status.st_ino] = {origin, status.st_ctim};
  };
  parallel_for(parallel.size(), threads, [&](std::size_t i) { fill_entry(*parallel[i]); });
  for (const auto* entry : serial) fill_entry(*entry);
  unfilled_.clear();
  ::usleep(kTick);
}

const LazyTree::Origin* LazyTree::origin_of(const struct stat& status) const {
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (status.st_blocks == 0) {
    const auto hole = unfilled_.find(status.st_ino);
    if (hole != unfilled_.end() && hole->second.size == size) return &hole->second;
  }
  const auto copy = copies_.find(status.st_ino);
  if (copy == copies_.end() || copy->second.first.size != size || is_later(status.st_ctim, copy->second.second))
    return nullptr;
  return &copy->second.first;
}

std::function<void(TreeEntry&, const struct stat&)> LazyTree::adjuster(std::string_view mount_point) const {
  std::string prefix = relative(mount_point);
  if (!prefix.empty()) prefix += '/';
  return [this, prefix = std::move(prefix)](TreeEntry& entry, const struct stat& status) {
    if (const auto extra = extras_.find(status.st_ino);
        extra != extras_.end() && extra->second.path == prefix + entry.path) {
      for (const auto& [key, value] : extra->second.xattrs) entry.xattrs.try_emplace(key, value);
      if (extra->second.type && entry.type == EntryType::Fifo) {
        entry.type = *extra->second.type;
        entry.device_major = extra->second.device_major;
        entry.device_minor = extra->second.device_minor;
      }
    }
    if (entry.type != EntryType::File) return;
    if (const Origin* origin = origin_of(status)) {
      entry.origin = origin->source;
      entry.origin_id = origin->id;
    }
  };
}

bool LazyTree::is_changed(const LaidOut& before, const struct stat& status) const {
  if (!is_later(status.st_ctim, before.done)) return false;
  const auto filled = filled_.find(status.st_ino);
  return filled == filled_.end() || is_later(status.st_ctim, filled->second);
}

void LazyTree::store_xattr(const std::string& host_path, const std::string& key, const std::string& value) {
  struct stat status {};
  if (::lstat(host_path.c_str(), &status) != 0) throw system_error("read", host_path, errno);
  stored_xattrs_[status.st_ino][key] = value;
}

// Those of a file that nobody touched are the ones that it was given.
const std::map<std::string, std::string>* LazyTree::known_xattrs(const LaidOut& before,
                                                                 const struct stat& status) const {
  static const std::map<std::string, std::string> kNone;
  if (is_later(status.st_ctim, before.done)) return nullptr;
  const auto stored = stored_xattrs_.find(status.st_ino);
  return stored == stored_xattrs_.end() ? &kNone : &stored->second;
}

LazyTree::Scan LazyTree::scan_changes(std::string_view mount_point, std::int64_t epoch) const {
  const std::string path = relative(mount_point);
  const auto before = laid_out_.find(path);
  if (before == laid_out_.end())
    throw Error(ErrorKind::Internal, fmt::format("cannot compare '{}': nothing was laid out there", mount_point));
  std::vector<std::string> others;
  for (const auto& [other, unused] : laid_out_) {
    if (path.empty() && !other.empty()) others.push_back(other);
    if (!path.empty() && other.starts_with(path + "/")) others.push_back(other.substr(path.size() + 1));
  }
  const UniqueFd folder = root_.open(path, O_PATH | O_DIRECTORY);
  const RootDir part(std::filesystem::read_symlink(fmt::format("/proc/self/fd/{}", folder.get())));
  Scan scan;
  const auto adjust = adjuster(mount_point);
  scan.tree =
      scan_tree(part, {.epoch = epoch,
                       .adjust =
                           [&](TreeEntry& entry, const struct stat& status) {
                             scan.changed |= is_changed(before->second, status);
                             adjust(entry, status);
                           },
                       .known_xattrs = [&](const struct stat& status) { return known_xattrs(before->second, status); },
                       .keep_acls = true,
                       .empty_folders = others});
  scan.changed |= scan.tree.entries.size() != before->second.entries;
  return scan;
}

}  // namespace keelson::image
