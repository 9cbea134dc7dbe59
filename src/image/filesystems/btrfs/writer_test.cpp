#include <gmock/gmock.h>

#include <regex>
#include <sstream>
#include <unordered_map>

#include "base/crc32c.h"
#include "base/error.h"
#include "image/filesystems/btrfs/image_test.h"

namespace keelson::image {
namespace {

using namespace std::string_literals;
using btrfs_test::count;
using btrfs_test::dump;
using btrfs_test::file_check;
using btrfs_test::kOptions;
using btrfs_test::restore;
using btrfs_test::with;
using btrfs_test::Written;
using test::kEpoch;
using testing::HasSubstr;

class BtrfsSample : public test::SampleTest<Written> {
 protected:
  void SetUp() override { NEEDS_BTRFS_PROGS(); }
};

TEST_F(BtrfsSample, EveryKindOfFileComesBackAsItWas) {
  EXPECT_EQ(file_check(image_), "clean");

  const TempDir out("out");
  restore(image_, 5, out.path());
  test::expect_same_files(*written_, out.path(), 0);
}

TEST_F(BtrfsSample, HolesTakeNoSpaceAndFilesWithSeveralNamesAreStoredOnce) {
  std::istringstream lines(dump(image_, "extent"));
  std::uint64_t sectors = 0;
  for (std::string line; std::getline(lines, line);) {
    const std::size_t at = line.find(" EXTENT_ITEM ");
    if (at != std::string::npos && line.find("itemoff") != std::string::npos)
      sectors += std::stoull(line.substr(at + 13)) / 4096;
  }
  // 1,234,567 and 5,000 bytes; one block; two ends of "sparse", the first with 64 KiB; 400 pieces of 64 KiB.
  EXPECT_EQ(sectors, 302u + 2 + 1 + 16 + 1 + 400 * 16);
  EXPECT_THAT(dump(image_, "fs"), HasSubstr("mode 100755 links 3 uid"));
}

TEST_F(BtrfsSample, TheSmallestSizeIsEnoughAndHasTheFreeSpaceAskedFor) {
  EXPECT_GE(btrfs_size_for(written_->tree(), mebibytes(100), kOptions),
            btrfs_size_for(written_->tree(), {}, kOptions) + mebibytes(99));
  EXPECT_EQ(std::filesystem::file_size(image_), btrfs_size_for(written_->tree(), {}, kOptions).value);
}

TEST(BtrfsWriter, TwoWritesOfOneTreeAreTheSameBytesWhateverTheOrderOnDisk) {
  const auto fill = [](const std::filesystem::path& folder, int step) {
    std::filesystem::create_directories(folder / "usr/many");
    test::make_files(folder / "usr/many", 0, 300, step);
    write_file(folder / "usr/large", test::pattern(1'234'567, 1));
    std::filesystem::create_hard_link(folder / "usr/large", folder / "second-name");
  };
  const TempDir first("first");
  const TempDir second("second");
  fill(first.path(), 1);
  fill(second.path(), -1);
  const auto all_times = [](TreeEntry& entry, const struct stat&) { entry.mtime = kEpoch - 5; };
  Written a(first.path(), {.epoch = kEpoch, .adjust = all_times});
  Written b(second.path(), {.epoch = kEpoch, .adjust = all_times});
  const BtrfsOptions options = with({{.path = "usr", .referenced_limit = mebibytes(50), .tree_path = "usr"}});
  const MappedFile left(a.write(mebibytes(1), options));
  const MappedFile right(b.write(mebibytes(1), options));
  ASSERT_EQ(left.bytes().size(), right.bytes().size());
  EXPECT_TRUE(std::equal(left.bytes().begin(), left.bytes().end(), right.bytes().begin()));
}

TEST(BtrfsWriter, AnEmptyTreeGivesTheSmallestFileSystemThatMkfsMakes) {
  NEEDS_BTRFS_PROGS();
  const TempDir folder("tree");
  Written written(folder.path());
  const auto image = written.write();
  EXPECT_EQ(std::filesystem::file_size(image), mebibytes(109).value);
  EXPECT_EQ(file_check(image), "clean");
}

TEST(BtrfsWriter, BothSuperblocksNameTheFileSystem) {
  NEEDS_BTRFS_PROGS();
  const TempDir folder("tree");
  Written written(folder.path());
  const auto image = written.write();
  for (const char* copy : {"0", "1"}) {
    const std::string superblock =
        require_process({.arguments = {"btrfs", "inspect-internal", "dump-super", "-s", copy, image.native()}},
                        "inspect", image.native());
    EXPECT_THAT(superblock, testing::ContainsRegex("csum\t+0x[0-9a-f]+ .match"));
    EXPECT_THAT(superblock, testing::ContainsRegex("label\t+root\n"));
    EXPECT_THAT(superblock, testing::ContainsRegex("\nfsid\t+11111111-2222-8333-8444-555555555555"));
    EXPECT_THAT(superblock, HasSubstr("FREE_SPACE_TREE_VALID"));
  }
}

TEST(BtrfsWriter, MetadataIsThereTwice) {
  NEEDS_BTRFS_PROGS();
  const TempDir folder("tree");
  Written written(folder.path());
  const auto image = written.write();
  const std::string chunks = dump(image, "chunk");
  const MappedFile file(image);
  std::smatch found;
  const std::regex chunk(
      "length (\\d+)[^\\n]*DUP[^]*?stripe 0 devid 1 offset (\\d+)[^]*?stripe 1 devid 1 offset (\\d+)");
  std::size_t compared = 0;
  for (auto from = chunks.begin(); std::regex_search(from, chunks.end(), found, chunk); from = found[0].second) {
    const std::size_t length = std::stoull(found[1]);
    const ByteView first = file.bytes().subspan(std::stoull(found[2]), length);
    const ByteView second = file.bytes().subspan(std::stoull(found[3]), length);
    EXPECT_TRUE(std::equal(first.begin(), first.end(), second.begin()));
    EXPECT_FALSE(is_zero(first));
    ++compared;
  }
  EXPECT_EQ(compared, 2u) << "system and metadata";
}

TEST(BtrfsWriter, OwnersTimesDevicesAndAttributesComeFromTheTree) {
  NEEDS_BTRFS_PROGS();
  const TempDir folder("tree");
  write_file(folder.path() / "file", "x");
  Written written(folder.path());
  TreeEntry& file = written.entry("file");
  file.uid = 70'001;
  file.gid = 4'000'000'000;
  file.mode = 06751;
  file.mtime = 5'000'000'000;
  file.xattrs["security.selinux"] = "system_u:object_r:bin_t:s0\0"s;
  file.xattrs["user.long"] = std::string(16'000, 'v');
  TreeEntry device;
  device.path = "disk";
  device.type = EntryType::BlockDevice;
  device.mode = 0660;
  device.parent = 0;
  device.device_major = 259;
  device.device_minor = 300;
  written.tree().entries.push_back(device);
  const auto image = written.write();
  EXPECT_EQ(file_check(image), "clean");
  const std::string files = dump(image, "fs");
  EXPECT_THAT(files, HasSubstr("mode 106751 links 1 uid 70001 gid 4000000000 rdev 0"));
  EXPECT_THAT(files, HasSubstr("mtime 5000000000.0"));
  EXPECT_THAT(files, HasSubstr(fmt::format("otime {}.0", kEpoch)));
  EXPECT_THAT(files, HasSubstr(fmt::format("mode 60660 links 1 uid 0 gid 0 rdev {}", (259 << 20) + 300)));
  EXPECT_THAT(files, HasSubstr("name: security.selinux\n\t\tdata system_u:object_r:bin_t:s0"));
  EXPECT_THAT(files, HasSubstr("data_len 16000 name_len 9"));
}

TEST(BtrfsWriter, NamesOfOneHashAreAllFound) {
  NEEDS_BTRFS_PROGS();
  const TempDir folder("tree");
  std::unordered_map<std::uint32_t, std::string>
      seen;  // a folder orders names by the checksum's state from 0xfffffffe on
  std::size_t pairs = 0;
  for (int i = 0; i < 300'000; ++i) {
    const std::string name = fmt::format("{:x}", i * 2'654'435'761ull);
    const auto [other, is_new] = seen.emplace(crc32c(0xfffffffe, as_bytes(name)), name);
    if (is_new) continue;
    write_file(folder.path() / name, name);
    write_file(folder.path() / other->second, other->second);
    ++pairs;
  }
  ASSERT_GT(pairs, 0u) << "no two names have one hash: the test proves nothing";
  Written written(folder.path());
  const auto image = written.write();
  EXPECT_EQ(file_check(image), "clean");
  EXPECT_EQ(count(dump(image, "fs"), " DIR_ITEM "), pairs);
}

TEST(BtrfsWriter, AFileMayHaveMoreNamesInAFolderThanOneItemHolds) {
  NEEDS_BTRFS_PROGS();
  const TempDir folder("tree");
  write_file(folder.path() / "file", "x");
  for (int i = 0; i < 100; ++i)
    std::filesystem::create_hard_link(folder.path() / "file", folder.path() / fmt::format("{:0>250}", i));
  Written written(folder.path());
  const auto image = written.write();
  EXPECT_EQ(file_check(image), "clean");
  const std::string files = dump(image, "fs");
  EXPECT_THAT(files, HasSubstr("links 101 "));
  EXPECT_GT(count(files, " INODE_EXTREF "), 30u);
}

TEST(BtrfsWriter, ALargeFileIsInExtentsOfAtMost128MiBThatLieInOneBlockGroup) {
  NEEDS_BTRFS_PROGS();
  const TempDir folder("tree");
  const std::string piece = test::pattern(10 << 20, 1);
  write_file(folder.path() / "file", "");
  const UniqueFd file = open_file(folder.path() / "file", O_WRONLY);
  for (int i = 0; i < 16; ++i) write_all(file.get(), as_bytes(piece), "file");
  Written written(folder.path());
  const auto image = written.write();
  EXPECT_EQ(file_check(image), "clean");
  const std::string extents = dump(image, "extent");
  EXPECT_THAT(extents, HasSubstr(fmt::format(" EXTENT_ITEM {})", 128 << 20)));
  EXPECT_EQ(count(extents, " EXTENT_ITEM "), 3u) << "before the second superblock, and the limit after it";
}

TEST(BtrfsWriter, WhatTheRangeHeldBeforeIsGoneAndItsNeighboursStay) {
  NEEDS_BTRFS_PROGS();
  const TempDir folder("tree");
  write_file(folder.path() / "file", "content");
  Written written(folder.path());
  const ByteCount size = btrfs_size_for(written.tree(), {}, kOptions);
  write_file(written.temp().path() / "raw", std::string(mebibytes(2).value + size.value, '\xee'));
  const MappedFile bytes(written.write(mebibytes(1)));
  ASSERT_EQ(bytes.bytes().size(), mebibytes(2).value + size.value);
  EXPECT_EQ(bytes.bytes()[mebibytes(1).value - 1], std::byte{0xee});
  EXPECT_EQ(bytes.bytes()[mebibytes(1).value + size.value], std::byte{0xee});
  const auto alone = written.temp().path() / "alone";
  write_file(alone, as_text(bytes.bytes().subspan(mebibytes(1).value, size.value)));
  EXPECT_EQ(file_check(alone), "clean");
}

TEST(BtrfsWriter, ATreeThatDoesNotFitIsRefusedBeforeAnythingIsWritten) {
  const TempDir folder("tree");
  write_file(folder.path() / "file", test::pattern(60 << 20, 1));
  const RootDir root(folder.path());
  const Tree tree = scan_tree(root, {.epoch = kEpoch});
  const auto raw = folder.path() / "raw";
  const UniqueFd fd = open_file(raw, O_RDWR | O_CREAT);
  for (const std::uint64_t size : {0, 16, 109, 120}) {
    try {
      write_btrfs(tree, root, fd.get(), {}, mebibytes(size), kOptions);
      FAIL() << "written";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::BadInput);
      EXPECT_THAT(error.message(), HasSubstr("cannot write file system 'root': it needs "));
      EXPECT_FALSE(error.hint().empty());
    }
  }
  EXPECT_EQ(std::filesystem::file_size(raw), 0u);
}

TEST(BtrfsWriter, WhatBtrfsCannotHoldIsRefusedByName) {
  const TempDir folder("tree");
  write_file(folder.path() / "file", "x");
  Written written(folder.path());
  written.entry("file").xattrs["user.long"] = std::string(16'250, 'x');
  EXPECT_THROW(written.write(), Error);
  written.entry("file").xattrs.clear();
  BtrfsOptions options = kOptions;
  options.label = std::string(256, 'x');
  EXPECT_THROW(written.write({}, options), Error);
  EXPECT_NO_THROW(written.write());
}

TEST(BtrfsWriter, AFileThatChangedAfterTheScanIsAnError) {
  const TempDir folder("tree");
  write_file(folder.path() / "file", "before");
  Written written(folder.path());
  write_file(folder.path() / "file", "after, and longer");
  EXPECT_THROW(written.write(), Error);
}

}  // namespace
}  // namespace keelson::image
