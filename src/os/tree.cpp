#include "os/tree.h"

#include <dirent.h>
#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "base/error.h"

namespace keelson::os {

std::vector<std::string> list_folder(const RootDir& root, std::string_view path) {
  auto fd = root.find(path, O_RDONLY | O_DIRECTORY);
  if (!fd) return {};
  const auto close = [](DIR* stream) { ::closedir(stream); };
  const std::unique_ptr<DIR, decltype(close)> stream(::fdopendir(fd->get()), close);
  if (!stream) throw system_error("list", path, errno);
  fd->release();  // the stream owns it now
  std::vector<std::string> names;
  while (const dirent* entry = ::readdir(stream.get())) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

void rewrite_file(const RootDir& root, std::string_view path, std::string_view content, const NewFile& otherwise) {
  root.make_folders(parent_of(path));
  const auto status = root.status(path);
  if (status && S_ISREG(status->st_mode)) {
    root.write(path, content, status->st_mode & 07777, status->st_uid, status->st_gid);
  } else {
    root.write(path, content, otherwise.mode, otherwise.uid, otherwise.gid);
  }
}

std::string parent_of(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos || slash == 0 ? "/" : std::string(path.substr(0, slash));
}

std::string_view name_of(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

}  // namespace keelson::os
