// A partition's content is told by its bytes, and opened when this version reads it.
#include "image/open_file_system.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "sys/file.h"
#include "sys/file_blocks.h"
#include "sys/process.h"
#include "sys/temp_dir.h"

namespace keelson::image {
namespace {

namespace fs = std::filesystem;

TEST(OpenFileSystem, BtrfsIsRecognisedAndRead) {
  if (!find_program("mkfs.btrfs")) GTEST_SKIP() << "btrfs-progs are not installed";
  const TempDir dir("image-test");
  fs::create_directories(dir.path() / "root/etc");
  write_file(dir.path() / "root/etc/hostname", "sample\n");
  write_file(dir.path() / "image", "");
  fs::resize_file(dir.path() / "image", 128 << 20);
  require_process({.arguments = {"mkfs.btrfs", "-q", "--rootdir", dir.path() / "root", dir.path() / "image"},
                   .environment = {"LC_ALL=C", "PATH=/usr/sbin:/usr/bin:/sbin:/bin"},
                   .merge_output = true},
                  "run", "mkfs.btrfs");
  const FileBlocks disk(dir.path() / "image");
  const OpenedFileSystem opened = open_file_system(disk);
  EXPECT_EQ(opened.content, "btrfs");
  ASSERT_NE(opened.files, nullptr);
  EXPECT_TRUE(opened.files->find(opened.files->root(), "etc").has_value());
}

TEST(OpenFileSystem, WhatIsNotReadIsNamedAllTheSame) {
  Bytes swap(1 << 20);
  std::ranges::copy(as_bytes("SWAPSPACE2"), swap.begin() + 4086);
  const OpenedFileSystem opened = open_file_system(MemoryBlocks(std::move(swap)));
  EXPECT_EQ(opened.content, "swap");
  EXPECT_EQ(opened.files, nullptr);
  EXPECT_EQ(open_file_system(MemoryBlocks(Bytes(1 << 20))).content, "");
}

}  // namespace
}  // namespace keelson::image
