#include "sys/root_dir.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstring>
#include <deque>
#include <memory>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "sys/file.h"
#include "sys/temp_dir.h"

namespace keelson {

namespace {

constexpr int kMostTries = 1000;

int open_in_root(int root, const std::string& path, int flags, mode_t mode) {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC);
  how.mode = mode;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  // EAGAIN: somewhere on the machine something was renamed or mounted just when the kernel went up by a "..", so that
  // it could not be sure to have stayed inside (openat2(2)).
  int fd = -1;
  for (int i = 0; i < kMostTries; ++i) {
    fd = static_cast<int>(::syscall(SYS_openat2, root, path.c_str(), &how, sizeof how));
    if (fd >= 0 || errno != EAGAIN) break;
  }
  return fd;
}

std::string relative(std::string_view path) {
  while (path.starts_with('/')) path.remove_prefix(1);
  return path.empty() ? "." : std::string(path);
}

void remove_tree_at(int folder, const char* name, LazyFiles* lazy);

void clear_open_folder(UniqueFd folder, LazyFiles* lazy) {
  DIR* stream = ::fdopendir(folder.get());
  if (stream == nullptr) return;
  const int fd = folder.release();  // the stream owns it now
  while (const dirent* entry = ::readdir(stream)) {
    if (std::strcmp(entry->d_name, ".") == 0 || std::strcmp(entry->d_name, "..") == 0) continue;
    remove_tree_at(fd, entry->d_name, lazy);
  }
  ::closedir(stream);
}

void forget_folder(int fd, LazyFiles* lazy) {
  struct stat status {};
  if (lazy != nullptr && ::fstat(fd, &status) == 0) lazy->forget(status.st_ino);
}

void remove_tree_at(int folder, const char* name, LazyFiles* lazy) {
  if (::unlinkat(folder, name, 0) == 0 || errno != EISDIR) return;
  UniqueFd below(::openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  forget_folder(below.get(), lazy);
  clear_open_folder(std::move(below), lazy);
  ::unlinkat(folder, name, AT_REMOVEDIR);
}

// As the kernel bounds them while it resolves one path.
constexpr int kMaxSymlinks = 40;

std::string link_target(int fd) {
  std::array<char, PATH_MAX> buffer{};
  const ssize_t n = ::readlinkat(fd, "", buffer.data(), buffer.size());
  return n < 0 ? std::string() : std::string(buffer.data(), static_cast<std::size_t>(n));
}

void push_front(std::deque<std::string>& todo, std::string_view path) {
  const auto parts = split(path, '/');
  todo.insert(todo.begin(), parts.begin(), parts.end());
}

}  // namespace

RootDir::RootDir(std::filesystem::path root) : root_(std::move(root)), fd_(open_file(root_, O_PATH | O_DIRECTORY)) {
  const UniqueFd probe(open_in_root(fd_.get(), ".", O_PATH, 0));
  if (!probe) throw system_error("open", root_.native(), errno);
}

int RootDir::open_expanded(const std::string& path, int flags, mode_t mode) const {
  // What would be created may exist already, in a folder that nobody has looked into.
  if (lazy_ != nullptr && (flags & O_CREAT) != 0) expand_along(path);
  const int fd = open_in_root(fd_.get(), path, flags, mode);
  if (fd >= 0 || lazy_ == nullptr || errno != ENOENT) return fd;
  expand_along(path);
  return open_in_root(fd_.get(), path, flags, mode);
}

UniqueFd RootDir::open(std::string_view path, int flags, mode_t mode) const {
  UniqueFd fd(open_expanded(relative(path), flags, mode));
  if (!fd) throw system_error((flags & O_CREAT) != 0 ? "create" : "open", path, errno);
  bring_into_being(fd.get(), flags, path);
  return fd;
}

void RootDir::bring_into_being(int fd, int flags, std::string_view path) const {
  if (lazy_ == nullptr) return;
  struct stat status {};
  if (::fstat(fd, &status) != 0) throw system_error("read", path, errno);
  if (S_ISDIR(status.st_mode)) return lazy_->expand(fd, status);
  if ((flags & (O_PATH | O_TRUNC)) == 0 && S_ISREG(status.st_mode) && status.st_size > 0 && status.st_blocks == 0)
    lazy_->fill(fd, status);
}

// Walks as openat2() does with RESOLVE_IN_ROOT, and brings each folder into being before it looks into it.
void RootDir::expand_along(std::string_view path) const {
  std::deque<std::string> todo;
  push_front(todo, path);
  std::vector<UniqueFd> folders;  // below the root, as far as we came
  int symlinks = 0;
  while (!todo.empty()) {
    const std::string name = std::move(todo.front());
    todo.pop_front();
    if (name.empty() || name == ".") continue;
    if (name == "..") {
      if (!folders.empty()) folders.pop_back();
      continue;
    }
    const int at = folders.empty() ? fd_.get() : folders.back().get();
    bring_into_being(at, O_PATH, path);
    UniqueFd next(::openat(at, name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
    struct stat status {};
    if (!next || ::fstat(next.get(), &status) != 0) return;  // the caller finds out why
    if (S_ISLNK(status.st_mode)) {
      if (++symlinks > kMaxSymlinks) return;
      const std::string target = link_target(next.get());
      if (target.starts_with('/')) folders.clear();
      push_front(todo, target);
    } else if (S_ISDIR(status.st_mode)) {
      folders.push_back(std::move(next));
    } else {
      return;
    }
  }
}

std::optional<UniqueFd> RootDir::find(std::string_view path, int flags) const {
  UniqueFd fd(open_expanded(relative(path), flags, 0));
  if (fd) {
    bring_into_being(fd.get(), flags, path);
    return fd;
  }
  if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
  throw system_error("open", path, errno);
}

void RootDir::provide(std::string_view path) const {
  const auto fd = find(path, O_PATH);
  if (fd) bring_into_being(fd->get(), 0, path);
}

bool RootDir::exists(std::string_view path) const { return find(path, O_PATH).has_value(); }

std::pair<UniqueFd, std::string> RootDir::open_parent(std::string_view path) const {
  std::string whole = relative(path);
  while (whole.size() > 1 && whole.ends_with('/')) whole.pop_back();
  const auto slash = whole.rfind('/');
  std::string name = slash == std::string::npos ? whole : whole.substr(slash + 1);
  if (name == "." || name == "..") {
    throw Error(ErrorKind::BadInput, fmt::format("cannot use '{}': its last part is no file name", path));
  }
  return {open(slash == std::string::npos ? "." : std::string_view(whole).substr(0, slash), O_PATH | O_DIRECTORY),
          std::move(name)};
}

std::optional<struct stat> RootDir::status(std::string_view path) const {
  const auto fd = find(path, O_PATH | O_NOFOLLOW);
  if (!fd) return std::nullopt;
  struct stat status {};
  if (::fstat(fd->get(), &status) != 0) throw system_error("read", path, errno);
  return status;
}

std::vector<std::string> RootDir::list(std::string_view path) const {
  auto fd = find(path, O_RDONLY | O_DIRECTORY);
  if (!fd) return {};
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(::fdopendir(fd->get()), ::closedir);
  if (!stream) throw system_error("list", path, errno);
  (void)fd->release();  // the stream owns it now
  std::vector<std::string> names;
  errno = 0;
  while (const dirent* entry = ::readdir(stream.get())) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  if (errno != 0) throw system_error("list", path, errno);
  std::sort(names.begin(), names.end());
  return names;
}

std::string RootDir::read(std::string_view path, ByteCount limit) const {
  const UniqueFd fd = open(path, O_RDONLY | O_NONBLOCK);
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) throw system_error("read", path, errno);
  if (!S_ISREG(status.st_mode))
    throw Error(ErrorKind::BadInput, fmt::format("cannot read '{}': it is no regular file", path));
  if (static_cast<std::uint64_t>(status.st_size) > limit.value) {
    throw Error(ErrorKind::BadInput, fmt::format("cannot read '{}': it is larger than {}", path, human_size(limit)));
  }
  std::string content(static_cast<std::size_t>(status.st_size), '\0');
  content.resize(read_up_to(fd.get(), std::as_writable_bytes(std::span(content)), path));
  return content;
}

std::optional<std::string> RootDir::find_text(std::string_view path, ByteCount limit) const {
  if (!exists(path)) return std::nullopt;
  return read(path, limit);
}

void RootDir::write(std::string_view path, std::string_view content, mode_t mode, uid_t uid, gid_t gid) const {
  const auto [folder, name] = open_parent(path);
  const std::string temporary = unique_temporary_name("write");
  const UniqueFd fd(::openat(folder.get(), temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!fd) throw system_error("create", path, errno);
  try {
    write_all(fd.get(), as_bytes(content), path);
    if (::fchown(fd.get(), uid, gid) != 0 || ::fchmod(fd.get(), mode) != 0 ||
        ::renameat(folder.get(), temporary.c_str(), folder.get(), name.c_str()) != 0) {
      throw system_error("write", path, errno);
    }
  } catch (...) {
    ::unlinkat(folder.get(), temporary.c_str(), 0);
    throw;
  }
}

void RootDir::make_folders(std::string_view path, mode_t mode, uid_t uid, gid_t gid) const {
  std::string so_far;
  for (const auto part : split(path, '/')) {
    if (part.empty() || part == ".") continue;
    so_far += so_far.empty() ? std::string(part) : "/" + std::string(part);
    if (exists(so_far)) continue;
    const auto [folder, name] = open_parent(so_far);
    if (::mkdirat(folder.get(), name.c_str(), 0700) != 0) {
      if (errno != EEXIST) throw system_error("create", so_far, errno);
      // It is there but leads nowhere inside the root: a symlink. It must neither be followed nor changed.
      if (exists(so_far)) continue;  // another thread made it
      throw Error(ErrorKind::BadInput,
                  fmt::format("cannot create '{}': a symlink that leads nowhere is in its place", so_far));
    }
    // The umask must not decide, so owner and mode are set afterwards, on the folder itself and nothing else.
    const UniqueFd made(::openat(folder.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!made || ::fchown(made.get(), uid, gid) != 0 || ::fchmod(made.get(), mode) != 0)
      throw system_error("create", so_far, errno);
  }
}

void RootDir::link(std::string_view target, std::string_view path) const {
  const auto [folder, name] = open_parent(path);
  if (::unlinkat(folder.get(), name.c_str(), 0) != 0 && errno != ENOENT) throw system_error("replace", path, errno);
  if (::symlinkat(std::string(target).c_str(), folder.get(), name.c_str()) != 0)
    throw system_error("create", path, errno);
}

std::string RootDir::read_link(std::string_view path) const {
  const auto [folder, name] = open_parent(path);
  std::array<char, PATH_MAX> buffer{};
  const ssize_t n = ::readlinkat(folder.get(), name.c_str(), buffer.data(), buffer.size());
  if (n < 0) throw system_error("read", path, errno);
  return {buffer.data(), static_cast<std::size_t>(n)};
}

void RootDir::remove(std::string_view path) const {
  const auto before = status(path);
  if (!before) return;
  const auto [folder, name] = open_parent(path);
  if (::unlinkat(folder.get(), name.c_str(), 0) == 0) return;
  if (errno == EISDIR && ::unlinkat(folder.get(), name.c_str(), AT_REMOVEDIR) == 0) {
    if (lazy_ != nullptr) lazy_->forget(before->st_ino);
    return;
  }
  if (errno != ENOENT) throw system_error("remove", path, errno);
}

void RootDir::clear_folder(std::string_view path) const {
  auto folder = find(path, O_RDONLY | O_DIRECTORY);
  if (folder) clear_open_folder(std::move(*folder), lazy_);
}

}  // namespace keelson
