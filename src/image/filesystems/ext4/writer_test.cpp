#include "image/filesystems/ext4/writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/xattr.h>

#include "base/error.h"
#include "image/filesystems/sample_tree_test.h"
#include "sys/temp_dir.h"

namespace keelson::image {
namespace {

using namespace std::string_literals;
using test::debugfs;
using test::kEpoch;
using testing::HasSubstr;

#define NEEDS_E2FSPROGS() \
  if (!find_program("e2fsck") || !find_program("debugfs")) GTEST_SKIP() << "e2fsprogs is not installed"

const Ext4Options kOptions{
    .label = "root", .uuid = parse_uuid("11111111-2222-8333-8444-555555555555"), .seed = {{1, 2, 3}}, .epoch = kEpoch};

std::string file_check(const std::filesystem::path& image) {
  const ProcessResult result = run_process({.arguments = {"e2fsck", "-fn", image.native()}, .merge_output = true});
  return result.exit_code == 0 ? "clean" : result.output;
}

/// A tree on disk, scanned, and written to a file.
class Written : public test::ScannedTree {
 public:
  using ScannedTree::ScannedTree;

  std::filesystem::path write(ByteCount offset = {}, const Ext4Options& options = kOptions,
                              ByteCount extra = mebibytes(16)) {
    const UniqueFd fd = open_file(raw(), O_RDWR | O_CREAT);
    write_ext4(tree(), root(), fd.get(), offset, ext4_size_for(tree(), extra), options);
    return raw();
  }
};

class Ext4Sample : public test::SampleTest<Written> {
 protected:
  void SetUp() override { NEEDS_E2FSPROGS(); }
};

TreeEntry device(std::string path, EntryType type, std::uint32_t major, std::uint32_t minor) {
  TreeEntry entry;
  entry.path = std::move(path);
  entry.type = type;
  entry.mode = 0660;
  entry.parent = 0;
  entry.device_major = major;
  entry.device_minor = minor;
  return entry;
}

TEST_F(Ext4Sample, EveryKindOfFileComesBackAsItWas) {
  EXPECT_EQ(file_check(image_), "clean");

  const TempDir out("out");
  debugfs(image_, fmt::format("rdump / {}", out.path().native()));
  std::filesystem::remove_all(out.path() / "lost+found");
  test::expect_same_files(*written_, out.path(), 0777);
}

TEST_F(Ext4Sample, Mke2fsGivesTheSameListing) {
  if (!find_program("mke2fs")) GTEST_SKIP() << "mke2fs is not installed";
  const auto theirs = written_->temp().path() / "theirs";
  require_process({.arguments = {"mke2fs", "-q", "-t", "ext4", "-b", "4096", "-d", folder_->path().native(),
                                 theirs.native(), "1500M"}},
                  "make", "reference file system");
  std::vector<std::string> paths;
  for (const TreeEntry& entry : written_->tree().entries)
    // Sizes of folders depend on how names are packed; debugfs reads one command per line.
    if (entry.type != EntryType::Folder && entry.path.find('\n') == std::string::npos) paths.push_back(entry.path);
  const auto listing = test::debugfs_listing(image_, paths);
  ASSERT_GT(listing.size(), 5000u);
  EXPECT_EQ(listing, test::debugfs_listing(theirs, paths));
}

TEST(Ext4Writer, TwoWritesOfOneTreeAreTheSameBytesWhateverTheOrderOnDisk) {
  const TempDir first("first");
  const TempDir second("second");
  test::make_sample_tree(first.path(), 1);
  test::make_sample_tree(second.path(), -1);
  // The same content, stored with other holes.
  std::filesystem::remove(second.path() / "dense-zeros");
  write_file(second.path() / "dense-zeros", "");
  ASSERT_EQ(::truncate((second.path() / "dense-zeros").c_str(), 300'000), 0);
  const auto all_times = [](TreeEntry& entry, const struct stat&) { entry.mtime = kEpoch - 5; };
  Written a(first.path(), {.epoch = kEpoch, .adjust = all_times});
  Written b(second.path(), {.epoch = kEpoch, .adjust = all_times});
  const MappedFile left(a.write(mebibytes(1)));
  const MappedFile right(b.write(mebibytes(1)));
  ASSERT_EQ(left.bytes().size(), right.bytes().size());
  EXPECT_TRUE(std::equal(left.bytes().begin(), left.bytes().end(), right.bytes().begin()));
}

TEST(Ext4Writer, EveryTimeIsTheEpochOrTheFilesOwn) {
  NEEDS_E2FSPROGS();
  const TempDir folder("tree");
  write_file(folder.path() / "new", "");  // its own time is now: later than the epoch
  write_file(folder.path() / "old", "");
  const timespec times[2] = {{1'000'000, 0}, {1'600'000'000, 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, (folder.path() / "old").c_str(), times, 0), 0);
  Written written(folder.path());
  const auto image = written.write();
  EXPECT_THAT(debugfs(image, "stat /new"), HasSubstr(fmt::format("mtime: 0x{:08x}:00000000", kEpoch)));
  EXPECT_THAT(debugfs(image, "stat /old"), HasSubstr(fmt::format("mtime: 0x{:08x}:00000000", 1'600'000'000)));
  const std::string inode = debugfs(image, "stat /old");
  for (const char* time : {"ctime", "atime", "crtime"})
    EXPECT_THAT(inode, HasSubstr(fmt::format("{}: 0x{:08x}:00000000", time, kEpoch)));
  const std::string journal = debugfs(image, "stat <8>");
  EXPECT_THAT(journal, HasSubstr(fmt::format("mtime: 0x{:08x}", kEpoch)));
  const ProcessResult header = run_process({.arguments = {"dumpe2fs", "-h", image.native()},
                                            .environment = {"TZ=UTC", "LC_ALL=C", "PATH=/usr/sbin:/sbin:/usr/bin"}});
  EXPECT_THAT(header.output, HasSubstr("Filesystem created:       Tue Nov 14 22:13:20 2023"));
  EXPECT_THAT(header.output, HasSubstr("Last write time:          Tue Nov 14 22:13:20 2023"));
  EXPECT_THAT(header.output, HasSubstr("Last checked:             Tue Nov 14 22:13:20 2023"));
  EXPECT_THAT(header.output, HasSubstr("Filesystem UUID:          11111111-2222-8333-8444-555555555555"));
  EXPECT_THAT(header.output, HasSubstr("Filesystem volume name:   root"));
}

TEST(Ext4Writer, TimesAfter2038AreWhole) {
  NEEDS_E2FSPROGS();
  const TempDir folder("tree");
  Written written(folder.path(), {.epoch = 5'000'000'000});
  written.tree().entries[0].mtime = 5'000'000'000;
  Ext4Options options = kOptions;
  options.epoch = 5'000'000'000;
  const auto image = written.write({}, options);
  EXPECT_EQ(file_check(image), "clean");
  EXPECT_THAT(debugfs(image, "stat /"), HasSubstr("mtime: 0x2a05f200:00000001"));
}

TEST(Ext4Writer, OwnersComeFromTheTreeAndNotFromTheDisk) {
  NEEDS_E2FSPROGS();
  const TempDir folder("tree");
  write_file(folder.path() / "file", "x");
  Written written(folder.path());
  written.entry("file").uid = 70'001;
  written.entry("file").gid = 4'000'000'000;
  written.entry("file").mode = 06751;
  const auto image = written.write();
  EXPECT_EQ(file_check(image), "clean");
  const std::string inode = debugfs(image, "stat /file");
  EXPECT_THAT(inode, HasSubstr("Mode:  06751"));
  EXPECT_THAT(inode, testing::ContainsRegex("User: +70001"));
  EXPECT_THAT(inode, testing::AnyOf(testing::ContainsRegex("Group: +4000000000"),
                                    testing::ContainsRegex("Group: +-294967296")));
}

TEST(Ext4Writer, DevicesPipesAndSocketsKeepTheirNumbers) {
  NEEDS_E2FSPROGS();
  const TempDir folder("tree");
  Written written(folder.path());
  written.tree().entries.push_back(device("block", EntryType::BlockDevice, 259, 300));
  written.tree().entries.push_back(device("null", EntryType::CharDevice, 1, 3));
  written.tree().entries.push_back(device("pipe", EntryType::Fifo, 0, 0));
  written.tree().entries.push_back(device("socket", EntryType::Socket, 0, 0));
  const auto image = written.write();
  EXPECT_EQ(file_check(image), "clean");
  EXPECT_THAT(debugfs(image, "stat /null"), HasSubstr("Device major/minor number: 01:03"));
  EXPECT_THAT(debugfs(image, "stat /block"), HasSubstr("Device major/minor number: 259:300"));
  EXPECT_THAT(debugfs(image, "stat /pipe"), HasSubstr("Type: FIFO"));
  EXPECT_THAT(debugfs(image, "stat /socket"), HasSubstr("Type: socket"));
}

TEST(Ext4Writer, AttributesAreKeptInTheInodeAndInABlock) {
  NEEDS_E2FSPROGS();
  const TempDir folder("tree");
  write_file(folder.path() / "small", "x");
  write_file(folder.path() / "large", "x");
  std::filesystem::create_symlink("small", folder.path() / "link");
  Written written(folder.path());
  const std::string label = "system_u:object_r:bin_t:s0\0"s;
  for (const char* path : {"small", "large", "link"}) written.entry(path).xattrs["security.selinux"] = label;
  written.tree().entries[0].xattrs["security.selinux"] = label;
  written.entry("small").xattrs["user.empty"] = "";
  written.entry("large").xattrs["user.long"] = test::pattern(3000, 9);
  written.entry("large").xattrs["security.capability"] = "\1\0\0\2\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0"s;
  const auto image = written.write();
  EXPECT_EQ(file_check(image), "clean");
  for (const char* path : {"/small", "/large", "/link", "/"})
    EXPECT_THAT(debugfs(image, fmt::format("ea_list {}", path)),
                HasSubstr(R"(security.selinux (27) = "system_u:object_r:bin_t:s0\000")"))
        << path;
  EXPECT_THAT(debugfs(image, "ea_list /small"), HasSubstr("user.empty (0)"));
  EXPECT_THAT(debugfs(image, "ea_list /large"), HasSubstr("security.capability (20) = 01 00 00 02 00 04"));
  const auto value = written.temp().path() / "value";
  debugfs(image, fmt::format("ea_get -f {} /large user.long", value.native()));
  EXPECT_TRUE(read_file(value) == test::pattern(3000, 9));
}

TEST(Ext4Writer, AnAttributeLargerThanABlockIsAnError) {
  const TempDir folder("tree");
  write_file(folder.path() / "file", "x");
  Written written(folder.path());
  written.entry("file").xattrs["user.long"] = std::string(5000, 'x');
  EXPECT_THROW(written.write(), Error);
}

TEST_F(Ext4Sample, FilesWithSeveralNamesShareOneInode) {
  const std::string first = debugfs(image_, "stat /second-name");
  EXPECT_THAT(first, HasSubstr("Links: 3"));
  EXPECT_EQ(first, debugfs(image_, "stat /usr/bin/program"));
  EXPECT_EQ(first, debugfs(image_, "stat /usr/third-name"));
}

TEST_F(Ext4Sample, HolesTakeNoBlocks) {
  EXPECT_THAT(debugfs(image_, "stat /sparse"), HasSubstr("Blockcount: 136"));  // 64 KiB and one block, in sectors
  struct stat status {};
  ASSERT_EQ(::stat(image_.c_str(), &status), 0);
  EXPECT_LT(status.st_blocks * 512, 100 << 20) << "the raw file is stored with its holes";
}

TEST(Ext4Writer, WhatTheRangeHeldBeforeIsGoneAndItsNeighboursStay) {
  NEEDS_E2FSPROGS();
  const TempDir folder("tree");
  write_file(folder.path() / "file", "content");
  Written written(folder.path());
  const ByteCount size = ext4_size_for(written.tree(), mebibytes(16));
  write_file(written.temp().path() / "raw", std::string(mebibytes(2).value + size.value, '\xee'));
  const auto raw = written.write(mebibytes(1));
  const MappedFile bytes(raw);
  ASSERT_EQ(bytes.bytes().size(), mebibytes(2).value + size.value);
  EXPECT_EQ(bytes.bytes()[mebibytes(1).value - 1], std::byte{0xee});
  EXPECT_EQ(bytes.bytes()[mebibytes(1).value + size.value], std::byte{0xee});
  write_file(written.temp().path() / "alone", as_text(bytes.bytes().subspan(mebibytes(1).value, size.value)));
  EXPECT_EQ(file_check(written.temp().path() / "alone"), "clean");
  EXPECT_EQ(debugfs(written.temp().path() / "alone", "cat /file"), "content");
}

TEST(Ext4Writer, ATreeThatDoesNotFitIsRefusedBeforeAnythingIsWritten) {
  const TempDir folder("tree");
  write_file(folder.path() / "file", test::pattern(20 << 20, 1));
  const RootDir root(folder.path());
  const Tree tree = scan_tree(root, {.epoch = kEpoch});
  const auto raw = folder.path() / "raw";
  const UniqueFd fd = open_file(raw, O_RDWR | O_CREAT);
  try {
    write_ext4(tree, root, fd.get(), {}, mebibytes(16), kOptions);
    FAIL() << "written";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::BadInput);
    EXPECT_THAT(
        error.message(),
        testing::MatchesRegex("cannot write file system 'root': it needs [0-9]+ MiB but the partition has 16 MiB"));
    EXPECT_FALSE(error.hint().empty());
  }
  EXPECT_EQ(std::filesystem::file_size(raw), 0u);
}

TEST_F(Ext4Sample, TheSmallestSizeIsEnoughAndHasTheFreeSpaceAskedFor) {
  const RootDir root(folder_->path());
  const Tree tree = scan_tree(root, {.epoch = kEpoch});
  EXPECT_GE(ext4_size_for(tree, mebibytes(100)), ext4_size_for(tree, {}) + mebibytes(99));
  const auto raw = TempDir("raw");
  const UniqueFd fd = open_file(raw.path() / "raw", O_RDWR | O_CREAT);
  write_ext4(tree, root, fd.get(), {}, ext4_size_for(tree, {}), kOptions);
  EXPECT_EQ(file_check(raw.path() / "raw"), "clean");
}

TEST(Ext4Writer, AnEmptyTreeAndAVerySmallPartitionWork) {
  NEEDS_E2FSPROGS();
  const TempDir folder("tree");
  Written written(folder.path());
  EXPECT_EQ(file_check(written.write({}, kOptions, {})), "clean");
}

TEST(Ext4Writer, AFileThatChangedAfterTheScanIsAnError) {
  const TempDir folder("tree");
  write_file(folder.path() / "file", "before");
  Written written(folder.path());
  write_file(folder.path() / "file", "after, and longer");
  EXPECT_THROW(written.write(), Error);
}

TEST(Ext4Writer, ALabelOfMoreThanSixteenBytesIsRefused) {
  const TempDir folder("tree");
  Written written(folder.path());
  Ext4Options options = kOptions;
  options.label = "seventeen letters";
  EXPECT_THROW(written.write({}, options), Error);
}

TEST(Ext4Writer, TheFileSystemCanGrow) {
  NEEDS_E2FSPROGS();
  if (!find_program("resize2fs")) GTEST_SKIP() << "resize2fs is not installed";
  const TempDir folder("tree");
  write_file(folder.path() / "file", test::pattern(3 << 20, 1));
  Written written(folder.path());
  const auto image = written.write();
  std::filesystem::resize_file(image, gibibytes(2).value);
  const ProcessResult grown = run_process({.arguments = {"resize2fs", "-f", image.native()}, .merge_output = true});
  EXPECT_EQ(grown.exit_code, 0) << grown.output;
  EXPECT_EQ(file_check(image), "clean");
}

}  // namespace
}  // namespace keelson::image
