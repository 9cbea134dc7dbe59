/// Reads btrfs in user space: names, attributes and content of a file system that nothing mounted, and its subvolumes.
/// Spec: "Btrfs On-disk Format" of btrfs-progs' documentation; features as Linux 6.12 has them.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/file_system.h"

namespace keelson::btrfs {

/// Whether the disk has btrfs' magic number in its first superblock; nothing else is believed or checked.
bool looks_like_btrfs(const BlockSource& disk);

/// Which subvolume is the root; at most one of the first two. Neither: the default one, as mount(8) takes it.
struct OpenOptions {
  std::optional<std::uint64_t> subvolume_id;  ///< 5 is the top
  std::string subvolume_path;                 ///< from the top: "@" or "/@/home"; "/" is the top
  /// What a folder shows where another subvolume is in it: its content, or (false) nothing.
  bool cross_subvolumes = true;
};

/// Opens a file system for reading. `disk` must outlive it. Every method may be called from several threads at once.
///
/// A NodeId is an inode number in the opened subvolume; in another one, that with the subvolume's place in a table: it
/// stays the same however the file system is walked. Checksums of metadata and data are verified.
/// A log is not replayed: identity().dirty says that there is one, so that what was written last with fsync(2) is
/// missing.
/// @throws Error(BadInput) for what is no btrfs, has a feature that is not understood, is spread over several devices,
/// or is longer than its disk; Error(NotFound) for a subvolume that is not there; Error(Usage) for two of them.
std::unique_ptr<FileSystem> open_btrfs(const BlockSource& disk, const OpenOptions& options);
std::unique_ptr<FileSystem> open_btrfs(const BlockSource& disk);

struct Subvolume {
  std::uint64_t id = 0;
  std::string path;  ///< from the top, without a slash at the start
  bool read_only = false;
};

/// All that can be reached from the top, without the top itself, by rising id. @throws Error(BadInput)
std::vector<Subvolume> list_subvolumes(const BlockSource& disk);

/// Whether a mount that names no subvolume shows another one than the top. @throws Error(BadInput)
bool has_default_below_top(const BlockSource& disk);

}  // namespace keelson::btrfs
