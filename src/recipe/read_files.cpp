#include <fmt/format.h>

#include "recipe/read_parts.h"

namespace keelson::recipe {

namespace {

AdditionalFile read_additional_file(const View& view, const Reading& reading) {
  const View destination = view.at("destination");
  if (destination.text_or("").ends_with('/')) {
    reading.rule(destination, fmt::format("'{}' must name a file, not a folder", destination.path()),
                 "end it with the file's name");
  }
  return {.source = reading.require_file(view.at("source")),
          .content = view.at("content").text(),
          .destination = destination.text_or(""),
          .permissions = view.at("permissions").permissions()};
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
