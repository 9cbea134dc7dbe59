#include "packages/deb/repository/cache.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "base/error.h"
#include "crypto/hash.h"
#include "sys/file.h"
#include "sys/temp_dir.h"

namespace keelson::deb {

namespace fs = std::filesystem;

namespace {

bool is_read_only(int number) { return number == EACCES || number == EPERM || number == EROFS; }

void make_folder(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) throw system_error("create cache folder", path.native(), error.value());
}

}  // namespace

Cache::Cache(fs::path root) : root_(fs::absolute(std::move(root))) {
  std::error_code error;
  if (fs::exists(root_, error) && !fs::is_directory(root_, error)) {
    throw Error(ErrorKind::BadInput, fmt::format("cannot use cache '{}': it is not a folder", root_.native()),
                "choose another folder with --cache-dir");
  }
  if (fs::is_directory(root_, error) && ::access(root_.c_str(), W_OK) != 0 && is_read_only(errno)) {
    why_not_ = errno;
    return;
  }
  for (const char* folder : {"objects", "partial", "archives"}) make_folder(root_ / folder);
  remove_stale_temporaries(partial_folder());
}

fs::path Cache::object_path(const Sha256& sha256) const {
  const std::string hex = sha256.hex();
  return root_ / "objects" / hex.substr(0, 2) / hex;
}

bool Cache::has(const Sha256& sha256, ByteCount size) const {
  struct stat status {};
  return ::lstat(object_path(sha256).c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
         static_cast<std::uint64_t>(status.st_size) == size.value;
}

bool Cache::has_intact(const Sha256& sha256, ByteCount size) const {
  return has(sha256, size) && sha256_file(object_path(sha256)) == sha256;
}

fs::path Cache::suite_folder(std::string_view uri, std::string_view suite) const {
  const auto name = sha256(fmt::format("{}\n{}", uri, suite)).hex().substr(0, 16);
  const fs::path folder = root_ / "archives" / name;
  if (is_writable()) make_folder(folder);
  return folder;
}

void Cache::require_writable() const {
  if (!why_not_) return;
  throw Error(ErrorKind::Refused,
              fmt::format("cannot write to cache '{}': {}", root_.native(), describe_errno(*why_not_)),
              "choose another folder with --cache-dir");
}

void Cache::commit(const fs::path& temporary, const Sha256& sha256) const {
  const fs::path object = object_path(sha256);
  make_folder(object.parent_path());
  if (::rename(temporary.c_str(), object.c_str()) != 0) throw system_error("create", object.native(), errno);
}

void Cache::remove(const Sha256& sha256) const {
  require_writable();
  const fs::path object = object_path(sha256);
  if (::unlink(object.c_str()) != 0 && errno != ENOENT) throw system_error("remove", object.native(), errno);
}

}  // namespace keelson::deb
