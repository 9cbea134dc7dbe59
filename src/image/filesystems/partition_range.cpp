#include "image/filesystems/partition_range.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "sys/file.h"

namespace keelson::image {

namespace {

void write_zeros(int raw, std::uint64_t start, std::uint64_t end) {
  const Bytes zeros(1 << 20);
  for (std::uint64_t at = start; at < end; at += zeros.size())
    write_all_at(raw, ByteView(zeros).first(std::min<std::uint64_t>(zeros.size(), end - at)), at, "disk image");
}

}  // namespace

void clear_range(int raw, ByteCount offset, ByteCount size) {
  struct stat status {};
  if (::fstat(raw, &status) != 0) throw system_error("read", "disk image", errno);
  const std::uint64_t end = offset.value + size.value;
  const auto length = static_cast<std::uint64_t>(status.st_size);
  if (length > offset.value && size.value > 0 &&
      ::fallocate(raw, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(offset.value),
                  static_cast<off_t>(size.value)) != 0) {
    if (errno != EOPNOTSUPP) throw system_error("clear", "disk image", errno);
    write_zeros(raw, offset.value, std::min(end, length));
  }
  if (length < end && ::ftruncate(raw, static_cast<off_t>(end)) != 0) throw system_error("extend", "disk image", errno);
}

Error does_not_fit(std::string_view label, ByteCount needed, ByteCount available) {
  return {ErrorKind::BadInput,
          fmt::format("cannot write file system '{}': it needs {} but the partition has {}", label, human_size(needed),
                      human_size(available)),
          "make the partition larger, or install fewer packages"};
}

}  // namespace keelson::image
