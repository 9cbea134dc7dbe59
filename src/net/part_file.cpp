#include "net/part_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "base/error.h"
#include "base/units.h"
#include "sys/file.h"
#include "sys/temp_dir.h"

namespace keelson::net {

namespace fs = std::filesystem;

namespace {

// Between our open and our lock its former owner may have renamed the file to its destination: then the descriptor
// is no longer the part's, and writing to it would damage a finished file.
bool is_still(const fs::path& path, int fd) {
  struct stat by_name {};
  struct stat by_fd {};
  return ::lstat(path.c_str(), &by_name) == 0 && ::fstat(fd, &by_fd) == 0 && by_name.st_ino == by_fd.st_ino &&
         by_name.st_dev == by_fd.st_dev;
}

// Belongs to the descriptor, not to the process: two downloads of one file inside one process part ways as well.
bool lock(int fd) {
  struct flock whole {};
  whole.l_type = F_WRLCK;
  whole.l_whence = SEEK_SET;
  return ::fcntl(fd, F_OFD_SETLK, &whole) == 0;
}

}  // namespace

bool PartFile::open_kept(const fs::path& folder, const Sha256& expected) {
  path_ = folder / (expected.hex() + ".part");
  for (int attempt = 0; attempt < 10; ++attempt) {
    fd_ = open_file(path_, O_RDWR | O_CREAT | O_NOFOLLOW);
    if (!lock(fd_.get())) return false;
    if (is_still(path_, fd_.get())) return true;
  }
  return false;
}

PartFile::PartFile(const fs::path& folder, const std::optional<Sha256>& expected) {
  kept_ = expected && open_kept(folder, *expected);
  if (!kept_) {
    path_ = folder / unique_temporary_name("download");
    fd_ = open_file(path_, O_RDWR | O_CREAT | O_EXCL);
    return;
  }
  Bytes buffer(kibibytes(256).value);
  while (const std::size_t n = read_up_to(fd_.get(), buffer, path_.native())) {
    hasher_.update(ByteView(buffer).first(n));
    size_ += n;
  }
}

PartFile::~PartFile() {
  // An empty part is of no use to anyone.
  if (!committed_ && (!kept_ || size_ == 0)) ::unlink(path_.c_str());
}

void PartFile::append(ByteView bytes) {
  write_all_at(fd_.get(), bytes, size_, path_.native());
  hasher_.update(bytes);
  size_ += bytes.size();
}

void PartFile::restart() {
  if (::ftruncate(fd_.get(), 0) != 0) throw system_error("write", path_.native(), errno);
  hasher_ = Sha256Hasher();
  size_ = 0;
}

void PartFile::commit(const fs::path& destination) {
  std::error_code error;
  fs::create_directories(destination.parent_path(), error);
  if (error) throw system_error("create", destination.parent_path().native(), error.value());
  if (::rename(path_.c_str(), destination.c_str()) != 0) throw system_error("create", destination.native(), errno);
  committed_ = true;
}

}  // namespace keelson::net
