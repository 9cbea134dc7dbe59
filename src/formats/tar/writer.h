/// Writes a tar archive: ustar headers, and pax extended headers where ustar has no room (long names, attributes,
/// large numbers). The same entries give the same bytes.
///
/// Spec: POSIX.1-2017, pax, "ustar Interchange Format" and "pax Interchange Format"; attributes as
/// SCHILY.xattr.<name>, which GNU tar, libarchive and container runtimes read.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/bytes.h"

namespace keelson::tar {

enum class EntryType { File, Folder, Symlink, HardLink, CharDevice, BlockDevice, Fifo };

struct Entry {
  std::string path;  ///< relative, no "..", no leading slash; a folder's trailing slash is added by the writer
  EntryType type = EntryType::File;
  std::uint32_t mode = 0644;  ///< permission bits: at most 07777
  std::uint64_t uid = 0;
  std::uint64_t gid = 0;
  std::int64_t mtime = 0;
  std::string target;  ///< of a symlink, as it is; of a hard link: the path of the first name
  std::uint32_t device_major = 0;
  std::uint32_t device_minor = 0;
  std::map<std::string, std::string> xattrs;  ///< full name to raw value
};

/// The promise: what finish() returns is a whole archive. Owners are numbers only, without names.
class Writer {
 public:
  /// Adds an entry; only a file has content. The caller chooses the order (folders before their content).
  /// @throws Error(BadInput) for a path that is empty, absolute, or has "." or ".." in it.
  void add(const Entry& entry, ByteView content = {});
  void add(const Entry& entry, std::string_view content) { add(entry, as_bytes(content)); }

  /// Ends the archive with two blocks of zeros and fills it up to whole records (10240 bytes), as tar does.
  Bytes finish();

 private:
  void add_pax_header(const Entry& entry, std::string_view records);
  void add_header(const Entry& entry, char type_flag, std::uint64_t size);

  ByteWriter bytes_;
};

}  // namespace keelson::tar
