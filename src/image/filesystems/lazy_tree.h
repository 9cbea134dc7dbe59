/// A foreign file system laid out as a tree on disk that comes into being only where somebody looks.
///
/// Changing an image touches a few dozen of its tens of thousands of files. So the whole file system is known as a
/// value (SourceTree), and on the host there is only what somebody opened: a folder gets its entries when it is opened,
/// a file its content, both through RootDir. Programs see no RootDir: get_ready_for_programs() comes before any of them
/// runs, makes every folder, and leaves the files' content to the sandbox, which sees them being opened. What nobody
/// touched is copied straight from where it came when the image is written.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_system.h"
#include "image/filesystems/lazy_maker.h"
#include "image/filesystems/lazy_records.h"
#include "image/filesystems/source_tree.h"
#include "image/filesystems/tree.h"
#include "sys/root_dir.h"

namespace keelson::image {

class LazyTree final : public LazyFiles {
 public:
  /// Becomes the lazy files of `root`, which must outlive it. Needs the rights to give files to any owner.
  explicit LazyTree(RootDir& root);
  ~LazyTree() override;

  /// Lays `source` (which must outlive this) out in the folder `mount_point` of the root, which exists. What it held
  /// before is gone: a mount hides it.
  /// @throws Error(BadInput) for cyclic folders, or more or deeper files than any OS has.
  void lay_out(const FileSystem& source, std::string_view mount_point);

  /// Makes every folder's entries.
  void expand_all(std::size_t threads);
  /// Gives every file its content as well.
  void fill_all(std::size_t threads);
  /// Makes what programs in the sandbox must find: every folder, and where the sandbox can't see which files they open,
  /// every content. @return whether it was that.
  bool get_ready_for_programs(std::size_t threads);

  /// For a scan of what lies at `mount_point`, as a root of its own, or of the whole root (""): says where content lies
  /// that nobody changed, and what the host could not hold. For one scan; must not outlive this. What else is mounted
  /// below is for the caller to leave out.
  ScanOptions scan_options(std::string_view mount_point, std::int64_t epoch) const;

  struct Scan {
    Tree tree;
    bool changed = false;
  };

  /// Scans what lies at `mount_point`, other places that were laid out left empty; and says whether anything of the
  /// file system laid out there was changed since: a file made, removed, written, or given another owner, mode or
  /// attribute. Bringing files into being does not count.
  Scan scan_changes(std::string_view mount_point, std::int64_t epoch) const;
  bool changed_below(std::string_view mount_point) const { return scan_changes(mount_point, INT64_MAX).changed; }

  std::size_t entries() const;
  ByteCount content_size() const;  ///< of all files, holes included
  std::int64_t newest() const;     ///< modification time, seconds since 1970

  void fill(int file, const struct stat& status) override;
  void expand(int folder, const struct stat& status) override;
  void forget(ino_t folder) override;
  bool is_whole() const override { return records_.has_nothing_left(); }

 private:
  struct LaidOut {
    std::string at;  ///< mount point: "" is the root
    std::unique_ptr<SourceTree> tree;
    std::unique_ptr<LazyMaker> maker;
  };
  using Folder = LazyRecords::Unexpanded;

  std::string path_of(const Folder& folder) const;
  void make_entries(int folder, const struct stat& status, const Folder& place);
  void expand_linked(const Folder& place);
  bool is_same_content(const std::string& path, const LazyRecords::Origin& origin) const;

  RootDir& root_;
  LazyRecords records_;
  std::vector<LaidOut> laid_out_;
  bool expanding_all_ = false;
  bool expanding_linked_ = false;
  std::vector<Folder> linked_;  // folders still to be expanded, as files have names in them and in expanded ones
};

}  // namespace keelson::image
