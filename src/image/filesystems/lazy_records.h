/// What is known of the files that a lazy tree made on the host: where their content comes from, what the host could
/// not hold, and how they looked when they were made. By inode number; all methods may be called from several threads.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/file_system.h"
#include "image/filesystems/tree.h"

namespace keelson::image {

class LazyRecords {
 public:
  using Xattrs = std::map<std::string, std::string>;

  struct Origin {
    const FileSystem* source = nullptr;
    NodeId id = 0;
    std::uint64_t size = 0;
    NodeTime modified;
  };
  /// A folder whose entries the host has not got.
  struct Unexpanded {
    std::size_t tree = 0;  ///< of those that were laid out
    std::size_t item = 0;  ///< of that SourceTree
  };
  enum class Copy {
    Complete,  ///< nobody could change it in the kernel's clock tick in which it was made: its change time tells all
    Open,      ///< somebody may have: only a comparison tells
  };

  /// The file is as it was made until `status` is another. Replaces what was said of an earlier one with its number.
  void made(const struct stat& status, const Xattrs* stored = nullptr);
  bool is_as_made(const struct stat& status) const;
  /// Attributes of a file that is as it was made; nothing when it is not.
  const Xattrs* known_xattrs(const struct stat& status) const;

  void is_hole(ino_t number, const Origin& origin);
  /// Where the content of a file comes from that has none yet; it is filled from here on.
  std::optional<Origin> take_hole(const struct stat& status);
  void filled(const struct stat& status, const Origin& origin, Copy copy);
  /// Where content lies that nobody changed: of a hole, or of a copy. `is_same` compares, where that is needed.
  std::optional<Origin> origin_of(const struct stat& status, const std::function<bool(const Origin&)>& is_same) const;

  void is_unexpanded(ino_t number, Unexpanded folder);
  std::optional<Unexpanded> unexpanded(ino_t number) const;
  bool take_unexpanded(ino_t number);  ///< true for the one who is to expand it
  std::vector<std::pair<ino_t, Unexpanded>> all_unexpanded() const;

  bool has_nothing_left() const;  ///< no hole, no folder to be expanded

  /// What the host would not store. It counts only for this path, for inode numbers are used again.
  struct Extra {
    std::string path;
    std::optional<EntryType> type;
    std::uint32_t device_major = 0;
    std::uint32_t device_minor = 0;
    Xattrs xattrs;
  };
  void add_extra(ino_t number, const Extra& extra);
  void add_extras(TreeEntry& entry, const std::string& path, ino_t number) const;

 private:
  struct Look {
    timespec changed{};
    timespec modified{};
    mode_t mode = 0;
    uid_t uid = 0;
    gid_t gid = 0;
    off_t size = 0;
  };
  struct CopyOf {
    Origin origin;
    timespec changed{};
    Copy copy = Copy::Complete;
  };
  static Look look_of(const struct stat& status);

  mutable std::mutex mutex_;
  std::unordered_map<ino_t, Look> looks_;
  std::unordered_map<ino_t, Xattrs> xattrs_;  // of files that have any
  std::unordered_map<ino_t, Origin> holes_;
  std::unordered_map<ino_t, CopyOf> copies_;
  std::unordered_map<ino_t, Unexpanded> unexpanded_;
  std::unordered_map<ino_t, Extra> extras_;
};

}  // namespace keelson::image
