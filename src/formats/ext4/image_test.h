// Images for the tests, made by mke2fs and changed by debugfs.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "formats/ext4/ext4.h"
#include "sys/file.h"
#include "sys/file_blocks.h"
#include "sys/process.h"
#include "sys/temp_dir.h"

namespace keelson::ext4 {

inline bool has_e2fsprogs() { return find_program("mke2fs") && find_program("debugfs") && find_program("e2fsck"); }

inline std::string run(std::vector<std::string> arguments) {
  const std::string program = arguments.front();
  return require_process({.arguments = std::move(arguments),
                          .environment = {"LC_ALL=C", "PATH=/usr/sbin:/usr/bin:/sbin:/bin"},
                          .merge_output = true},
                         "run", program);
}

/// An image of `size` ("64M") in `dir`, filled from `folder` unless that is empty.
inline std::filesystem::path make_image(const TempDir& dir, const std::filesystem::path& folder,
                                        std::vector<std::string> options, const std::string& size) {
  const std::filesystem::path image = dir.path() / "image";
  std::filesystem::remove(image);
  std::vector<std::string> arguments = {"mke2fs", "-q", "-F"};
  arguments.insert(arguments.end(), options.begin(), options.end());
  if (!folder.empty()) arguments.insert(arguments.end(), {"-d", folder});
  arguments.insert(arguments.end(), {image, size});
  run(arguments);
  return image;
}

/// Runs debugfs' commands on the image, and gives what it printed.
inline std::string debugfs(const std::filesystem::path& image, const std::string& commands) {
  return require_process(
      {.arguments = {"debugfs", "-w", "-f", "-", image.string()}, .standard_input = commands, .merge_output = true},
      "change", image.string());
}

inline NodeId require_path(const FileSystem& image, std::string_view path) {
  NodeId id = image.root();
  for (std::size_t at = 0; at < path.size();) {
    const std::size_t end = std::min(path.find('/', at), path.size());
    id = image.find(id, path.substr(at, end - at)).value();
    at = end + 1;
  }
  return id;
}

inline std::string content(const FileSystem& image, NodeId id) {
  std::string text(image.node(id).size.value, '?');
  image.read(id, 0, std::as_writable_bytes(std::span(text)));
  return text;
}

}  // namespace keelson::ext4
