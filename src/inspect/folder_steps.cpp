#include "inspect/folder_steps.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "base/error.h"

namespace keelson::inspect {

namespace {

constexpr int kMostTries = 1000;
constexpr std::size_t kBatch = 65536;  // bytes of names that the kernel gives at a time
constexpr unsigned kWanted =
    STATX_TYPE | STATX_MODE | STATX_NLINK | STATX_UID | STATX_GID | STATX_MTIME | STATX_INO | STATX_SIZE;

}  // namespace

// EAGAIN: something was renamed just then, so that the kernel could not be sure to have stayed inside (openat2(2)).
UniqueFd FolderSteps::open(int folder, const std::string& name, int flags) const {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC | O_NOFOLLOW);
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  if (mounts_ == Mounts::Hide) how.resolve |= RESOLVE_NO_XDEV;
  int fd = -1;
  for (int i = 0; i < kMostTries; ++i) {
    fd = static_cast<int>(::syscall(SYS_openat2, folder, name.c_str(), &how, sizeof how));
    if (fd >= 0 || errno != EAGAIN) break;
  }
  return UniqueFd(fd);
}

bool FolderSteps::look(int folder, const std::string& name, struct statx& status) const {
  // statx(2) would go where open() does not: up, and along a path.
  if (name == ".." || name.find('/') != std::string::npos) {
    errno = EXDEV;
    return false;
  }
  constexpr int kFlags = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT;
  if (::statx(folder, name.c_str(), kFlags, kWanted, &status) != 0) return false;
  if (mounts_ == Mounts::Cross) return true;
  // Kernels before 5.8 do not say whether something is mounted on it.
  if ((status.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT) == 0) return open(folder, name, O_PATH).get() >= 0;
  const bool mounted = (status.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0 && name != ".";
  if (mounted) errno = EXDEV;
  return !mounted;
}

bool FolderSteps::list(int folder, std::vector<std::string>& names) {
  alignas(dirent64) std::array<char, kBatch> batch{};
  for (;;) {
    const auto count = ::getdents64(folder, batch.data(), batch.size());
    if (count <= 0) return count == 0;
    for (std::size_t at = 0; at < static_cast<std::size_t>(count);) {
      std::uint16_t length = 0;  // of this entry, which the kernel aligns
      std::memcpy(&length, batch.data() + at + offsetof(dirent64, d_reclen), sizeof length);
      const std::string_view name(batch.data() + at + offsetof(dirent64, d_name));
      if (name != "." && name != "..") names.emplace_back(name);
      at += length;
    }
  }
}

struct statx status_of(int fd, const std::string& path) {
  struct statx status {};
  if (::statx(fd, "", AT_EMPTY_PATH, kWanted, &status) != 0) throw system_error("read", path, errno);
  return status;
}

}  // namespace keelson::inspect
