#include "os/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "os/tree.h"
#include "sys/file.h"

namespace keelson::os {

namespace {

namespace fs = std::filesystem;

constexpr mode_t kPermissions = 0777;
constexpr mode_t kDefaultMode = 0644;
constexpr mode_t kDefaultFolderMode = 0755;

void check_destination(const std::string& path) {
  if (!path.starts_with('/')) {
    throw Error(ErrorKind::BadInput, fmt::format("cannot write '{}': the destination is no absolute path", path));
  }
  for (const auto part : split(path, '/')) {
    if (part != "..") continue;
    throw Error(ErrorKind::BadInput, fmt::format("cannot write '{}': the destination holds '..'", path));
  }
}

struct stat status_of(const fs::path& source) {
  struct stat status {};
  if (::lstat(source.c_str(), &status) != 0) throw system_error("read", source.native(), errno);
  return status;
}

void refuse_folder_at(const RootDir& root, const std::string& path) {
  const auto existing = root.status(path);
  if (existing && S_ISDIR(existing->st_mode)) {
    throw Error(ErrorKind::BadInput, fmt::format("cannot write '{}': a folder is there", path));
  }
}

void write_new(const RootDir& root, const std::string& path, std::string_view content, mode_t mode) {
  refuse_folder_at(root, path);
  root.make_folders(parent_of(path));
  root.write(path, content, mode & kPermissions);
}

/// The source is mapped, not read: it may be large.
void copy_file(const RootDir& root, const fs::path& source, const std::string& path, mode_t mode) {
  if (fs::file_size(source) == 0) {
    write_new(root, path, "", mode);
  } else {
    const MappedFile content(source);
    write_new(root, path, as_text(content.bytes()), mode);
  }
}

void apply_file(const recipe::AdditionalFile& file, const RootDir& root) {
  check_destination(file.destination);
  if (file.content) {
    write_new(root, file.destination, *file.content, file.permissions.value_or(kDefaultMode));
    return;
  }
  struct stat status {};
  if (::stat(file.source.c_str(), &status) != 0) throw system_error("read", file.source.native(), errno);
  if (!S_ISREG(status.st_mode)) {
    throw Error(ErrorKind::BadInput, fmt::format("cannot copy '{}': it is no regular file", file.source.native()),
                "a folder is copied by 'additionalDirs'");
  }
  copy_file(root, file.source, file.destination, file.permissions.value_or(status.st_mode));
}

void set_mode(const RootDir& root, const std::string& path, mode_t mode) {
  const UniqueFd fd = root.open(path, O_RDONLY | O_DIRECTORY);
  if (::fchmod(fd.get(), mode & kPermissions) != 0) throw system_error("change the permissions of", path, errno);
}

/// Makes the folder, or merges into the one (or the symlink to one) that is there.
void enter_folder(const recipe::AdditionalDirectory& rules, const RootDir& root, const std::string& path) {
  if (!root.exists(path)) {
    refuse_folder_at(root, path);
    root.make_folders(path, rules.new_dir_permissions.value_or(kDefaultFolderMode) & kPermissions);
    return;
  }
  if (!root.find(path, O_PATH | O_DIRECTORY)) {
    throw Error(ErrorKind::BadInput, fmt::format("cannot make folder '{}': a file is there", path));
  }
  if (rules.merged_dir_permissions) set_mode(root, path, *rules.merged_dir_permissions);
}

std::vector<std::string> sorted_names(const fs::path& folder) {
  std::error_code error;
  std::vector<std::string> names;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    names.push_back(it->path().filename().native());
  }
  if (error) throw system_error("list", folder.native(), error.value());
  std::sort(names.begin(), names.end());
  return names;
}

void copy_folder(const recipe::AdditionalDirectory& rules, const RootDir& root, const fs::path& source,
                 const std::string& destination) {
  enter_folder(rules, root, destination);
  for (const auto& name : sorted_names(source)) {
    const fs::path from = source / name;
    const std::string to = destination.ends_with('/') ? destination + name : destination + "/" + name;
    const struct stat status = status_of(from);
    if (S_ISDIR(status.st_mode)) {
      copy_folder(rules, root, from, to);
    } else if (S_ISREG(status.st_mode)) {
      copy_file(root, from, to, rules.child_file_permissions.value_or(status.st_mode));
    } else if (S_ISLNK(status.st_mode)) {
      refuse_folder_at(root, to);
      root.link(fs::read_symlink(from).native(), to);
    } else {
      throw Error(ErrorKind::BadInput,
                  fmt::format("cannot copy '{}': it is neither file, folder nor symlink", from.native()));
    }
  }
}

void apply_dir(const recipe::AdditionalDirectory& dir, const RootDir& root) {
  check_destination(dir.destination);
  struct stat status {};
  if (::stat(dir.source.c_str(), &status) != 0) throw system_error("read", dir.source.native(), errno);
  if (!S_ISDIR(status.st_mode)) {
    throw Error(ErrorKind::BadInput, fmt::format("cannot copy '{}': it is no folder", dir.source.native()),
                "a file is copied by 'additionalFiles'");
  }
  copy_folder(dir, root, dir.source, dir.destination);
}

}  // namespace

void apply_additional_files(std::span<const recipe::AdditionalFile> files, const RootDir& root) {
  for (std::size_t i = 0; i < files.size(); ++i) {
    with_context(fmt::format("copying 'os.additionalFiles[{}]' to '{}'", i, files[i].destination),
                 [&] { apply_file(files[i], root); });
  }
}

void apply_additional_dirs(std::span<const recipe::AdditionalDirectory> dirs, const RootDir& root) {
  for (std::size_t i = 0; i < dirs.size(); ++i) {
    with_context(fmt::format("copying 'os.additionalDirs[{}]' to '{}'", i, dirs[i].destination),
                 [&] { apply_dir(dirs[i], root); });
  }
}

}  // namespace keelson::os
