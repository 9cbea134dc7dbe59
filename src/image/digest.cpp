#include "image/digest.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <numeric>

#include "base/error.h"
#include "crypto/hash.h"
#include "image/sparse.h"
#include "sys/file.h"
#include "sys/parallel.h"

namespace keelson::image {

namespace {

constexpr std::uint64_t kPiece = 1u << 20;

// Hashes one run of data or of zeros at a time.
class RangeHasher {
 public:
  RangeHasher(int fd, std::string_view name) : fd_(fd), name_(name), buffer_(kPiece), zeros_(kPiece) {}

  void data(std::uint64_t offset, std::uint64_t end) {
    while (offset < end) {
      const auto want = static_cast<std::size_t>(std::min(kPiece, end - offset));
      const ssize_t n = ::pread(fd_, buffer_.data(), want, static_cast<off_t>(offset));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) throw system_error("read", name_, errno);
      if (n == 0)
        throw Error(ErrorKind::Unavailable, fmt::format("cannot read '{}': it was cut short meanwhile", name_));
      hasher_.update(ByteView(buffer_).first(static_cast<std::size_t>(n)));
      offset += static_cast<std::uint64_t>(n);
    }
  }
  void hole(std::uint64_t size) {
    for (; size > 0; size -= std::min(kPiece, size))
      hasher_.update(ByteView(zeros_).first(static_cast<std::size_t>(std::min(kPiece, size))));
  }
  Sha256 finish() { return hasher_.finish(); }

 private:
  int fd_;
  std::string_view name_;
  Bytes buffer_;
  Bytes zeros_;
  Sha256Hasher hasher_;
};

}  // namespace

Sha256 digest_range(const std::filesystem::path& file, ByteRange range) {
  const UniqueFd fd = open_file(file, O_RDONLY);
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) throw system_error("read", file.native(), errno);
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (range.offset.value > size || range.size.value > size - range.offset.value) {
    throw Error(ErrorKind::BadInput, fmt::format("cannot read '{}': it has {} bytes, and {} at {} were asked for",
                                                 file.native(), size, range.size.value, range.offset.value));
  }
  const std::uint64_t end = range.offset.value + range.size.value;
  RangeHasher hasher(fd.get(), file.native());
  std::uint64_t at = range.offset.value;
  for_each_data_run(fd.get(), file.native(), range.offset, {end}, [&](ByteCount from, ByteCount to) {
    hasher.hole(from.value - at);
    hasher.data(from.value, to.value);
    at = to.value;
  });
  hasher.hole(end - at);
  return hasher.finish();
}

std::vector<Sha256> digest_ranges(const std::filesystem::path& file, std::span<const ByteRange> ranges) {
  std::vector<std::size_t> order(ranges.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return ranges[a].size > ranges[b].size; });
  std::vector<Sha256> digests(ranges.size());
  parallel_for(order.size(), hardware_threads(),
               [&](std::size_t i) { digests[order[i]] = digest_range(file, ranges[order[i]]); });
  return digests;
}

}  // namespace keelson::image
