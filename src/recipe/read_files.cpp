#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "crypto/hash.h"
#include "recipe/folder_digests.h"
#include "recipe/read_parts.h"

namespace keelson::recipe {

namespace fs = std::filesystem;

namespace {

void compare_digest(const View& at, const Sha256& found, const Reading& reading) {
  auto wanted = at.text();
  if (!wanted) return;
  std::transform(wanted->begin(), wanted->end(), wanted->begin(), [](unsigned char c) { return std::tolower(c); });
  if (*wanted == found.hex()) return;
  reading.resource(at, fmt::format("'{}' is not the digest of what it stands with", at.path()),
                   fmt::format("that is {}", found.hex()));
}

// `sha256hashmap`: what is copied is what it names, no file more. A symlink needs no digest; one that is given is that
// of the file to which it leads, as Image Customizer records it.
void check_digests(const View& at, const fs::path& folder, const Reading& reading) {
  std::error_code ignored;
  if (!at.holds_something() || !fs::is_directory(folder, ignored)) return;
  auto found = folder_digests(folder);
  for (const auto& [name, digest] : at.entries()) {
    const std::string path = fs::path(name).lexically_normal().generic_string();
    if (const auto file = found.find(path); file != found.end()) {
      compare_digest(digest, file->second, reading);
      found.erase(file);
    } else if (fs::is_symlink(folder / path, ignored) && fs::is_regular_file(folder / path, ignored)) {
      compare_digest(digest, sha256_file(folder / path), reading);
    } else {
      reading.resource(digest, fmt::format("'{}' names no file of the folder", digest.path()));
    }
  }
  for (const auto& [name, digest] : found) {
    reading.resource(at, fmt::format("'{}' has no digest of the folder's file '{}'", at.path(), name),
                     fmt::format("add {}: {}", name, digest.hex()));
  }
}

}  // namespace

void check_digest(const View& at, const fs::path& file, const std::optional<std::string>& content,
                  const Reading& reading) {
  std::error_code ignored;
  if (!at.text() || (!content && !fs::is_regular_file(file, ignored))) return;
  compare_digest(at, content ? sha256(*content) : sha256_file(file), reading);
}

namespace {

AdditionalFile read_additional_file(const View& view, const Reading& reading) {
  const View destination = view.at("destination");
  if (destination.text_or("").ends_with('/')) {
    reading.rule(destination, fmt::format("'{}' must name a file, not a folder", destination.path()),
                 "end it with the file's name");
  }
  AdditionalFile file{.source = reading.require_file(view.at("source")),
                      .content = view.at("content").text(),
                      .destination = destination.text_or(""),
                      .permissions = view.at("permissions").permissions()};
  check_digest(view.at("sha256hash"), file.source, file.content, reading);
  return file;
}

}  // namespace

std::vector<AdditionalFile> read_additional_files(const View& files, const Reading& reading) {
  std::vector<AdditionalFile> result;
  for (const auto& view : files.items()) result.push_back(read_additional_file(view, reading));
  return result;
}

std::vector<AdditionalDirectory> read_additional_dirs(const View& dirs, const Reading& reading) {
  std::vector<AdditionalDirectory> result;
  for (const auto& view : dirs.items()) {
    result.push_back({.source = reading.require_folder(view.at("source")),
                      .destination = view.at("destination").text_or(""),
                      .new_dir_permissions = view.at("newDirPermissions").permissions(),
                      .merged_dir_permissions = view.at("mergedDirPermissions").permissions(),
                      .child_file_permissions = view.at("childFilePermissions").permissions()});
    check_digests(view.at("sha256hashmap"), result.back().source, reading);
  }
  return result;
}

}  // namespace keelson::recipe
