/// For tests only: a folder with one of everything that a file system has to hold, and ways to look into images.
#pragma once

#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "image/filesystems/tree.h"
#include "sys/file.h"
#include "sys/process.h"
#include "sys/temp_dir.h"

namespace keelson::image::test {

inline constexpr std::int64_t kEpoch = 1'700'000'000;

/// Bytes that do not repeat within a block and hold no zeros in a row.
inline std::string pattern(std::size_t size, std::size_t seed) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>((i * 131 + i / 251 + seed * 17) % 255 + 1);
  return text;
}

inline void make_files(const std::filesystem::path& root, std::size_t from, std::size_t to, int step) {
  const auto make = [&](std::size_t i) { write_file(root / fmt::format("entry-{:05}", i), fmt::format("{}\n", i)); };
  if (step > 0)
    for (std::size_t i = from; i < to; ++i) make(i);
  else
    for (std::size_t i = to; i > from; --i) make(i - 1);
}

/// `step` -1 makes the files in the opposite order: same tree, other inode numbers on the host.
inline void make_sample_tree(const std::filesystem::path& root, int step = 1) {
  namespace fs = std::filesystem;
  fs::create_directories(root / "usr/bin");
  fs::create_directories(root / "many");
  fs::create_directories(root / "empty-folder");
  fs::path deep = root / "deep";
  for (int i = 0; i < 60; ++i) deep /= fmt::format("level-{}", i);
  fs::create_directories(deep);
  write_file(deep / "bottom", "bottom\n");
  make_files(root / "many", 0, 5000, step);
  write_file(root / "usr/bin/program", pattern(1'234'567, 1), 0755);
  write_file(root / "usr/bin/setuid", pattern(5000, 2));
  ::chmod((root / "usr/bin/setuid").c_str(), 04755);
  write_file(root / "empty", "");
  write_file(root / "block", pattern(4096, 3));
  write_file(root / "one-byte", "x");
  write_file(root / std::string(255, 'n'), "long name\n");
  write_file(root / "umlaut-\xc3\xbc \n", "odd name\n");
  fs::create_symlink("usr/bin/program", root / "fast-link");
  fs::create_symlink(std::string(59, 'a'), root / "longest-fast-link");
  fs::create_symlink(std::string(60, 'b'), root / "shortest-slow-link");
  fs::create_symlink(std::string(1000, 'c'), root / "slow-link");
  fs::create_hard_link(root / "usr/bin/program", root / "second-name");
  fs::create_hard_link(root / "usr/bin/program", root / "usr/third-name");
  ::mkfifo((root / "pipe").c_str(), 0600);
  // A hole larger than the longest extent (128 MiB), data at both ends.
  write_file(root / "sparse", "start");
  const UniqueFd sparse = open_file(root / "sparse", O_WRONLY);
  write_all_at(sparse.get(), as_bytes("end"), (130u << 20), "sparse");
  // More pieces than one block of the file map holds (340): every second 64 KiB is a hole.
  write_file(root / "pieces", "");
  const UniqueFd pieces = open_file(root / "pieces", O_WRONLY);
  const std::string piece = pattern(65536, 4);
  for (std::uint64_t i = 0; i < 400; ++i) write_all_at(pieces.get(), as_bytes(piece), i * 2 * 65536, "pieces");
  write_file(root / "dense-zeros", std::string(300'000, '\0'));
}

/// A tree on disk, scanned, that a test may change as a value and then write.
class ScannedTree {
 public:
  explicit ScannedTree(const std::filesystem::path& folder, ScanOptions options = {.epoch = kEpoch})
      : root_(folder), tree_(scan_tree(root_, options)) {}

  const RootDir& root() const { return root_; }
  Tree& tree() { return tree_; }
  TreeEntry& entry(std::string_view path) {
    return *std::find_if(tree_.entries.begin(), tree_.entries.end(), [&](const auto& e) { return e.path == path; });
  }
  TreeEntry& add(const std::string& path, EntryType type, std::size_t parent = 0) {
    TreeEntry entry;
    entry.path = path;
    entry.type = type;
    entry.mode = 0640;
    entry.parent = parent;
    tree_.entries.push_back(std::move(entry));
    return tree_.entries.back();
  }
  const TempDir& temp() const { return temp_; }

 protected:
  /// Where it is written.
  std::filesystem::path raw() const { return temp_.path() / "raw"; }

 private:
  TempDir temp_{"written"};
  RootDir root_;
  Tree tree_;
};

/// Tests of one sample tree and its image, which are made once. @tparam Written a ScannedTree with a write().
template <typename Written>
class SampleTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = std::make_unique<TempDir>("tree");
    make_sample_tree(folder_->path());
    written_ = std::make_unique<Written>(folder_->path());
    image_ = written_->write();
  }
  static void TearDownTestSuite() {
    written_.reset();
    folder_.reset();
  }

  static inline std::unique_ptr<TempDir> folder_;
  static inline std::unique_ptr<Written> written_;
  static inline std::filesystem::path image_;
};

/// Compares `tree` with `out`, where a tool has put the files of its image; the tools leave named pipes out.
/// @param kept the bits of a mode that the tool keeps.
inline void expect_same_files(ScannedTree& tree, const std::filesystem::path& out, std::uint32_t kept) {
  const RootDir out_root(out);
  const Tree back = scan_tree(out_root, {.epoch = kEpoch});
  std::size_t compared = 0;
  auto found = back.entries.begin();
  for (const TreeEntry& entry : tree.tree().entries) {
    if (entry.type == EntryType::Fifo) continue;
    ASSERT_NE(found, back.entries.end());
    ASSERT_EQ(found->path, entry.path);
    ASSERT_EQ(found->type, entry.type) << entry.path;
    ASSERT_EQ(found->target, entry.target) << entry.path;
    if (entry.type == EntryType::File) {
      ASSERT_EQ(found->mode & kept, entry.mode & kept) << entry.path;
      ASSERT_TRUE(tree.root().read(entry.path, gibibytes(1)) == out_root.read(entry.path, gibibytes(1))) << entry.path;
    }
    ++found;
    ++compared;
  }
  EXPECT_EQ(found, back.entries.end());
  EXPECT_GT(compared, 5080u);
}

/// The output of one debugfs command.
inline std::string debugfs(const std::filesystem::path& image, const std::string& command) {
  return require_process({.arguments = {"debugfs", "-R", command, image.native()}}, "inspect", image.native());
}

/// Mode, owner, size, links and type of every path, as debugfs reads them.
inline std::vector<std::string> debugfs_listing(const std::filesystem::path& image,
                                                const std::vector<std::string>& paths) {
  std::string commands;
  for (const std::string& path : paths) commands += fmt::format("stat \"/{}\"\n", path);
  const std::string output =
      require_process({.arguments = {"debugfs", "-f", "/dev/stdin", image.native()}, .standard_input = commands},
                      "inspect", image.native());
  std::vector<std::string> listing;
  std::string current;
  for (std::size_t at = 0; at < output.size();) {
    const std::size_t end = std::min(output.find('\n', at), output.size());
    const std::string line = output.substr(at, end - at);
    at = end + 1;
    if (line.starts_with("debugfs: stat")) {
      if (!current.empty()) listing.push_back(current);
      current = line;
    } else if (line.starts_with("User:")) {
      current += " " + line;
    } else if (line.starts_with("Inode:")) {
      current += line.substr(line.find("Type:"), line.find("Flags:") - line.find("Type:"));
    } else if (line.starts_with("Links:")) {
      current += line.substr(0, line.find("Blockcount"));
    }
  }
  listing.push_back(current);
  return listing;
}

}  // namespace keelson::image::test
