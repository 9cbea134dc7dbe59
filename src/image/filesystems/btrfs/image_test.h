/// For tests only: writes a btrfs from a folder, and asks btrfs-progs what is in it.
#pragma once

#include <gtest/gtest.h>

#include "image/filesystems/btrfs/writer.h"
#include "image/filesystems/sample_tree_test.h"
#include "sys/temp_dir.h"

#define NEEDS_BTRFS_PROGS() \
  if (!find_program("btrfs")) GTEST_SKIP() << "btrfs-progs is not installed"

namespace keelson::image::btrfs_test {

using test::kEpoch;

inline const BtrfsOptions kOptions{
    .label = "root", .uuid = parse_uuid("11111111-2222-8333-8444-555555555555"), .seed = {{1, 2, 3}}, .epoch = kEpoch};

inline BtrfsOptions with(std::vector<BtrfsSubvolumePlan> subvolumes) {
  BtrfsOptions options = kOptions;
  options.subvolumes = std::move(subvolumes);
  return options;
}

/// "clean", or everything that `btrfs check` found: metadata, references, free space, quotas, checksums of data.
inline std::string file_check(const std::filesystem::path& image) {
  const ProcessResult result = run_process(
      {.arguments = {"btrfs", "check", "--readonly", "--check-data-csum", image.native()}, .merge_output = true});
  return result.exit_code == 0 && result.output.find("no error found") != std::string::npos ? "clean" : result.output;
}

inline std::string dump(const std::filesystem::path& image, const std::string& tree) {
  return require_process({.arguments = {"btrfs", "inspect-internal", "dump-tree", "-t", tree, image.native()}},
                         "inspect", image.native());
}

/// Copies one subvolume's files out, as btrfs-progs reads them.
inline void restore(const std::filesystem::path& image, int subvolume, const std::filesystem::path& out) {
  require_process(
      {.arguments = {"btrfs", "restore", "-S", "-x", "-r", std::to_string(subvolume), image.native(), out.native()}},
      "restore", image.native());
}

inline std::size_t count(const std::string& text, std::string_view part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

/// A tree on disk, scanned, and written to a file.
class Written : public test::ScannedTree {
 public:
  using ScannedTree::ScannedTree;

  std::filesystem::path write(ByteCount offset = {}, const BtrfsOptions& options = kOptions, ByteCount extra = {}) {
    const UniqueFd fd = open_file(raw(), O_RDWR | O_CREAT);
    write_btrfs(tree(), root(), fd.get(), offset, btrfs_size_for(tree(), extra, options), options);
    return raw();
  }
};

}  // namespace keelson::image::btrfs_test
