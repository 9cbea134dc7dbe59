// What mksquashfs wrote, we read: compared entry by entry with the folder that it was made from.
#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include <thread>

#include "formats/squashfs/image_test.h"
#include "sys/compare_folder_test.h"

namespace keelson::squashfs {
namespace {

namespace fs = std::filesystem;
using testing::IsEmpty;

// A file of 9 MB with data at both ends and in the middle.
void write_sparse(const fs::path& file) {
  write_file(file, prose(5000));
  fs::resize_file(file, 9'000'000);
  const UniqueFd fd = open_file(file, O_WRONLY);
  write_all_at(fd.get(), as_bytes(noise(200'000)), 4'000'000, "sparse file");
  write_all_at(fd.get(), as_bytes(prose(100)), 8'999'900, "sparse file");
}

void write_contents(const fs::path& root) {
  for (const std::size_t size : {0, 1, 2048, 4095, 4096, 4097, 131'071, 131'072, 131'073, 400'000}) {
    write_file(root / "prose" / std::to_string(size), prose(size));
    write_file(root / "noise" / std::to_string(size), noise(size));
    write_file(root / "both" / std::to_string(size), noise(size / 2) + prose(size - size / 2));
    write_file(root / "zeros" / std::to_string(size), std::string(size, '\0'));
  }
  write_sparse(root / "sparse");
  for (int i = 0; i < 300; ++i) write_file(root / "many" / fmt::format("a name of some length {}", i), prose(i));
}

void write_attributes(const fs::path& root) {
  // Where the host's file system has no such attributes, fewer things are compared.
  ::lsetxattr((root / "file").c_str(), "user.colour", "blue", 4, 0);
  ::lsetxattr((root / "file").c_str(), "user.empty", "", 0, 0);
  for (const std::string name : {"empty", "deep", "prose/4096"})  // the same long value: it is written once
    ::lsetxattr((root / name).c_str(), "user.long", std::string(1500, 'v').c_str(), 1500, 0);
  if (geteuid() != 0) return;
  const std::string capability("\x01\0\0\x02\0\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20);
  ::lsetxattr((root / "prose/2048").c_str(), "security.capability", capability.data(), capability.size(), 0);
  ::lsetxattr((root / "file").c_str(), "trusted.sample", "t", 1, 0);
  ::lsetxattr((root / "link").c_str(), "trusted.sample", "t", 1, 0);
  ::lsetxattr((root / "fifo").c_str(), "trusted.sample", "t", 1, 0);
}

void write_sample(const fs::path& root) {
  for (const std::string name : {"deep/er/and/deeper", "empty", "many", "prose", "noise", "both", "zeros"})
    fs::create_directories(root / name);
  write_contents(root);
  fs::create_symlink("short", root / "link");
  fs::create_symlink(std::string(4000, 'z'), root / "link4000");
  fs::create_hard_link(root / "prose/4097", root / "deep/er/hard");
  write_file(root / ("w\xc3\xbcrzig " + std::string(240, 'n')), "long");
  ASSERT_EQ(mkfifo((root / "fifo").c_str(), 0600), 0);
  ASSERT_EQ(mknod((root / "socket").c_str(), S_IFSOCK | 0600, 0), 0);
  write_file(root / "file", "owned");
  if (geteuid() == 0) {
    ASSERT_EQ(lchown((root / "file").c_str(), 70'001, 4'000'000'000u), 0);
    // Where even root may make no devices, as in containers, there are none.
    if (mknod((root / "null").c_str(), S_IFCHR | 0666, makedev(1, 3)) == 0) {
      EXPECT_EQ(mknod((root / "disk").c_str(), S_IFBLK | 0660, makedev(259, 70'000)), 0);
    }
  }
  ASSERT_EQ(chmod((root / "file").c_str(), 06755), 0);
  write_attributes(root);
}

struct Variant {
  std::string name;
  std::vector<std::string> options;
};

void PrintTo(const Variant& variant, std::ostream* out) { *out << variant.name; }

const CompareOptions kAsMksquashfsWrites = {.nanoseconds = false};

class SquashfsInterop : public testing::TestWithParam<Variant> {
 protected:
  static void SetUpTestSuite() {
    dir_ = new TempDir("squashfs-test");
    write_sample(dir_->path() / "root");
  }
  static void TearDownTestSuite() { delete dir_; }

  static TempDir* dir_;
};
TempDir* SquashfsInterop::dir_ = nullptr;

TEST_P(SquashfsInterop, WhatMksquashfsWroteIsReadAsTheFolderWas) {
  if (!has_squashfs_tools()) GTEST_SKIP() << "squashfs-tools are not installed";
  const fs::path root = dir_->path() / "root";
  const FileBlocks disk(make_image(*dir_, root, GetParam().options));
  ASSERT_TRUE(looks_like_squashfs(disk));
  const auto opened = open_squashfs(disk);
  EXPECT_EQ(opened->identity().type, "squashfs");
  EXPECT_LE(opened->identity().size.value, disk.size().value);
  FolderComparison comparison(*opened, kAsMksquashfsWrites);
  EXPECT_THAT(comparison.run(root), IsEmpty());
  EXPECT_GT(comparison.compared(), 350u);
}

INSTANTIATE_TEST_SUITE_P(
    Variants, SquashfsInterop,
    testing::Values(Variant{"Default", {}}, Variant{"Lzo", {"-comp", "lzo", "-Xcompression-level", "3"}},
                    Variant{"Lz4", {"-comp", "lz4"}}, Variant{"Lz4High", {"-comp", "lz4", "-Xhc"}},
                    Variant{"Xz", {"-comp", "xz"}}, Variant{"XzFilters", {"-comp", "xz", "-Xbcj", "x86", "-b", "256K"}},
                    Variant{"Zstd", {"-comp", "zstd", "-Xcompression-level", "3"}},
                    Variant{"ZstdLarge", {"-comp", "zstd", "-b", "1M", "-Xcompression-level", "3"}},
                    Variant{"GzipOptions", {"-Xcompression-level", "1", "-Xwindow-size", "8"}},
                    Variant{"Small", {"-b", "4K"}}, Variant{"NoFragments", {"-no-fragments"}},
                    Variant{"TailEnds", {"-always-use-fragments"}}, Variant{"Stored", {"-noI", "-noD", "-noF", "-noX"}},
                    Variant{"StoredData", {"-noD", "-noF", "-b", "8K"}}, Variant{"NoSparse", {"-no-sparse"}},
                    Variant{"NoDuplicates", {"-no-duplicates", "-no-exports"}}),
    [](const auto& param) { return param.param.name; });

class Squashfs : public testing::Test {
 protected:
  void SetUp() override {
    if (!has_squashfs_tools()) GTEST_SKIP() << "squashfs-tools are not installed";
    fs::create_directories(root_);
  }

  TempDir dir_{"squashfs-test"};
  fs::path root_ = dir_.path() / "root";
};

// A hundred thousand are in squashfs_test.cpp: mksquashfs takes too long for them.
TEST_F(Squashfs, AFolderOfManyNamesIsReadAndLookedInto) {
  fs::create_directory(root_ / "many");
  for (int i = 0; i < 2'000; ++i) write_file(root_ / fmt::format("many/a name of some length {}", i), "");
  const FileBlocks disk(make_image(dir_, root_, {"-comp", "lz4"}));
  const auto opened = open_squashfs(disk);
  const NodeId many = require_path(*opened, "many");
  const auto entries = opened->list(many);
  ASSERT_EQ(entries.size(), 2'000u);
  for (const auto& entry : entries) EXPECT_EQ(opened->find(many, entry.name), entry.id);
  EXPECT_FALSE(opened->find(many, "a name of some length 2000"));
}

TEST_F(Squashfs, WhatWasAppendedIsReadWithWhatWasThere) {
  fs::create_directories(root_ / "a/b");
  write_file(root_ / "a/b/file", prose(300'000));
  make_image(dir_, root_, {});
  write_file(root_ / "later", noise(300'000));
  const FileBlocks disk(make_image(dir_, root_, {"-root-becomes", "old"}, true));
  const auto opened = open_squashfs(disk);
  EXPECT_EQ(content(*opened, "old/a/b/file"), prose(300'000));
  EXPECT_EQ(content(*opened, "a/b/file"), prose(300'000));
  EXPECT_EQ(content(*opened, "later"), noise(300'000));
}

TEST_F(Squashfs, AHoleIsKnownWithoutReadingIt) {
  constexpr std::uint64_t kSize = std::uint64_t{1} << 26;
  write_file(root_ / "sparse", prose(100));
  fs::resize_file(root_ / "sparse", kSize);
  const FileBlocks disk(make_image(dir_, root_, {"-b", "1M", "-comp", "lz4"}));
  const auto opened = open_squashfs(disk);
  const NodeId sparse = require_path(*opened, "sparse");
  EXPECT_EQ(opened->node(sparse).size.value, kSize);
  EXPECT_EQ(opened->next_data(sparse, 0), (BlockRange{0, 1 << 20}));
  EXPECT_EQ(opened->next_data(sparse, 1 << 20), std::nullopt);
  std::string end(5000, '?');
  opened->read(sparse, kSize - 5000, std::as_writable_bytes(std::span(end)));
  EXPECT_EQ(end, std::string(5000, '\0'));
}

// Counts what is asked of the disk.
class CountedBlocks final : public BlockSource {
 public:
  explicit CountedBlocks(const BlockSource& blocks) : blocks_(blocks) {}
  ByteCount size() const override { return blocks_.size(); }
  void read(std::uint64_t offset, std::span<std::byte> to) const override {
    count_ += to.size();
    blocks_.read(offset, to);
  }
  std::optional<BlockRange> next_data(std::uint64_t offset) const override { return blocks_.next_data(offset); }
  std::uint64_t count() const { return count_; }

 private:
  const BlockSource& blocks_;
  mutable std::uint64_t count_ = 0;
};

TEST_F(Squashfs, ABlockIsReadOnceHoweverSmallThePiecesAre) {
  write_file(root_ / "half", noise(2'000'000) + prose(2'000'000));
  const FileBlocks disk(make_image(dir_, root_, {"-b", "1M"}));
  const CountedBlocks counted(disk);
  const auto opened = open_squashfs(counted);
  const NodeId file = require_path(*opened, "half");
  const std::uint64_t before = counted.count();
  std::string piece(1000, '?');
  for (std::uint64_t at = 0; at < 4'000'000; at += piece.size())
    opened->read(file, at, std::as_writable_bytes(std::span(piece)));
  EXPECT_LT(counted.count() - before, disk.size().value + (1 << 20));
}

TEST_F(Squashfs, SeveralThreadsReadAtOnce) {
  write_sample(root_);
  const FileBlocks disk(make_image(dir_, root_, {"-comp", "lz4"}));
  const auto opened = open_squashfs(disk);
  std::vector<std::vector<std::string>> differences(3);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < differences.size(); ++i) {
    threads.emplace_back([&, i] {
      CompareOptions options = kAsMksquashfsWrites;
      options.piece_size = 100'000 + i;
      differences[i] = FolderComparison(*opened, options).run(root_);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(differences, testing::Each(IsEmpty()));
}

TEST_F(Squashfs, LzmaIsRefusedByItsName) {
  write_file(root_ / "file", "x");
  const FileBlocks disk(make_image(dir_, root_, {"-comp", "lzma"}));
  try {
    open_squashfs(disk);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::BadInput);
    EXPECT_EQ(error.message(),
              "cannot read squashfs: the superblock says that it is compressed by LZMA, which is not read");
  }
}

}  // namespace
}  // namespace keelson::squashfs
