/// What configuring changed: the difference between a tree as unpacked and as configured, kept so that the next build
/// of the same packages unpacks and replays instead of running a hundred scripts again.
///
/// Form: a zstd-compressed pax tar. Its first entry, ".keelson-removed", lists the paths that configuring removed, one
/// a line; the others are what it made or changed, whole, with owners, modes, times and file capabilities.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include "sys/root_dir.h"

namespace keelson::deb {

/// What tells that an entry was touched: any write, rename, chmod or new link moves its change time or inode.
struct EntryStamp {
  ino_t inode = 0;
  std::int64_t changed_ns = 0;
  std::int64_t modified_ns = 0;
  off_t size = 0;
  mode_t mode = 0;
  bool operator==(const EntryStamp&) const = default;
};

/// Path relative to the root → stamp; sorted.
using TreeStamps = std::map<std::string, EntryStamp>;

/// Reads the stamps of everything below the root, not following symlinks, and waits a tick of the kernel's clock for
/// change times: what changes once this has returned has another stamp.
TreeStamps read_stamps(const RootDir& root);

/// Writes the difference between `before` and the tree as it is now to `file` (atomically).
void write_delta(const RootDir& root, const TreeStamps& before, const std::filesystem::path& file);

/// Makes a tree that equals `before` equal to what it was when the delta was written.
/// @throws Error(BadInput) when the file is damaged.
void apply_delta(const RootDir& root, const std::filesystem::path& file);

}  // namespace keelson::deb
