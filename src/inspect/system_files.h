/// The files of a system as they would be seen from inside of it: its file systems put together at their mount points,
/// without mounting anything. Whatever is wrong with a file is noted and told, and the file counts as not there: one
/// lying inode does not hide the rest of an image.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_system.h"
#include "base/units.h"

namespace keelson::inspect {

struct MountedFiles {
  std::string mount_point;  ///< "/", "/boot/efi"
  const FileSystem* files = nullptr;
};

/// A file that was found: names what it is in which file system.
struct Place {
  const FileSystem* files = nullptr;
  Node node;
};

enum class LastLink { Follow, Keep };

class SystemFiles {
 public:
  /// @param mounts one of them is "/"; what they point to must outlive this.
  explicit SystemFiles(std::vector<MountedFiles> mounts);

  const FileSystem& root() const { return *root_; }

  /// Symlinks lead where they lead inside, and never out. Nothing when there is no such file, or it cannot be read.
  std::optional<Place> find(std::string_view path, LastLink last = LastLink::Follow) const;

  /// A regular file's content; nothing when there is none. Of a larger file only so much is read, which is noted.
  std::optional<std::string> text(std::string_view path, ByteCount limit = mebibytes(1)) const;
  /// The same, made harmless: valid UTF-8 without control characters.
  std::optional<std::string> harmless(std::string_view path, ByteCount limit = mebibytes(1)) const;

  /// The names in a folder, sorted, at most 10,000; none when it is not there.
  std::vector<std::string> list(std::string_view path) const;
  std::optional<std::string> link_target(std::string_view path) const;
  bool is_folder(std::string_view path) const;

  /// What could not be read or was cut, in the order of reading; at most 100.
  const std::vector<std::string>& notes() const { return notes_; }
  void note(std::string text) const;

 private:
  std::optional<Place> resolve(std::string_view path, LastLink last) const;
  const FileSystem* mounted_at(std::string_view path) const;

  std::vector<MountedFiles> mounts_;
  const FileSystem* root_ = nullptr;
  mutable std::vector<std::string> notes_;
};

}  // namespace keelson::inspect
