#include "sys/unnamed_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <string>

#include "base/error.h"
#include "sys/file.h"

namespace keelson {

namespace {

constexpr std::string_view kName = "temporary file";

UniqueFd open_unnamed(const std::filesystem::path& folder) {
  UniqueFd fd(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (fd || (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT)) return fd;
  // A file system that has no files without a name (overlayfs before Linux 6.3, NFS): the name is gone at once.
  std::string name = (folder / ".keelson-tmp-XXXXXX").native();
  fd.reset(::mkostemp(name.data(), O_CLOEXEC));
  if (fd) ::unlink(name.c_str());
  return fd;
}

}  // namespace

UnnamedFile::UnnamedFile(std::filesystem::path folder, ByteCount in_memory)
    : folder_(std::move(folder)), in_memory_(in_memory), fd_(::memfd_create("keelson", MFD_CLOEXEC)) {
  if (!fd_) throw system_error("create", kName, errno);
}

void UnnamedFile::append(ByteView bytes) {
  if (!on_disk_ && size_.value + bytes.size() > in_memory_.value) move_to_disk();
  FileSink(fd_.get(), std::string(kName)).write(size_.value, bytes);
  size_.value += bytes.size();
}

void UnnamedFile::move_to_disk() {
  UniqueFd disk = open_unnamed(folder_);
  if (!disk) throw system_error("create a temporary file in", folder_.native(), errno);
  FileSink sink(disk.get(), std::string(kName));
  Bytes piece(1u << 20);
  for (std::uint64_t at = 0; at < size_.value;) {
    const ssize_t count = ::pread(fd_.get(), piece.data(), piece.size(), static_cast<off_t>(at));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw system_error("read", kName, errno);
    if (count == 0) break;  // what follows are zeros that were not written
    sink.write(at, ByteView(piece).first(static_cast<std::size_t>(count)));
    at += static_cast<std::uint64_t>(count);
  }
  fd_ = std::move(disk);
  on_disk_ = true;
}

std::unique_ptr<FileBlocks> UnnamedFile::finish() {
  if (::ftruncate(fd_.get(), static_cast<off_t>(size_.value)) != 0) throw system_error("write", kName, errno);
  return std::make_unique<FileBlocks>(std::move(fd_), std::string(kName));
}

}  // namespace keelson
