#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "crypto/hash.h"
#include "recipe/read_parts.h"

namespace keelson::recipe {

void check_digest(const View& at, const std::filesystem::path& file, const std::optional<std::string>& content,
                  const Reading& reading) {
  const auto wanted = at.text();
  std::error_code ignored;
  if (!wanted || (!content && !std::filesystem::is_regular_file(file, ignored))) return;
  const std::string found = (content ? sha256(*content) : sha256_file(file)).hex();
  const bool same = std::equal(wanted->begin(), wanted->end(), found.begin(), found.end(),
                               [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; });
  if (!same)
    reading.resource(at, fmt::format("'{}' is not the digest of what it stands with", at.path()),
                     fmt::format("that is {}", found));
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
  }
  return result;
}

}  // namespace keelson::recipe
