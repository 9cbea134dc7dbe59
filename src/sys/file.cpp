#include "sys/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <atomic>
#include <cerrno>
#include <charconv>

#include "base/error.h"
#include "sys/temp_dir.h"

namespace keelson {

namespace fs = std::filesystem;

UniqueFd open_file(const fs::path& path, int flags, mode_t mode) {
  UniqueFd fd(::open(path.c_str(), flags | O_CLOEXEC, mode));
  if (!fd) throw system_error((flags & O_CREAT) != 0 ? "create" : "open", path.native(), errno);
  return fd;
}

std::size_t read_up_to(int fd, std::span<std::byte> bytes, std::string_view name) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t n = ::read(fd, bytes.data() + done, bytes.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw system_error("read", name, errno);
    if (n == 0) break;
    done += static_cast<std::size_t>(n);
  }
  return done;
}

std::string read_file(const fs::path& path, ByteCount limit) {
  const UniqueFd fd = open_file(path, O_RDONLY);
  std::string content;
  std::size_t used = 0;
  for (;;) {
    content.resize(used == 0 ? 64 * 1024 : content.size() * 2);
    const auto space = std::as_writable_bytes(std::span(content)).subspan(used);
    const std::size_t n = read_up_to(fd.get(), space, path.native());
    used += n;
    if (used > limit.value) {
      throw Error(ErrorKind::BadInput,
                  fmt::format("cannot read '{}': it is larger than {}", path.native(), human_size(limit)));
    }
    if (n < space.size()) break;
  }
  content.resize(used);
  return content;
}

void read_file_in_pieces(const fs::path& path, const std::function<void(ByteView)>& take) {
  const UniqueFd fd = open_file(path, O_RDONLY);
  Bytes buffer(mebibytes(1).value);
  while (const std::size_t n = read_up_to(fd.get(), buffer, path.native())) take(ByteView(buffer).first(n));
}

void write_all(int fd, ByteView bytes, std::string_view name) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw system_error("write", name, errno);
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
}

void write_all_at(int fd, ByteView bytes, std::uint64_t offset, std::string_view name) {
  while (!bytes.empty()) {
    const ssize_t n = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw system_error("write", name, errno);
    bytes = bytes.subspan(static_cast<std::size_t>(n));
    offset += static_cast<std::uint64_t>(n);
  }
}

void write_file(const fs::path& path, std::string_view content, mode_t mode) {
  const UniqueFd fd = open_file(path, O_WRONLY | O_CREAT | O_TRUNC, mode);
  write_all(fd.get(), as_bytes(content), path.native());
}

MappedFile::MappedFile(const fs::path& path) {
  const UniqueFd fd = open_file(path, O_RDONLY);
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) throw system_error("read", path.native(), errno);
  if (status.st_size == 0) return;
  const auto size = static_cast<std::size_t>(status.st_size);
  void* address = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd.get(), 0);
  if (address == MAP_FAILED) throw system_error("map", path.native(), errno);
  bytes_ = {static_cast<const std::byte*>(address), size};
}

MappedFile::MappedFile(MappedFile&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

AtomicFile::AtomicFile(fs::path final_path, mode_t mode)
    : final_(std::move(final_path)),
      temporary_(final_.parent_path() / unique_temporary_name(final_.filename().native())),
      fd_(::open(temporary_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode)) {
  if (!fd_) throw system_error("create", final_.native(), errno);
}

AtomicFile::~AtomicFile() {
  if (!committed_) ::unlink(temporary_.c_str());
}

void AtomicFile::commit(bool durable) {
  if (durable && ::fsync(fd_.get()) != 0) throw system_error("write", final_.native(), errno);
  // Renaming over an existing file makes ext4 write all of ours out first; changing places with it does not.
  if (::renameat2(AT_FDCWD, temporary_.c_str(), AT_FDCWD, final_.c_str(), RENAME_EXCHANGE) == 0) {
    committed_ = true;
    ::unlink(temporary_.c_str());
    return;
  }
  if (::rename(temporary_.c_str(), final_.c_str()) != 0) throw system_error("create", final_.native(), errno);
  committed_ = true;
}

void write_file_atomically(const fs::path& path, std::string_view content, mode_t mode) {
  AtomicFile file(path, mode);
  file.write(content);
  file.commit();
}

}  // namespace keelson
