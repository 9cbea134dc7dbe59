// Compares a file system that is read in user space with the host's folder that it was made from: for interop tests.
#pragma once

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/file_system.h"
#include "sys/file.h"

namespace keelson {

struct CompareOptions {
  bool attributes = true;                ///< modes, owners, times, links and extended attributes
  bool nanoseconds = true;               ///< of times
  bool root_time = true;                 ///< the root folder's time, which most mkfs programs take from the clock
  std::set<std::string> only_in_image;   ///< names in the root folder that the host's folder has not
  std::uint64_t piece_size = 1'000'003;  ///< content is read in pieces of this size
};

/// Every difference as a line of text; empty when all is equal.
class FolderComparison {
 public:
  FolderComparison(const FileSystem& image, CompareOptions options) : image_(image), options_(std::move(options)) {}

  std::vector<std::string> run(const std::filesystem::path& folder) {
    compare(folder, image_.root(), "");
    return std::move(found_);
  }
  std::size_t compared() const { return compared_; }

 private:
  using Path = std::filesystem::path;

  void expect(bool equal, const Path& path, std::string_view what) {
    if (!equal) found_.push_back(fmt::format("{}: {}", path.string(), what));
  }

  void compare(const Path& path, NodeId id, const std::string& within) {
    ++compared_;
    try {
      compare_node(path, id);
      if (std::filesystem::is_directory(std::filesystem::symlink_status(path))) compare_names(path, id, within);
    } catch (const Error& error) {
      expect(false, path, error.message());
    }
  }

  void compare_names(const Path& path, NodeId id, const std::string& within) {
    std::map<std::string, NodeId> theirs;
    std::string last;
    for (const FolderEntry& entry : image_.list(id)) {
      expect(last < entry.name, path, "names are not in order");
      last = entry.name;
      if (within.empty() && options_.only_in_image.contains(entry.name)) continue;
      theirs.emplace(entry.name, entry.id);
    }
    for (const auto& entry : std::filesystem::directory_iterator(path)) {
      const std::string name = entry.path().filename();
      const auto found = theirs.find(name);
      expect(found != theirs.end(), entry.path(), "not in the image");
      expect(image_.find(id, name).has_value(), entry.path(), "not found by its name");
      if (found == theirs.end()) continue;
      compare(entry.path(), found->second, within + "/" + name);
      theirs.erase(found);
    }
    for (const auto& [name, ignored] : theirs) expect(false, path / name, "only in the image");
    expect(!image_.find(id, "no such name").has_value(), path, "finds what there is not");
  }

  void compare_node(const Path& path, NodeId id) {
    struct stat st {};
    if (lstat(path.c_str(), &st) != 0) throw system_error("inspect", path.string(), errno);
    const Node node = image_.node(id);
    expect(node.id == id, path, "id");
    expect(node.type == type_of(st.st_mode), path, "type");
    if (options_.attributes) compare_attributes(path, st, node);
    if (S_ISLNK(st.st_mode)) {
      expect(image_.link_target(id) == std::filesystem::read_symlink(path).string(), path, "target");
      expect(node.size.value == static_cast<std::uint64_t>(st.st_size), path, "length of its target");
    }
    if (S_ISREG(st.st_mode)) compare_content(path, st, node);
  }

  void compare_attributes(const Path& path, const struct stat& st, const Node& node) {
    expect(node.mode == (st.st_mode & 07777u), path, fmt::format("mode {:o}", node.mode));
    expect(node.uid == st.st_uid && node.gid == st.st_gid, path, fmt::format("owner {}:{}", node.uid, node.gid));
    const bool timed = options_.root_time || node.id != image_.root();
    expect(!timed || node.modified.seconds == st.st_mtim.tv_sec, path, fmt::format("time {}", node.modified.seconds));
    if (options_.nanoseconds) expect(node.modified.nanoseconds == st.st_mtim.tv_nsec, path, "nanoseconds");
    if (!S_ISDIR(st.st_mode)) expect(node.links == st.st_nlink, path, fmt::format("{} links", node.links));
    if (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode)) {
      expect(node.device_major == major(st.st_rdev) && node.device_minor == minor(st.st_rdev), path,
             fmt::format("device {}:{}", node.device_major, node.device_minor));
    }
    const auto [known, first] = ids_.emplace(std::pair(st.st_dev, st.st_ino), node.id);
    expect(first || known->second == node.id, path, "is no hard link");
    expect(image_.xattrs(node.id) == attributes_of(path), path, "extended attributes");
  }

  void compare_content(const Path& path, const struct stat& st, const Node& node) {
    expect(node.size.value == static_cast<std::uint64_t>(st.st_size), path, fmt::format("size {}", node.size.value));
    if (node.size.value != static_cast<std::uint64_t>(st.st_size)) return;
    const std::string content = read_file(path);
    std::string piece;
    for (std::uint64_t at = 0; at < content.size(); at += piece.size()) {
      piece.assign(std::min<std::uint64_t>(options_.piece_size, content.size() - at), '?');
      image_.read(node.id, at, std::as_writable_bytes(std::span(piece)));
      expect(content.compare(at, piece.size(), piece) == 0, path, fmt::format("content from byte {} on", at));
    }
    std::string from_ranges(content.size(), '\0');
    for (auto range = image_.next_data(node.id, 0); range; range = image_.next_data(node.id, range->end())) {
      expect(range->length > 0 && range->end() <= content.size(), path, "a range of data past its end");
      image_.read(node.id, range->offset,
                  std::as_writable_bytes(std::span(from_ranges)).subspan(range->offset, range->length));
    }
    expect(from_ranges == content, path, "content by its ranges of data");
  }

  static NodeType type_of(mode_t mode) {
    if (S_ISDIR(mode)) return NodeType::Folder;
    if (S_ISLNK(mode)) return NodeType::Symlink;
    if (S_ISCHR(mode)) return NodeType::CharDevice;
    if (S_ISBLK(mode)) return NodeType::BlockDevice;
    if (S_ISFIFO(mode)) return NodeType::Fifo;
    return S_ISSOCK(mode) ? NodeType::Socket : NodeType::File;
  }

  static std::map<std::string, std::string> attributes_of(const Path& path) {
    std::string names(65536, '\0');
    const ssize_t length = llistxattr(path.c_str(), names.data(), names.size());
    if (length < 0) return {};
    std::map<std::string, std::string> attributes;
    for (std::size_t at = 0; at < static_cast<std::size_t>(length);) {
      const std::string name = names.c_str() + at;
      at += name.size() + 1;
      std::string value(65536, '\0');
      const ssize_t size = lgetxattr(path.c_str(), name.c_str(), value.data(), value.size());
      value.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
      attributes.emplace(name, value);
    }
    return attributes;
  }

  const FileSystem& image_;
  CompareOptions options_;
  std::size_t compared_ = 0;
  std::vector<std::string> found_;
  std::map<std::pair<dev_t, ino_t>, NodeId> ids_;
};

}  // namespace keelson
