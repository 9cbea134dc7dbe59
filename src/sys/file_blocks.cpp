#include "sys/file_blocks.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/error.h"
#include "sys/file.h"

namespace keelson {

namespace {

constexpr std::size_t kPiece = 4096;

ByteCount size_of(int fd, const std::string& name) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) throw system_error("read", name, errno);
  if (S_ISREG(status.st_mode)) return {static_cast<std::uint64_t>(status.st_size)};
  if (!S_ISBLK(status.st_mode)) {
    throw Error(ErrorKind::BadInput, fmt::format("cannot read '{}': it is neither a file nor a block device", name));
  }
  std::uint64_t size = 0;
  if (::ioctl(fd, BLKGETSIZE64, &size) != 0) throw system_error("read the size of", name, errno);
  return {size};
}

}  // namespace

// O_NONBLOCK: opening a pipe must not wait for its writer.
FileBlocks::FileBlocks(const std::filesystem::path& path)
    : name_(path.native()), fd_(open_file(path, O_RDONLY | O_NONBLOCK)), size_(size_of(fd_.get(), name_)) {}

FileBlocks::FileBlocks(UniqueFd fd, std::string name)
    : name_(std::move(name)), fd_(std::move(fd)), size_(size_of(fd_.get(), name_)) {}

void FileBlocks::read(std::uint64_t offset, std::span<std::byte> to) const {
  if (offset > size_.value || to.size() > size_.value - offset) {
    throw Error(ErrorKind::BadInput, fmt::format("cannot read '{}': {} bytes are asked for at {}, and it has {}", name_,
                                                 to.size(), offset, size_.value));
  }
  while (!to.empty()) {
    const ssize_t n = ::pread(fd_.get(), to.data(), to.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw system_error("read", name_, errno);
    if (n == 0) throw Error(ErrorKind::Unavailable, fmt::format("cannot read '{}': it became shorter", name_));
    offset += static_cast<std::uint64_t>(n);
    to = to.subspan(static_cast<std::size_t>(n));
  }
}

std::optional<BlockRange> FileBlocks::next_data(std::uint64_t offset) const {
  if (offset >= size_.value) return std::nullopt;
  const off_t data = ::lseek(fd_.get(), static_cast<off_t>(offset), SEEK_DATA);
  if (data < 0 && errno == ENXIO) return std::nullopt;
  // Not every file system (and no block device) knows its holes.
  if (data < 0) return BlockRange{offset, size_.value - offset};
  const auto begin = static_cast<std::uint64_t>(data);
  if (begin >= size_.value) return std::nullopt;
  const off_t hole = ::lseek(fd_.get(), data, SEEK_HOLE);
  const std::uint64_t end = hole < 0 ? size_.value : std::min(size_.value, static_cast<std::uint64_t>(hole));
  return BlockRange{begin, end - begin};
}

void FileSink::write(std::uint64_t offset, ByteView bytes) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    // Runs of pieces (cut at multiples of kPiece of the file) that are not zeros, each with one write.
    const auto piece = [&](std::size_t from) {
      return std::min<std::size_t>(bytes.size() - from, kPiece - (offset + from) % kPiece);
    };
    std::size_t end = done;
    while (end < bytes.size() && !is_zero(bytes.subspan(end, piece(end)))) end += piece(end);
    if (end > done) write_all_at(fd_, bytes.subspan(done, end - done), offset + done, name_);
    done = end;
    while (done < bytes.size() && is_zero(bytes.subspan(done, piece(done)))) done += piece(done);
  }
}

void FileSink::set_size(ByteCount size) {
  if (::ftruncate(fd_, static_cast<off_t>(size.value)) != 0) throw system_error("write", name_, errno);
}

}  // namespace keelson
