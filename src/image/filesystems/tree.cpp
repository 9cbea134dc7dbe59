#include "image/filesystems/tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <memory>

#include "base/error.h"
#include "base/text.h"

namespace keelson::image {

namespace {

struct CloseStream {
  void operator()(DIR* stream) const { ::closedir(stream); }
};

EntryType type_of(mode_t mode) {
  if (S_ISDIR(mode)) return EntryType::Folder;
  if (S_ISLNK(mode)) return EntryType::Symlink;
  if (S_ISCHR(mode)) return EntryType::CharDevice;
  if (S_ISBLK(mode)) return EntryType::BlockDevice;
  if (S_ISFIFO(mode)) return EntryType::Fifo;
  if (S_ISSOCK(mode)) return EntryType::Socket;
  return EntryType::File;
}

bool is_kept_xattr(std::string_view name, bool keep_acls) {
  return (keep_acls && name.starts_with("system.posix_acl_")) || name == "security.capability" ||
         name == "security.selinux" || name.starts_with("user.");
}

/// Walks one tree; lives as long as one scan_tree() call.
class Scanner {
 public:
  Scanner(const RootDir& root, const ScanOptions& options) : root_(root), options_(options) {}

  Tree scan() {
    UniqueFd folder = root_.open("", O_RDONLY | O_DIRECTORY);
    add("", folder.get(), ".", TreeEntry::kNone);
    walk(std::move(folder), 0, 0);
    return std::move(tree_);
  }

 private:
  void walk(UniqueFd folder, std::size_t index, std::size_t depth);
  bool add(std::string path, int folder, const char* name, std::size_t parent);
  bool is_elsewhere(int folder, const std::string& path);
  void read_xattrs(TreeEntry& entry, int folder, const char* name);
  std::string read_target(int folder, const char* name, const std::string& path, std::size_t size);

  const RootDir& root_;
  const ScanOptions& options_;
  Tree tree_;
  std::map<std::pair<dev_t, ino_t>, std::size_t> first_names_;
};

std::vector<std::string> sorted_names(UniqueFd folder, std::string_view path, std::size_t limit) {
  const std::unique_ptr<DIR, CloseStream> stream(::fdopendir(folder.get()));
  if (!stream) throw system_error("read folder", path, errno);
  (void)folder.release();  // the stream closes it
  std::vector<std::string> names;
  errno = 0;
  while (const dirent* entry = ::readdir(stream.get())) {
    const std::string_view name = entry->d_name;
    if (name == "." || name == "..") continue;
    names.emplace_back(name);
    if (names.size() > limit)
      throw Error(ErrorKind::BadInput, fmt::format("cannot scan '{}': more than {} names in it", path, limit));
  }
  if (errno != 0) throw system_error("read folder", path, errno);
  std::sort(names.begin(), names.end());
  return names;
}

void Scanner::walk(UniqueFd folder, std::size_t index, std::size_t depth) {
  const std::string path = tree_.entries[index].path;
  if (depth > options_.max_depth)
    throw Error(ErrorKind::BadInput,
                fmt::format("cannot scan '{}': folders are nested more than {} deep", path, options_.max_depth));
  UniqueFd listing(::openat(folder.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!listing) throw system_error("read folder", path, errno);
  for (const std::string& name : sorted_names(std::move(listing), path, options_.max_entries)) {
    std::string child = path.empty() ? name : path + "/" + name;
    if (!add(child, folder.get(), name.c_str(), index)) continue;
    if (std::find(options_.empty_folders.begin(), options_.empty_folders.end(), child) != options_.empty_folders.end())
      continue;
    UniqueFd below(::openat(folder.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!below) throw system_error("read folder", child, errno);
    if (is_elsewhere(below.get(), child)) continue;
    walk(std::move(below), tree_.entries.size() - 1, depth + 1);
  }
}

bool Scanner::is_elsewhere(int folder, const std::string& path) {
  if (!options_.append_content) return false;
  struct stat status {};
  if (::fstat(folder, &status) != 0) throw system_error("read", path, errno);
  return options_.append_content(tree_, status);
}

/// Stores one entry; true if it is a folder to go into.
bool Scanner::add(std::string path, int folder, const char* name, std::size_t parent) {
  struct stat status {};
  if (::fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) != 0) throw system_error("read", path, errno);
  if (tree_.entries.size() >= options_.max_entries)
    throw Error(ErrorKind::BadInput, fmt::format("cannot scan '{}': the tree has more than {} files",
                                                 root_.host_path().native(), options_.max_entries));
  const EntryType type = type_of(status.st_mode);
  if (type != EntryType::Folder && status.st_nlink > 1) {
    const auto [place, is_new] = first_names_.try_emplace({status.st_dev, status.st_ino}, tree_.entries.size());
    if (!is_new) {
      TreeEntry other = tree_.entries[place->second];
      other.path = std::move(path);
      other.parent = parent;
      other.first_link = place->second;
      tree_.entries.push_back(std::move(other));
      return false;
    }
  }
  TreeEntry entry;
  entry.path = std::move(path);
  entry.type = type;
  entry.mode = status.st_mode & 07777;
  entry.uid = status.st_uid;
  entry.gid = status.st_gid;
  entry.mtime = std::min<std::int64_t>(status.st_mtim.tv_sec, options_.epoch);
  entry.parent = parent;
  if (type == EntryType::File) entry.size.value = static_cast<std::uint64_t>(status.st_size);
  if (type == EntryType::CharDevice || type == EntryType::BlockDevice) {
    entry.device_major = ::gnu_dev_major(status.st_rdev);
    entry.device_minor = ::gnu_dev_minor(status.st_rdev);
  }
  if (type == EntryType::Symlink)
    entry.target = read_target(folder, name, entry.path, static_cast<std::size_t>(status.st_size));
  const auto* known = options_.known_xattrs ? options_.known_xattrs(status) : nullptr;
  if (known) {
    entry.xattrs = *known;
  } else {
    read_xattrs(entry, folder, name);
  }
  const bool is_folder = type == EntryType::Folder;
  if (options_.adjust) options_.adjust(entry, status);
  tree_.entries.push_back(std::move(entry));
  return is_folder;
}

std::string Scanner::read_target(int folder, const char* name, const std::string& path, std::size_t size) {
  std::string target(std::min<std::size_t>(size, PATH_MAX) + 1, '\0');
  const ssize_t count = ::readlinkat(folder, name, target.data(), target.size());
  if (count < 0) throw system_error("read symlink", path, errno);
  target.resize(static_cast<std::size_t>(count));
  return target;
}

/// By name through /proc, because a symlink and an unreadable file have no descriptor that flistxattr(2) takes.
void Scanner::read_xattrs(TreeEntry& entry, int folder, const char* name) {
  std::array<char, 4096> host_path;
  const auto end = fmt::format_to_n(host_path.data(), host_path.size() - 1, "/proc/self/fd/{}/{}", folder, name);
  if (end.size >= host_path.size()) throw Error(ErrorKind::Internal, "cannot scan a name longer than a path");
  *end.out = '\0';
  std::array<char, 65536> names;  // the kernel's own limit for a list and for a value
  const ssize_t length = ::llistxattr(host_path.data(), names.data(), names.size());
  if (length < 0 && errno == ENOTSUP) return;
  if (length < 0) throw system_error("read attributes of", entry.path, errno);
  std::string_view rest(names.data(), static_cast<std::size_t>(length));
  std::array<char, 65536> value;
  while (!rest.empty()) {
    const std::string key(rest.substr(0, rest.find('\0')));
    rest.remove_prefix(std::min(rest.size(), key.size() + 1));
    if (!is_kept_xattr(key, options_.keep_acls)) continue;
    const ssize_t size = ::lgetxattr(host_path.data(), key.c_str(), value.data(), value.size());
    if (size < 0) throw system_error("read attribute " + key + " of", entry.path, errno);
    std::string content(value.data(), static_cast<std::size_t>(size));
    entry.xattrs[key] = key == "security.capability" ? normalised_capability(std::move(content)) : std::move(content);
  }
}

}  // namespace

std::string_view TreeEntry::name() const {
  const std::string_view whole = path;
  return whole.substr(whole.rfind('/') + 1);  // npos + 1 is 0
}

Tree scan_tree(const RootDir& root, const ScanOptions& options) { return Scanner(root, options).scan(); }

std::string normalised_capability(std::string value) {
  // struct vfs_ns_cap_data, linux/capability.h: le32 magic (revision in the top byte), 2 x 2 le32 sets, le32 rootid.
  constexpr std::size_t kRevision2Size = 20;
  constexpr std::size_t kRevision3Size = 24;
  if (value.size() != kRevision3Size || value[3] != 3) return value;
  value[3] = 2;
  value.resize(kRevision2Size);
  return value;
}

}  // namespace keelson::image
