/// One step from a folder's descriptor to a name in it, as the kernel takes it: not over a symlink, not up, and into no
/// other mount where those are hidden.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <string>
#include <vector>

#include "sys/unique_fd.h"

namespace keelson::inspect {

/// What a folder shows where something is mounted on it.
enum class Mounts { Cross, Hide };

/// What the names given to this must be: those that a folder of the kernel lists, without a slash. A folder that is
/// moved out of the tree while its descriptor is open can still be read, as by every program that is in it; what lies
/// above it cannot be reached from it.
class FolderSteps {
 public:
  explicit FolderSteps(Mounts mounts) : mounts_(mounts) {}

  bool hides_mounts() const { return mounts_ == Mounts::Hide; }

  /// openat2(2), never of a symlink's target; O_CLOEXEC is added. Nothing on failure, with errno: EXDEV where it would
  /// lead out or into a hidden mount.
  UniqueFd open(int folder, const std::string& name, int flags) const;

  /// What the name itself is, without opening it: no device notices. False on failure, as open().
  bool look(int folder, const std::string& name, struct statx& status) const;

  /// The names in the folder as the kernel gives them, without "." and ".."; `folder` is opened for reading.
  /// False on failure, with errno.
  static bool list(int folder, std::vector<std::string>& names);

 private:
  Mounts mounts_;
};

/// What `fd` is. @throws Error named after the path.
struct statx status_of(int fd, const std::string& path);

}  // namespace keelson::inspect
