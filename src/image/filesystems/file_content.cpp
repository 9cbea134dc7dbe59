#include "image/filesystems/file_content.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "base/error.h"
#include "sys/file.h"

namespace keelson::image {

namespace {

constexpr std::size_t kHoleSize = std::size_t{64} << 10;     ///< smaller runs of zeros would only fragment the file
constexpr std::size_t kBufferSize = std::size_t{256} << 10;  ///< stays in the processor's cache

Error changed(const TreeEntry& file) {
  return {ErrorKind::Unavailable,
          fmt::format("cannot copy '{}': it changed while the file system was written", file.path),
          "something still writes to the tree; run again"};
}

/// Fills the buffer from `position` unless the file ends; returns the count read.
std::size_t read_at(int fd, std::span<std::byte> into, std::uint64_t position, const std::string& name) {
  std::size_t done = 0;
  while (done < into.size()) {
    const ssize_t count = ::pread(fd, into.data() + done, into.size() - done, static_cast<off_t>(position + done));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw system_error("read", name, errno);
    if (count == 0) break;
    done += static_cast<std::size_t>(count);
  }
  return done;
}

/// The first position from `position` on, a multiple of the buffer, that may hold data: skips holes unread.
std::uint64_t skip_hole(int fd, std::uint64_t position, std::uint64_t size) {
  const off_t data = ::lseek(fd, static_cast<off_t>(position), SEEK_DATA);
  if (data < 0) return errno == ENXIO ? size : position;
  return std::max(position, static_cast<std::uint64_t>(data) / kBufferSize * kBufferSize);
}

}  // namespace

FileContent::FileContent(const RootDir& root) : root_(root), buffer_(kBufferSize) {}

UniqueFd FileContent::open(const TreeEntry& file) {
  const std::string name(file.name());
  const std::string folder = file.path.substr(0, file.path.size() - name.size());
  if (!folder_ || folder != folder_path_) {
    folder_ = root_.open(folder, O_PATH | O_DIRECTORY);
    folder_path_ = folder;
  }
  UniqueFd fd(::openat(folder_.get(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!fd) throw system_error("open", file.path, errno);
  return fd;
}

void FileContent::read(const TreeEntry& file, const Take& take) {
  const std::uint64_t size = file.size.value;
  if (size == 0) return;
  if (file.origin) return read_foreign(file, take);
  const UniqueFd fd = open(file);
  std::uint64_t position = 0;
  while (position < size) {
    if (size > kBufferSize) position = skip_hole(fd.get(), position, size);
    const std::size_t wanted = std::min<std::uint64_t>(kBufferSize, size - position);
    if (read_at(fd.get(), std::span(buffer_).first(wanted), position, file.path) != wanted) throw changed(file);
    give(position, wanted, take);
    position += wanted;
  }
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) throw system_error("read", file.path, errno);
  if (static_cast<std::uint64_t>(status.st_size) != size) throw changed(file);
}

void FileContent::read_foreign(const TreeEntry& file, const Take& take) {
  const std::uint64_t size = file.size.value;
  std::uint64_t position = 0;
  while (position < size) {
    const auto data = file.origin->next_data(file.origin_id, position);
    if (!data) break;
    // Pieces begin where they would in a file on disk, so that the holes are the same.
    position = std::max(position, data->offset / kBufferSize * kBufferSize);
    if (position >= size) break;
    const std::size_t count = std::min<std::uint64_t>(kBufferSize, size - position);
    file.origin->read(file.origin_id, position, std::span(buffer_).first(count));
    give(position, count, take);
    position += count;
  }
}

/// Gives what the buffer holds of the file, from `position` on, without its holes.
void FileContent::give(std::uint64_t position, std::size_t count, const Take& take) {
  const std::size_t whole = (count + kContentBlock - 1) / kContentBlock * kContentBlock;
  std::fill(buffer_.begin() + static_cast<std::ptrdiff_t>(count), buffer_.begin() + static_cast<std::ptrdiff_t>(whole),
            std::byte{});
  std::size_t start = 0;
  const auto give_run = [&](std::size_t end) {
    if (start < end) take(position + start, ByteView(buffer_).subspan(start, end - start));
  };
  for (std::size_t at = 0; at < count; at += kHoleSize) {
    const std::size_t end = std::min(at + kHoleSize, whole);
    if (!is_zero(ByteView(buffer_).subspan(at, end - at))) continue;
    give_run(at);
    start = end;
  }
  give_run(whole);
}

}  // namespace keelson::image
