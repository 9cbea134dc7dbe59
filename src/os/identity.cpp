#include "os/identity.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>

#include "base/error.h"
#include "base/text.h"
#include "os/tree.h"

namespace keelson::os {

namespace {

constexpr int kLongestChain = 8;  // symlinks followed from /etc/os-release; real images have one

void check_value(std::string_view name, std::string_view value, std::string_view further) {
  const auto allowed = [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || further.find(c) != std::string_view::npos;
  };
  if (std::all_of(value.begin(), value.end(), allowed)) return;
  throw Error(ErrorKind::BadInput,
              fmt::format("cannot set {} to '{}': it holds a character that is not allowed", name, value),
              fmt::format("lower-case letters, digits and {}", further));
}

/// The regular file behind a path. RootDir replaces a final symlink when it writes, so the chain is followed here.
std::string file_behind(const RootDir& root, std::string path) {
  for (int i = 0; i < kLongestChain; ++i) {
    const auto status = root.status(path);
    if (!status) return "";
    if (!S_ISLNK(status->st_mode)) return path;
    const std::string target = root.read_link(path);
    const std::filesystem::path joined = target.starts_with('/') ? target : parent_of(path) + "/" + target;
    path = joined.lexically_normal().native();
  }
  return "";
}

void set_line(std::string& text, std::string_view name, std::string_view value) {
  const std::string prefix = fmt::format("{}=", name);
  std::string result;
  if (text.ends_with('\n')) text.pop_back();
  for (const auto line : split(text, '\n')) {
    if (!line.starts_with(prefix)) result += std::string(line) + "\n";
  }
  if (!value.empty()) result += prefix + std::string(value) + "\n";
  text = result;
}

}  // namespace

std::string image_id_from(std::string_view name) {
  std::string id;
  for (const char c : name) {
    const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    const bool allowed =
        (lower >= 'a' && lower <= 'z') || (lower >= '0' && lower <= '9') || lower == '.' || lower == '_';
    id += allowed ? lower : '-';
  }
  return id;
}

void set_identity(const RootDir& root, const ImageIdentity& identity) {
  check_value("IMAGE_ID", identity.id, "._-");
  check_value("IMAGE_VERSION", identity.version, "._-+~^");
  std::string path = file_behind(root, "/etc/os-release");
  if (path.empty()) path = file_behind(root, "/usr/lib/os-release");
  if (path.empty())
    throw Error(ErrorKind::NotFound, "cannot set the image's identity: it has no '/usr/lib/os-release'");
  std::string text = root.read(path);
  set_line(text, "IMAGE_ID", identity.id);
  set_line(text, "IMAGE_VERSION", identity.version);
  // os-release(5) lets /etc come first; the package's own file in /usr stays as packaged, and `dpkg -V` clean.
  root.write("/etc/os-release", text);
}

}  // namespace keelson::os
