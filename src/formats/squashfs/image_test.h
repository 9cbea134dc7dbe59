// Images for the tests, made by mksquashfs from a folder.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "formats/squashfs/squashfs.h"
#include "sys/file.h"
#include "sys/file_blocks.h"
#include "sys/process.h"
#include "sys/temp_dir.h"

namespace keelson::squashfs {

inline bool has_squashfs_tools() { return find_program("mksquashfs").has_value(); }

/// An image in `dir`, filled from `folder`.
inline std::filesystem::path make_image(const TempDir& dir, const std::filesystem::path& folder,
                                        std::vector<std::string> options, bool appends = false) {
  const std::filesystem::path image = dir.path() / "image";
  std::vector<std::string> arguments = {"mksquashfs",   folder,         image,         "-quiet",
                                        "-no-progress", "-no-recovery", "-processors", "1"};
  if (!appends) arguments.push_back("-noappend");
  arguments.insert(arguments.end(), options.begin(), options.end());
  require_process({.arguments = std::move(arguments),
                   .environment = {"LC_ALL=C", "PATH=/usr/sbin:/usr/bin:/sbin:/bin"},
                   .merge_output = true},
                  "run", "mksquashfs");
  return image;
}

/// Bytes that compress.
inline std::string prose(std::size_t size) {
  std::string text;
  for (unsigned i = 0; text.size() < size; ++i) text += "line " + std::to_string(i * i) + " of many lines\n";
  text.resize(size);
  return text;
}

/// Bytes that do not; the same each time.
inline std::string noise(std::size_t size) {
  std::string bytes(size, '\0');
  std::uint64_t state = 88172645463325252ULL;
  for (char& c : bytes) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    c = static_cast<char>(state);
  }
  return bytes;
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

inline std::string content(const FileSystem& image, std::string_view path) {
  const NodeId id = require_path(image, path);
  std::string text(image.node(id).size.value, '?');
  image.read(id, 0, std::as_writable_bytes(std::span(text)));
  return text;
}

}  // namespace keelson::squashfs
