/// The "newc" cpio archive that the kernel unpacks as its initramfs: written for booting, read for inspection.
/// Spec: Linux "Documentation/driver-api/early-userspace/buffer-format.rst" (kernel 6.12).
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace keelson::cpio {

/// One file. `mode` holds the type bits too, as in stat(2): S_IFREG | 0755.
struct Entry {
  std::string path;  ///< without leading slash: "usr/bin/mount"
  std::uint32_t mode = 0;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::uint32_t device_major = 0;  ///< of a character or block device
  std::uint32_t device_minor = 0;
  std::string data;  ///< a regular file's bytes, or a symlink's target; empty for all else
};

/// Writes an archive into `sink`, piece by piece. Promise: the same entries in the same order give the same bytes;
/// inode numbers count up from 1, every time stamp is `epoch`, nothing comes from the host.
/// The kernel needs a folder's entry before those of the files in it: add entries sorted by path.
class Writer {
 public:
  using Sink = std::function<void(ByteView)>;

  /// @param epoch seconds since 1970; the format holds 32 bits.  @throws Error(BadInput) if it doesn't fit.
  Writer(Sink sink, std::int64_t epoch);

  /// @throws Error(BadInput) for a path that is empty, absolute or has "..", or data beyond 4 GiB or where none may be.
  void add(const Entry& entry);
  /// Writes the trailer. Nothing may be added afterwards.
  void finish();

 private:
  void write_header(const Entry& entry, std::uint32_t inode, std::uint32_t links);
  void write(ByteView bytes);
  void pad();

  Sink sink_;
  std::uint32_t epoch_;
  std::uint32_t next_inode_ = 1;
  std::uint64_t offset_ = 0;
};

/// No initrd that we would boot has more entries; a count above it is refused.
inline constexpr std::size_t kMaximumEntries = 200'000;

/// Reads one uncompressed archive up to its trailer; what follows (padding, a further archive) is ignored.
/// Paths come back as they stand in the archive: check them before anything is written under them.
/// @throws Error(BadInput) naming the byte offset and the rule broken.
std::vector<Entry> parse_archive(ByteView bytes, std::string_view name);

}  // namespace keelson::cpio
