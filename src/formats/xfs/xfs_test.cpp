// What mkfs.xfs wrote from a prototype file, we read; what lies is refused.
#include "formats/xfs/xfs.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/error.h"
#include "sys/compare_folder_test.h"
#include "sys/file_blocks.h"
#include "sys/process.h"
#include "sys/temp_dir.h"

namespace keelson::xfs {
namespace {

namespace fs = std::filesystem;

struct Variant {
  std::string name;
  std::vector<std::string> options;
};

void PrintTo(const Variant& variant, std::ostream* out) { *out << variant.name; }

const Variant kVersion5{"Version5", {"-m", "crc=1"}};
const Variant kVersion4{"Version4", {"-m", "crc=0,reflink=0,finobt=0,rmapbt=0", "-n", "ftype=0"}};

class XfsTest : public testing::TestWithParam<Variant> {
 protected:
  void SetUp() override {
    if (!find_program("mkfs.xfs") || !find_program("xfs_db")) GTEST_SKIP() << "xfsprogs are not installed";
    fs::create_directories(root_);
  }

  static std::string run(std::vector<std::string> arguments) {
    const std::string program = arguments.front();
    return require_process({.arguments = std::move(arguments),
                            .environment = {"LC_ALL=C", "PATH=/usr/sbin:/usr/bin:/sbin:/bin"},
                            .merge_output = true},
                           "run", program);
  }

  void make(const Variant& variant) {
    std::string prototype = "/boot\n0 0\n";
    describe(root_, "", prototype);
    write_file(dir_.path() / "prototype", prototype);
    std::vector<std::string> arguments = {
        "mkfs.xfs", "-q", "-f", "-L", "a label", "-m", "uuid=01234567-89ab-cdef-0123-456789abcdef"};
    arguments.insert(arguments.end(), variant.options.begin(), variant.options.end());
    arguments.insert(arguments.end(), {"-p", dir_.path() / "prototype", image_});
    write_file(image_, "");
    fs::resize_file(image_, 320u << 20);
    run(arguments);
  }

  // One line of a prototype: name, type and mode, owner, source. Names have no spaces.
  void describe(const fs::path& path, const std::string& name, std::string& prototype) {
    struct stat st {};
    ASSERT_EQ(lstat(path.c_str(), &st), 0);
    const std::string mode =
        fmt::format("{}{}{:03o} {} {}", (st.st_mode & S_ISUID) != 0 ? 'u' : '-',
                    (st.st_mode & S_ISGID) != 0 ? 'g' : '-', st.st_mode & 0777, st.st_uid, st.st_gid);
    if (S_ISLNK(st.st_mode)) {
      prototype += fmt::format("{} l{} {}\n", name, mode, fs::read_symlink(path).string());
    } else if (S_ISFIFO(st.st_mode)) {
      prototype += fmt::format("{} p{}\n", name, mode);
    } else if (S_ISREG(st.st_mode)) {
      prototype += fmt::format("{} -{} {}\n", name, mode, path.string());
    } else {
      prototype += fmt::format("{} d{}\n", name, mode);
      for (const auto& entry : fs::directory_iterator(path)) describe(entry.path(), entry.path().filename(), prototype);
      prototype += "$\n";
    }
  }

  std::string walk() const {
    const FileBlocks disk(image_);
    try {
      const auto image = open_xfs(disk);
      FolderComparison comparison(*image, {.attributes = false});
      return fmt::format("{}", fmt::join(comparison.run(root_), "\n"));
    } catch (const Error& error) {
      return error.message();
    }
  }

  TempDir dir_{"xfs-test"};
  fs::path root_ = dir_.path() / "root";
  fs::path image_ = dir_.path() / "image";
};

void write_sample(const fs::path& root) {
  fs::create_directories(root / "few/deeper/still");
  fs::create_directories(root / "block");
  fs::create_directories(root / "leaves");
  for (int i = 0; i < 60; ++i) write_file(root / "block" / fmt::format("name-{}", i), "");
  for (int i = 0; i < 900; ++i) write_file(root / "leaves" / fmt::format("a-longer-name-{:030}", i), "");
  for (const std::size_t size : {0, 1, 4095, 4096, 4097, 65536, 3'000'000}) {
    std::string text(size, '\0');
    for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>((i * 2654435761u + size) >> 11);
    write_file(root / "few" / std::to_string(size), text);
  }
  fs::create_symlink("short", root / "link");
  // In a block of its own in version 4. In version 5 it is within the inode: longer ones mkfs.xfs 6.1 writes without
  // header.
  fs::create_symlink(std::string(300, 'y'), root / "link300");
  ASSERT_EQ(mkfifo((root / "fifo").c_str(), 0600), 0);
  ASSERT_EQ(chmod((root / "few/4096").c_str(), 06751), 0);
}

TEST_P(XfsTest, WhatMkfsWroteIsReadAsTheFolderWas) {
  write_sample(root_);
  make(GetParam());
  EXPECT_EQ(walk(), "");
  const FileBlocks disk(image_);
  EXPECT_TRUE(looks_like_xfs(disk));
  const auto image = open_xfs(disk);
  const FileSystemIdentity identity = image->identity();
  EXPECT_EQ(identity.type, "xfs");
  EXPECT_EQ(identity.label, "a label");
  EXPECT_EQ(identity.uuid, "01234567-89ab-cdef-0123-456789abcdef");
  EXPECT_EQ(identity.size, mebibytes(320));
  EXPECT_FALSE(identity.dirty);
  const Node node = image->node(image->find(image->find(image->root(), "few").value(), "4096").value());
  EXPECT_EQ(node.mode, 06751u);
}

TEST_P(XfsTest, AttributesAreRead) {
  write_sample(root_);
  make(GetParam());
  run({"xfs_db", "-x", "-c", "path /link", "-c", "attr_set -r notes -v 20", image_});
  const FileBlocks disk(image_);
  const auto image = open_xfs(disk);
  const auto attributes = image->xattrs(image->find(image->root(), "link").value());
  ASSERT_EQ(attributes.size(), 1u);
  EXPECT_EQ(attributes.begin()->first, "trusted.notes");
  EXPECT_EQ(attributes.begin()->second.size(), 20u);
}

INSTANTIATE_TEST_SUITE_P(Versions, XfsTest, testing::Values(kVersion5, kVersion4),
                         [](const auto& param) { return param.param.name; });

using XfsHostile = XfsTest;

TEST_F(XfsHostile, ATruncatedDiskIsRefused) {
  make(kVersion5);
  fs::resize_file(image_, 100'000'000);
  EXPECT_THAT(walk(), testing::HasSubstr("are more than the 100000000 bytes that its disk has"));
}

TEST_F(XfsHostile, AFlippedBitInTheSuperblockOrTheRootIsRefused) {
  make(kVersion5);
  const UniqueFd fd = open_file(image_, O_WRONLY);
  write_all_at(fd.get(), as_bytes("L"), 108, "image");
  EXPECT_THAT(walk(), testing::HasSubstr("xfs superblock': its checksum is wrong"));
  make(kVersion5);
  run({"xfs_db", "-x", "-c", "sb 0", "-c", "addr rootino", "-c", "write -d core.uid 77", image_});
  EXPECT_EQ(walk(), "");  // xfs_db mended the checksum
}

TEST(Xfs, AnEmptyDiskIsNoXfs) {
  const MemoryBlocks disk{Bytes(4096)};
  EXPECT_FALSE(looks_like_xfs(disk));
  EXPECT_THROW(open_xfs(disk), Error);
}

}  // namespace
}  // namespace keelson::xfs
