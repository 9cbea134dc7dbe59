// Images for the tests: made by mkfs.btrfs from a folder, or those that Linux wrote, kept as fuzz corpus.
#pragma once

#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "formats/btrfs/btrfs.h"
#include "sys/file.h"
#include "sys/file_blocks.h"
#include "sys/process.h"
#include "sys/temp_dir.h"

namespace keelson::btrfs {

inline bool has_btrfs_progs() { return find_program("mkfs.btrfs").has_value(); }

/// An image of `size` in `dir`, filled from `folder`.
inline std::filesystem::path make_image(const TempDir& dir, const std::filesystem::path& folder,
                                        std::vector<std::string> options, std::uint64_t size = 128 << 20) {
  const std::filesystem::path image = dir.path() / "image";
  write_file(image, "");
  std::filesystem::resize_file(image, size);
  std::vector<std::string> arguments = {"mkfs.btrfs", "-q", "-f", "--rootdir", folder};
  arguments.insert(arguments.end(), options.begin(), options.end());
  arguments.push_back(image);
  require_process({.arguments = std::move(arguments),
                   .environment = {"LC_ALL=C", "PATH=/usr/sbin:/usr/bin:/sbin:/bin"},
                   .merge_output = true},
                  "run", "mkfs.btrfs");
  return image;
}

/// An image that Linux wrote, from tests/fuzz/corpus/btrfs; tests/fuzz/pack_disk.py tells its form.
inline std::filesystem::path unpack_image(const TempDir& dir, const std::string& name) {
  const std::filesystem::path source = std::getenv("KEELSON_SOURCE_DIR");
  const std::string packed = read_file(source / "tests/fuzz/corpus/btrfs" / name);
  const std::filesystem::path image = dir.path() / name;
  write_file(image, "");
  const UniqueFd fd = open_file(image, O_WRONLY);
  const ByteReader reader(as_bytes(packed), "packed disk");
  std::filesystem::resize_file(image, std::uint64_t{reader.u32le(0)} * 512);
  for (std::size_t at = 4; at < packed.size();) {
    const std::uint64_t first = reader.u32le(at);
    const std::size_t length = reader.u16le(at + 4) * std::size_t{512};
    write_all_at(fd.get(), reader.bytes(at + 6, length), first * 512, "image");
    at += 6 + length;
  }
  return image;
}

/// What the files of the kept images hold.
inline std::string text_of(std::size_t size) {
  std::string text;
  for (unsigned i = 0; text.size() < size; ++i) {
    text += fmt::format("{:06} what is read here was compressed by Linux, and is the same as before\n", i);
  }
  text.resize(size);
  return text;
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

inline std::vector<std::string> names(const FileSystem& image, std::string_view path) {
  std::vector<std::string> names;
  for (const FolderEntry& entry : image.list(require_path(image, path))) names.push_back(entry.name);
  return names;
}

}  // namespace keelson::btrfs
