/// For tests only: an XFS file system that was written from a folder, checked by xfs_repair and by our own reader.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "formats/xfs/xfs.h"
#include "image/filesystems/sample_tree_test.h"
#include "image/filesystems/xfs/writer.h"
#include "sys/file_blocks.h"
#include "sys/temp_dir.h"

namespace keelson::image::test {

#define NEEDS_XFSPROGS() \
  if (!find_program("xfs_repair") || !find_program("xfs_db")) GTEST_SKIP() << "xfsprogs are not installed"

inline const XfsOptions kOptions{
    .label = "root", .uuid = parse_uuid("11111111-2222-8333-8444-555555555555"), .seed = {{1, 2, 3}}, .epoch = kEpoch};

inline std::string run(std::vector<std::string> arguments) {
  const ProcessResult result = run_process({.arguments = std::move(arguments),
                                            .environment = {"TZ=UTC", "LC_ALL=C", "PATH=/usr/sbin:/sbin:/usr/bin:/bin"},
                                            .merge_output = true});
  return result.exit_code == 0 ? result.output : "exit " + std::to_string(result.exit_code) + ": " + result.output;
}

/// What xfs_repair has to say beside the names of its steps.
inline std::string file_check(const std::filesystem::path& image) {
  const std::string output = run({"xfs_repair", "-n", "-f", image.native()});
  if (output.starts_with("exit")) return output;
  std::string found;
  for (std::size_t at = 0; at < output.size();) {
    const std::size_t end = std::min(output.find('\n', at), output.size());
    const std::string line = output.substr(at, end - at);
    at = end + 1;
    // The second and third belong to the first: it asks the host's file system what only another XFS could tell.
    bool expected = false;
    for (const char* start : {"Cannot get host filesystem geometry", "Repair may fail if there is a sector size",
                              "the image and the host filesystem", "Phase ", "        - ", "No modify flag"})
      expected = expected || line.starts_with(start);
    if (!expected) found += line + "\n";
  }
  return found;
}

inline std::string xfs_db(const std::filesystem::path& image, std::vector<std::string> commands) {
  std::vector<std::string> arguments{"xfs_db", "-r", "-f"};
  for (std::string& command : commands) {
    arguments.emplace_back("-c");
    arguments.push_back(std::move(command));
  }
  arguments.push_back(image.native());
  return run(std::move(arguments));
}

/// A tree on disk, scanned, and written to a file.
class Written : public ScannedTree {
 public:
  using ScannedTree::ScannedTree;

  std::filesystem::path write(ByteCount offset = {}, const XfsOptions& options = kOptions, ByteCount extra = {}) {
    const UniqueFd fd = open_file(raw(), O_RDWR | O_CREAT);
    write_xfs(tree(), root(), fd.get(), offset, xfs_size_for(tree(), extra), options);
    return raw();
  }
};

/// Every difference between the tree and what our reader finds in the image.
class Comparison {
 public:
  Comparison(const Tree& tree, const RootDir& root, const std::filesystem::path& image)
      : tree_(tree), root_(root), disk_(image), image_(xfs::open_xfs(disk_)) {}

  std::vector<std::string> run() {
    expect(!image_->identity().dirty, "", "the log is not clean");
    std::vector<NodeId> ids;
    std::vector<std::size_t> children(tree_.entries.size());
    for (std::size_t i = 0; i < tree_.entries.size(); ++i) {
      const TreeEntry& entry = tree_.entries[i];
      const auto id = i == 0 ? std::optional(image_->root()) : image_->find(ids[entry.parent], entry.name());
      expect(id.has_value(), entry.path, "not in the image");
      if (!id) return found_;
      ids.push_back(*id);
      if (i > 0) ++children[entry.parent];
      if (entry.first_link != TreeEntry::kNone)
        expect(ids[entry.first_link] == *id, entry.path, "another file than its first name");
      else
        compare(entry, *id);
    }
    for (std::size_t i = 0; i < ids.size(); ++i)
      if (tree_.entries[i].type == EntryType::Folder)
        expect(image_->list(ids[i]).size() == children[i], tree_.entries[i].path, "number of names");
    return found_;
  }

 private:
  void expect(bool equal, const std::string& path, std::string_view what) {
    if (!equal) found_.push_back(fmt::format("{}: {}", path, what));
  }

  void compare(const TreeEntry& entry, NodeId id) {
    const Node node = image_->node(id);
    expect(static_cast<int>(node.type) == static_cast<int>(entry.type), entry.path, "type");
    expect(node.mode == entry.mode, entry.path, "mode");
    expect(node.uid == entry.uid && node.gid == entry.gid, entry.path, "owner");
    expect(node.modified.seconds == entry.mtime, entry.path, "time");
    expect(node.device_major == entry.device_major && node.device_minor == entry.device_minor, entry.path, "device");
    expect(image_->xattrs(id) == entry.xattrs, entry.path, "attributes");
    if (entry.type == EntryType::Symlink) expect(image_->link_target(id) == entry.target, entry.path, "target");
    if (entry.type != EntryType::File) return;
    expect(node.size == entry.size, entry.path, "size");
    if (entry.size.value == 0 || node.size != entry.size) return;
    const std::string content = root_.read(entry.path, gibibytes(1));
    std::string ours(content.size(), '?');
    image_->read(id, 0, std::as_writable_bytes(std::span(ours)));
    expect(ours == content, entry.path, "content");
  }

  const Tree& tree_;
  const RootDir& root_;
  FileBlocks disk_;
  std::unique_ptr<FileSystem> image_;
  std::vector<std::string> found_;
};

inline std::vector<std::string> differences(Written& written, const std::filesystem::path& image) {
  return Comparison(written.tree(), written.root(), image).run();
}

/// A tree of its own: a folder on disk for its content, the rest as values.
class XfsTest : public testing::Test {
 protected:
  void SetUp() override { NEEDS_XFSPROGS(); }
  void expect_whole(Written& written, const std::filesystem::path& image) {
    EXPECT_EQ(file_check(image), "");
    EXPECT_EQ(fmt::format("{}", fmt::join(differences(written, image), "\n")), "");
  }

  TempDir folder_{"tree"};
};

}  // namespace keelson::image::test
