#include "image/sparse.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/error.h"
#include "sys/file.h"

namespace keelson::image {

namespace {

constexpr std::uint64_t kPiece = 1u << 20;

void copy_by_hand(int from, int to, std::uint64_t begin, std::uint64_t end, std::string_view name) {
  Bytes buffer(kPiece);
  while (begin < end) {
    const ssize_t n = ::pread(from, buffer.data(), static_cast<std::size_t>(std::min(kPiece, end - begin)),
                              static_cast<off_t>(begin));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw system_error("read", name, errno);
    if (n == 0)
      throw Error(ErrorKind::Unavailable, "cannot copy '" + std::string(name) + "': it was cut short meanwhile");
    write_all_at(to, ByteView(buffer).first(static_cast<std::size_t>(n)), begin, name);
    begin += static_cast<std::uint64_t>(n);
  }
}

// Old kernels and some file systems refuse copy_file_range; then by hand.
bool is_not_supported(int number) {
  return number == EXDEV || number == EINVAL || number == ENOSYS || number == EOPNOTSUPP || number == EPERM;
}

void copy_run(int from, int to, std::uint64_t begin, std::uint64_t end, std::string_view name) {
  auto in = static_cast<off_t>(begin);
  auto out = static_cast<off_t>(begin);
  while (in < static_cast<off_t>(end)) {
    const ssize_t n =
        ::copy_file_range(from, &in, to, &out, static_cast<std::size_t>(end) - static_cast<std::size_t>(in), 0);
    if (n < 0 && errno == EINTR) continue;
    if (n == 0 || (n < 0 && is_not_supported(errno)))
      return copy_by_hand(from, to, static_cast<std::uint64_t>(in), end, name);
    if (n < 0) throw system_error("copy", name, errno);
  }
}

}  // namespace

void for_each_data_run(int fd, std::string_view name, ByteCount begin, ByteCount end,
                       const std::function<void(ByteCount, ByteCount)>& take) {
  std::uint64_t at = begin.value;
  while (at < end.value) {
    const off_t data = ::lseek(fd, static_cast<off_t>(at), SEEK_DATA);
    if (data < 0 && errno == ENXIO) return;  // only a hole up to the end of the file
    if (data < 0 && errno == EINVAL) return take({at}, end);
    if (data < 0) throw system_error("read", name, errno);
    const off_t hole = ::lseek(fd, data, SEEK_HOLE);
    if (hole < 0) throw system_error("read", name, errno);
    if (static_cast<std::uint64_t>(data) >= end.value) return;
    at = std::min(static_cast<std::uint64_t>(hole), end.value);
    take({static_cast<std::uint64_t>(data)}, {at});
  }
}

void copy_sparse(int from, int to, ByteCount size, std::string_view name) {
  if (::ioctl(to, FICLONE, from) != 0) {
    for_each_data_run(from, name, {0}, size,
                      [&](ByteCount begin, ByteCount end) { copy_run(from, to, begin.value, end.value, name); });
  }
  if (::ftruncate(to, static_cast<off_t>(size.value)) != 0) throw system_error("write", name, errno);
}

void clear_range(int fd, ByteCount offset, ByteCount size, std::string_view name) {
  const auto begin = static_cast<off_t>(offset.value);
  if (::fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, begin, static_cast<off_t>(size.value)) == 0) return;
  if (errno != EOPNOTSUPP && errno != ENOSYS) throw system_error("write", name, errno);
  const Bytes zeros(kPiece);
  for (std::uint64_t done = 0; done < size.value; done += kPiece) {
    write_all_at(fd, ByteView(zeros).first(static_cast<std::size_t>(std::min(kPiece, size.value - done))),
                 offset.value + done, name);
  }
}

}  // namespace keelson::image
