/// An OS tree as a value: what a file system writer needs to know of every file, except its content.
///
/// The content stays on disk, under the RootDir that was scanned, or in the foreign file system that a file came from;
/// everything else (owner, mode, times, labels) is
/// taken from here, so that an ordinary user can write any owner, and labels need not be stored on the host's disk.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "base/units.h"
#include "sys/root_dir.h"

namespace keelson::image {

enum class EntryType { File, Folder, Symlink, CharDevice, BlockDevice, Fifo, Socket };

struct TreeEntry {
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

  std::string path;  ///< from the root, without a leading slash; "" is the root itself
  EntryType type = EntryType::File;
  std::uint32_t mode = 0;  ///< permission bits, setuid, setgid and sticky: at most 07777
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  ByteCount size;          ///< of a file; 0 for everything else
  std::int64_t mtime = 0;  ///< seconds since 1970, never later than the epoch of the scan
  std::uint32_t device_major = 0;
  std::uint32_t device_minor = 0;
  std::string target;                         ///< of a symlink
  std::map<std::string, std::string> xattrs;  ///< full name ("security.selinux") to raw value
  std::size_t parent = kNone;                 ///< index of the folder it is in; kNone for the root
  std::size_t first_link = kNone;             ///< for the second and later names of a file: index of its first name
  const FileSystem* origin = nullptr;         ///< where a file's content lies if not under the RootDir
  NodeId origin_id = 0;

  /// The last part of the path.
  std::string_view name() const;
};

/// Entries in pre-order: a folder stands before its content, names within a folder are in byte order. entries[0] is
/// the root.
struct Tree {
  std::vector<TreeEntry> entries;
};

struct ScanOptions {
  std::int64_t epoch = 0;  ///< later modification times become this one (as SOURCE_DATE_EPOCH means it)
  /// Called for each entry (for a file with several names: once, with the first) before it is stored: sets labels,
  /// maps owners, says where the content lies. May change everything but path and links.
  /// @param status what lstat(2) says of the file.
  std::function<void(TreeEntry&, const struct stat& status)> adjust;
  /// If set, asked for each entry before the host is asked for its attributes, which takes longest of all: what it
  /// answers is taken for them.
  std::function<const std::map<std::string, std::string>*(const struct stat& status)> known_xattrs{};
  bool keep_acls = false;  ///< a tree that was made here has none but those that the host's folders pass on
  /// If set, asked for each folder that would be gone into: where the host has not got its content, appends that to a
  /// tree whose last entry is the folder, and says true.
  std::function<bool(Tree&, const struct stat& status)> append_content{};
  std::vector<std::string> empty_folders;  ///< folders that keep their place but whose content is left out
  std::size_t max_entries = 4'000'000;
  std::size_t max_depth = 200;
};

/// Walks the whole tree; never follows a symlink and never leaves the root.
/// Kept of the extended attributes: security.capability (as revision 2, the form that counts outside of user
/// namespaces), security.selinux and user.*; the others belong to the host.
/// @throws Error(BadInput) when a bound is passed; what the system said otherwise.
Tree scan_tree(const RootDir& root, const ScanOptions& options);

/// Turns a security.capability value of revision 3 (with the namespace's root id) into revision 2; others stay.
std::string normalised_capability(std::string value);

}  // namespace keelson::image
