#include "os/tree.h"

namespace keelson::os {

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
