/// Work inside an image root that nothing in it can lead out of: every path is resolved by openat2(2) with
/// RESOLVE_IN_ROOT, so that an absolute or "..", even a hostile, symlink ends inside the root.
/// Paths are relative to the root; a leading "/" is accepted and means the root.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/units.h"
#include "sys/unique_fd.h"

namespace keelson {

/// A tree that comes into being only where somebody looks.
class LazyFiles {
 public:
  LazyFiles() = default;
  LazyFiles(const LazyFiles&) = delete;
  LazyFiles& operator=(const LazyFiles&) = delete;
  virtual ~LazyFiles() = default;

  /// A regular file that has a size but no blocks was opened: gives it its content.
  virtual void fill(int file, const struct stat& status) = 0;
  /// A folder was opened: makes its entries, if they were not made yet.
  virtual void expand(int folder, const struct stat& status) = 0;
  /// The folder with this inode number is about to be removed; the number may be used again.
  virtual void forget(ino_t folder) = 0;
  /// Nothing is left to bring into being: programs may be let at the tree as it is.
  virtual bool is_whole() const = 0;
};

class RootDir {
 public:
  /// @throws Error if the folder cannot be opened, or the kernel has no openat2 (older than 5.6).
  explicit RootDir(std::filesystem::path root);

  /// Asked before anything in the root is read, listed or changed; must outlive this, or be set to nothing.
  void set_lazy_files(LazyFiles* files) { lazy_ = files; }
  LazyFiles* lazy_files() const { return lazy_; }

  const std::filesystem::path& host_path() const { return root_; }  ///< for handing the whole root to a program
  int fd() const { return fd_.get(); }

  /// Opens inside the root. `flags` as for open(2); O_CLOEXEC is added.
  UniqueFd open(std::string_view path, int flags, mode_t mode = 0) const;
  /// As open(), but nothing when the path does not exist.
  std::optional<UniqueFd> find(std::string_view path, int flags) const;

  /// Brings the file at `path`, if there is one, into being.
  void provide(std::string_view path) const;

  bool exists(std::string_view path) const;                        ///< follows a final symlink
  std::optional<struct stat> status(std::string_view path) const;  ///< lstat: does not follow a final symlink

  /// The names in a folder, sorted by bytes, without "." and "..". A folder that is not there has no names.
  /// @throws Error if it exists and cannot be read, or is no folder.
  std::vector<std::string> list(std::string_view path) const;

  std::string read(std::string_view path, ByteCount limit = mebibytes(64)) const;
  std::optional<std::string> find_text(std::string_view path, ByteCount limit = mebibytes(64)) const;
  /// Replaces the file by rename (never half-written; a final symlink is replaced, not followed). Parents must exist.
  void write(std::string_view path, std::string_view content, mode_t mode = 0644, uid_t uid = 0, gid_t gid = 0) const;
  /// Creates missing folders along `path`; those that exist stay as they are.
  void make_folders(std::string_view path, mode_t mode = 0755, uid_t uid = 0, gid_t gid = 0) const;
  /// Makes a symlink; an existing file or symlink there is replaced.
  void link(std::string_view target, std::string_view path) const;
  std::string read_link(std::string_view path) const;
  /// Removes a file, symlink or empty folder; nothing happens when it is not there.
  void remove(std::string_view path) const;
  /// Removes everything below `path`, not `path` itself. Does not follow symlinks.
  void clear_folder(std::string_view path) const;

  /// The folder that holds `path`, opened, and the last name: for *at() calls this class lacks.
  std::pair<UniqueFd, std::string> open_parent(std::string_view path) const;

 private:
  int open_expanded(const std::string& path, int flags, mode_t mode) const;
  void bring_into_being(int fd, int flags, std::string_view path) const;
  void expand_along(std::string_view path) const;

  std::filesystem::path root_;
  UniqueFd fd_;
  LazyFiles* lazy_ = nullptr;
};

}  // namespace keelson
