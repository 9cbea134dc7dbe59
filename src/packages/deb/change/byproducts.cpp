#include "packages/deb/change/byproducts.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <functional>
#include <memory>
#include <vector>

#include "base/error.h"

namespace keelson::deb {

namespace {

// Single files: what they hold differs from run to run, or was only needed while dpkg ran.
constexpr std::array<std::string_view, 24> kFiles{
    "etc/passwd-",
    "etc/shadow-",
    "etc/group-",
    "etc/gshadow-",
    "etc/subuid-",
    "etc/subgid-",
    "etc/.pwd.lock",
    "etc/machine-id",  // systemd's scripts make one; each machine gets its own at its first boot
    "var/lib/dbus/machine-id",
    "var/lib/systemd/random-seed",
    "var/lib/systemd/credential.secret",
    "var/cache/ldconfig/aux-cache",  // inode numbers
    "var/lib/dpkg/lock",
    "var/lib/dpkg/lock-frontend",
    "var/lib/dpkg/triggers/Lock",
    "var/lib/dpkg/status-old",
    "var/lib/dpkg/diversions-old",
    "var/lib/dpkg/statoverride-old",
    "var/lib/dpkg/available-old",
    "var/cache/debconf/config.dat-old",
    "var/cache/debconf/templates.dat-old",
    "var/cache/debconf/passwords.dat-old",
    "var/lib/ucf/hashfile.0",
    "var/lib/ucf/registry.0"};

// Folders of which nothing new stays.
constexpr std::array<std::string_view, 3> kFolders{"var/tmp", "var/backups", "var/lib/ucf/cache"};

constexpr int kDeepest = 64;

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};

using Visit = std::function<void(int folder, const char* name, const std::string& path, const struct stat& status)>;

// Everything below an open folder, symlinks as themselves; folders after what they hold.
void walk(UniqueFd fd, const std::string& path, const Visit& visit, int depth = 0) {
  if (depth > kDeepest)
    throw Error(ErrorKind::BadInput, fmt::format("cannot read '/{}': folders are nested too deep", path));
  const std::unique_ptr<DIR, CloseFolder> folder(::fdopendir(fd.get()));
  if (!folder) throw system_error("read", path, errno);
  const int at = fd.release();
  std::vector<std::string> names;
  while (const dirent* entry = ::readdir(folder.get())) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  std::sort(names.begin(), names.end());
  for (const auto& name : names) {
    struct stat status {};
    if (::fstatat(at, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) throw system_error("read", name, errno);
    const std::string inside = path.empty() ? name : path + "/" + name;
    if (S_ISDIR(status.st_mode)) {
      UniqueFd next(::openat(at, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
      if (next.get() < 0) throw system_error("open", inside, errno);
      walk(std::move(next), inside, visit, depth + 1);
    }
    visit(at, name.c_str(), inside, status);
  }
}

void walk_folder(const RootDir& root, const std::string& path, const Visit& visit) {
  const auto status = root.status(path);
  if (status && S_ISDIR(status->st_mode)) walk(root.open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW), path, visit);
}

bool is_file(const std::optional<struct stat>& status) { return status && S_ISREG(status->st_mode); }

void set_time(int folder, const char* name, std::int64_t seconds) {
  const timespec times[2] = {{seconds, 0}, {seconds, 0}};
  if (::utimensat(folder, name, times, AT_SYMLINK_NOFOLLOW) != 0) throw system_error("set the time of", name, errno);
}

}  // namespace

Byproducts::Byproducts(const RootDir& root) : root_(root) {
  for (const auto path : kFiles) keep(std::string(path));
  for (const auto folder : kFolders) {
    walk_folder(root, std::string(folder), [&](int, const char*, const std::string& path, const struct stat& status) {
      if (!S_ISREG(status.st_mode)) {
        files_.emplace(path, std::nullopt);
      } else {
        keep(path);
      }
    });
  }
  walk_folder(root, "var/log", [&](int, const char*, const std::string& path, const struct stat& status) {
    if (S_ISREG(status.st_mode)) logs_.emplace(path, status);
  });
}

void Byproducts::keep(const std::string& path) {
  const auto status = root_.status(path);
  auto& slot = files_[path];
  // Large files below /var/backups are not touched by scripts: not worth the memory.
  if (is_file(status) && status->st_size < (4 << 20)) slot = Kept{root_.read(path), *status};
}

void Byproducts::restore(const std::string& path, const Kept& kept) const {
  const auto now = root_.status(path);
  const bool same = is_file(now) && now->st_ino == kept.status.st_ino && now->st_size == kept.status.st_size &&
                    now->st_mtim.tv_sec == kept.status.st_mtim.tv_sec &&
                    now->st_mtim.tv_nsec == kept.status.st_mtim.tv_nsec;
  if (same) return;
  root_.write(path, kept.content, kept.status.st_mode & 07777, kept.status.st_uid, kept.status.st_gid);
  const auto [folder, name] = root_.open_parent(path);
  const timespec times[2] = {kept.status.st_atim, kept.status.st_mtim};
  if (::utimensat(folder.get(), name.c_str(), times, AT_SYMLINK_NOFOLLOW) != 0)
    throw system_error("set the time of", path, errno);
}

void Byproducts::put_back_logs() const {
  walk_folder(root_, "var/log", [&](int folder, const char* name, const std::string& path, const struct stat& status) {
    if (!S_ISREG(status.st_mode) || status.st_size == 0) return;
    const auto old = logs_.find(path);
    if (old == logs_.end()) {
      ::unlinkat(folder, name, 0);
    } else if (status.st_ino == old->second.st_ino && status.st_size > old->second.st_size) {
      const UniqueFd file = root_.open(path, O_WRONLY);
      if (::ftruncate(file.get(), old->second.st_size) != 0) throw system_error("cut", path, errno);
      const timespec times[2] = {old->second.st_atim, old->second.st_mtim};
      ::futimens(file.get(), times);
    }
  });
}

void Byproducts::put_back(std::int64_t epoch) const {
  for (const auto& [path, kept] : files_) {
    if (kept) {
      restore(path, *kept);
    } else if (std::find(kFiles.begin(), kFiles.end(), path) != kFiles.end() && is_file(root_.status(path))) {
      root_.remove(path);
    }
  }
  for (const auto folder : kFolders) {
    walk_folder(root_, std::string(folder),
                [&](int at, const char* name, const std::string& path, const struct stat& status) {
                  if (files_.count(path) == 0) ::unlinkat(at, name, S_ISDIR(status.st_mode) ? AT_REMOVEDIR : 0);
                });
  }
  put_back_logs();
  const auto is_newer = [&](const struct stat& status) {
    return status.st_mtim.tv_sec > epoch || (status.st_mtim.tv_sec == epoch && status.st_mtim.tv_nsec > 0);
  };
  walk(root_.open("/", O_RDONLY | O_DIRECTORY), "",
       [&](int folder, const char* name, const std::string&, const struct stat& status) {
         if (is_newer(status)) set_time(folder, name, epoch);
       });
  struct stat top {};
  if (::fstat(root_.fd(), &top) == 0 && is_newer(top)) set_time(root_.fd(), ".", epoch);
}

}  // namespace keelson::deb
