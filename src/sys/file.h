/// Whole-file reading and writing with our errors. Paths here are the host's own; inside an image root use
/// sys/root_dir.h, which no symlink can leave.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <functional>
#include <string>

#include "base/bytes.h"
#include "base/units.h"
#include "sys/unique_fd.h"

namespace keelson {

/// open(2) with O_CLOEXEC. @throws Error named after the path.
UniqueFd open_file(const std::filesystem::path& path, int flags, mode_t mode = 0644);

/// The whole file as text. A file larger than `limit` is refused before anything is read (BadInput).
std::string read_file(const std::filesystem::path& path, ByteCount limit = gibibytes(1));

/// Calls `take` with successive pieces of at most 1 MiB until the end of the file.
void read_file_in_pieces(const std::filesystem::path& path, const std::function<void(ByteView)>& take);

/// Creates or replaces the file in place (not atomic: for scratch files; results go through AtomicFile).
void write_file(const std::filesystem::path& path, std::string_view content, mode_t mode = 0644);

/// Writes everything, at the current position. `name` is for errors.
void write_all(int fd, ByteView bytes, std::string_view name);
/// Writes everything at `offset`.
void write_all_at(int fd, ByteView bytes, std::uint64_t offset, std::string_view name);
/// Reads until `bytes` is full or the file ends; returns the count read.
std::size_t read_up_to(int fd, std::span<std::byte> bytes, std::string_view name);

/// A file mapped read-only into memory; the view is valid as long as the object.
class MappedFile {
 public:
  explicit MappedFile(const std::filesystem::path& path);
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&&) = delete;
  ~MappedFile();
  ByteView bytes() const { return bytes_; }

 private:
  ByteView bytes_;
};

/// A file that appears under its final name only when it is whole: written beside it under a temporary name
/// that starts with ".keelson-tmp-", renamed by commit(). Without commit() it is removed. After kill -9 only the
/// temporary name can remain; remove_stale_temporaries() clears those.
class AtomicFile {
 public:
  explicit AtomicFile(std::filesystem::path final_path, mode_t mode = 0644);
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;
  ~AtomicFile();

  int fd() const { return fd_.get(); }
  const std::filesystem::path& temporary_path() const { return temporary_; }
  void write(ByteView bytes) { write_all(fd_.get(), bytes, final_.native()); }
  void write(std::string_view text) { write(as_bytes(text)); }
  /// Flushes to the disk if `durable`, then renames. @throws Error; the final name is untouched then.
  void commit(bool durable = false);

 private:
  std::filesystem::path final_;
  std::filesystem::path temporary_;
  UniqueFd fd_;
  bool committed_ = false;
};

/// AtomicFile for content at hand.
void write_file_atomically(const std::filesystem::path& path, std::string_view content, mode_t mode = 0644);

/// Removes what killed runs left in `folder` under AtomicFile's and TempDir's temporary names and that no living
/// process owns (the process id is part of the name). Returns how many.
std::size_t remove_stale_temporaries(const std::filesystem::path& folder);

}  // namespace keelson
