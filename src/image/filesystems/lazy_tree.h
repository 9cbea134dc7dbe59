/// A foreign file system laid out as a tree on disk, whose files get their content only when somebody asks for it.
///
/// Changing an image touches a few dozen of its tens of thousands of files. So folders, symlinks and attributes are
/// made for real, and each file as a hole of its size: cheap, and every path resolves. RootDir::open() fills a file
/// before it is read or changed; programs see no RootDir, so fill_all() comes before any of them runs; and a file that
/// is still a hole when the image is written is copied straight from where it came.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/file_system.h"
#include "image/filesystems/tree.h"
#include "sys/root_dir.h"

namespace keelson::image {

class LazyTree {
 public:
  static constexpr std::size_t kMaxEntries = 4'000'000;
  static constexpr std::size_t kMaxDepth = 200;

  /// Becomes the filler of `root`, which must outlive it. Needs the rights to give files to any owner.
  explicit LazyTree(RootDir& root);
  LazyTree(const LazyTree&) = delete;
  LazyTree& operator=(const LazyTree&) = delete;
  ~LazyTree();

  /// Lays `source` (which must outlive this) out in the folder `mount_point` of the root, which exists. What it held
  /// before is gone: a mount hides it.
  /// Files whose owner, attributes or kind the host can't hold are remembered and told by adjust().
  /// @throws Error(BadInput) for cyclic folders, or more or deeper files than any OS has.
  void lay_out(const FileSystem& source, std::string_view mount_point);

  /// Gives every file its content.
  void fill_all(std::size_t threads);

  /// For ScanOptions::adjust of a scan of the whole root, or of the folder at `mount_point` as a root of its own: says
  /// where content lies that nobody changed, and what the host could not hold. Must not outlive this.
  std::function<void(TreeEntry&, const struct stat&)> adjuster(std::string_view mount_point = "") const;

  struct Scan {
    Tree tree;
    bool changed = false;
  };

  /// Scans what lies at `mount_point`, other places that were laid out left empty, with adjuster(); and says whether
  /// anything of the file system laid out there was changed since: a file made, removed, written, or given another
  /// owner or mode. Filling does not count. Compares change times, so that a change within the kernel's clock tick of
  /// lay_out() might go unseen: lay_out() waits that long.
  Scan scan_changes(std::string_view mount_point, std::int64_t epoch) const;
  bool changed_below(std::string_view mount_point) const { return scan_changes(mount_point, INT64_MAX).changed; }

  std::size_t entries() const { return entries_; }
  ByteCount content_size() const { return content_; }  ///< of all files, holes included
  std::int64_t newest() const { return newest_; }      ///< modification time, seconds since 1970

 private:
  struct Origin {
    const FileSystem* source = nullptr;
    NodeId id = 0;
    std::uint64_t size = 0;
    NodeTime modified;
  };
  // What the host's file system or kernel would not store.
  struct Extra {
    std::string path;  ///< inode numbers are used again: it counts only for this name
    std::optional<EntryType> type;
    std::uint32_t device_major = 0;
    std::uint32_t device_minor = 0;
    std::map<std::string, std::string> xattrs;
  };
  class Maker;
  // One lay_out().
  struct LaidOut {
    timespec done{};          ///< no change time of its files was later when it was done
    std::size_t entries = 0;  ///< with the mount point itself
  };

  void fill(int fd, const struct stat& status);
  const Origin* origin_of(const struct stat& status) const;
  void store_xattr(const std::string& host_path, const std::string& key, const std::string& value);
  const std::map<std::string, std::string>* known_xattrs(const LaidOut& before, const struct stat& status) const;
  bool is_changed(const LaidOut& before, const struct stat& status) const;
  void fill_file(const Origin& origin, int to, const struct stat& status);

  RootDir& root_;
  std::unordered_map<ino_t, Origin> unfilled_;
  std::unordered_map<ino_t, Extra> extras_;
  std::unordered_map<ino_t, std::map<std::string, std::string>> stored_xattrs_;  // of files that have any
  std::unordered_map<ino_t, timespec> filled_;                                   // change time when filled
  // What fill_all() filled and since when: content that nobody touched need not be copied when the image is written.
  std::unordered_map<ino_t, std::pair<Origin, timespec>> copies_;
  std::map<std::string, LaidOut, std::less<>> laid_out_;  // by mount point, "" is the root
  std::mutex mutex_;
  std::size_t entries_ = 0;
  ByteCount content_;
  std::int64_t newest_ = 0;
};

}  // namespace keelson::image
