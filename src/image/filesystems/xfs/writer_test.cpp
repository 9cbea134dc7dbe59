#include "image/filesystems/xfs/writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "image/filesystems/xfs/image_test.h"

namespace keelson::image {
namespace {

using namespace std::string_literals;
using test::differences;
using test::file_check;
using test::kEpoch;
using test::kOptions;
using test::run;
using test::Written;
using test::xfs_db;
using testing::HasSubstr;

using XfsWriter = test::XfsTest;

class XfsSample : public test::SampleTest<Written> {
 protected:
  void SetUp() override { NEEDS_XFSPROGS(); }
};

TEST_F(XfsSample, EveryKindOfFileComesBackAsItWas) {
  EXPECT_EQ(file_check(image_), "");
  EXPECT_EQ(fmt::format("{}", fmt::join(differences(*written_, image_), "\n")), "");
}

TEST_F(XfsSample, FilesWithSeveralNamesShareOneInode) {
  EXPECT_THAT(xfs_db(image_, {"path /second-name", "p core.nlinkv2"}), HasSubstr("nlinkv2 = 3"));
  EXPECT_EQ(xfs_db(image_, {"path /second-name", "p"}), xfs_db(image_, {"path /usr/third-name", "p"}));
}

TEST_F(XfsSample, HolesTakeNoBlocks) {
  EXPECT_THAT(xfs_db(image_, {"path /sparse", "p core.nblocks"}), HasSubstr("nblocks = 17"));  // 64 KiB and one block
  EXPECT_THAT(xfs_db(image_, {"path /dense-zeros", "p core.nblocks"}), HasSubstr("nblocks = 0"));
  struct stat status {};
  ASSERT_EQ(::stat(image_.c_str(), &status), 0);
  EXPECT_LT(status.st_blocks * 512, 100 << 20) << "the raw file is stored with its holes";
}

TEST_F(XfsSample, AFileInManyPiecesHasATreeOfThem) {
  EXPECT_THAT(xfs_db(image_, {"path /pieces", "p core.format core.nextents"}),
              testing::AllOf(HasSubstr("format = 3 (btree)"), HasSubstr("nextents = 400")));
}

TEST_F(XfsWriter, AnEmptyTreeIsAWholeFileSystem) {
  Written written(folder_.path());
  const auto image = written.write();
  EXPECT_EQ(std::filesystem::file_size(image), mebibytes(300).value);
  expect_whole(written, image);
  const std::string sb = xfs_db(image, {"sb 0", "p"});
  EXPECT_THAT(sb, HasSubstr("uuid = 11111111-2222-8333-8444-555555555555"));
  EXPECT_THAT(sb, HasSubstr("fname = \"root"));
  EXPECT_THAT(sb, HasSubstr("rootino = 128"));
}

TEST_F(XfsWriter, TheSuperblockIsTheOneOfMkfsButForWhereTheLogIs) {
  if (!find_program("mkfs.xfs")) GTEST_SKIP() << "mkfs.xfs is not installed";
  Written written(folder_.path());
  const auto ours = written.write();
  const auto theirs = folder_.path() / "theirs";
  write_file(theirs, "");
  std::filesystem::resize_file(theirs, mebibytes(300).value);
  run({"mkfs.xfs", "-q", "-L", "root", "-m",
       "uuid=11111111-2222-8333-8444-555555555555,reflink=1,finobt=1,bigtime=1,inobtcount=1,rmapbt=0",
       theirs.native()});
  const auto lines = [](const std::filesystem::path& image) {
    const std::string text = xfs_db(image, {"sb 0", "p", "agi 0", "p"});
    std::string kept;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = std::min(text.find('\n', at), text.size());
      const std::string line = text.substr(at, end - at + 1);
      at = end + 1;
      if (!line.starts_with("logstart") && !line.starts_with("crc")) kept += line;
    }
    return kept;
  };
  EXPECT_EQ(lines(ours), lines(theirs));
}

TEST_F(XfsWriter, FoldersOfEverySizeAreIndexedAsTheirFormWants) {
  const std::vector<std::pair<std::size_t, std::size_t>> sizes{{1, 0},   {10, 0},   {60, 1},
                                                               {500, 0}, {5000, 0}, {40'000, 0}};
  write_file(folder_.path() / "one", "");
  for (const auto& [count, ignored] : sizes) std::filesystem::create_directory(folder_.path() / std::to_string(count));
  Written written(folder_.path());
  const auto index_of = [&](const std::string& path) {
    return static_cast<std::size_t>(&written.entry(path) - written.tree().entries.data());
  };
  const std::size_t file = index_of("one");
  // All are names of one file. They stand behind their folder, though not next to it.
  for (const auto& [count, ignored] : sizes) {
    const std::size_t folder = index_of(std::to_string(count));
    for (std::size_t i = 0; i < count; ++i)
      written.add(fmt::format("{}/name-{:0{}}", count, i, 1 + i % 40), EntryType::File, folder).first_link = file;
  }
  for (TreeEntry& entry : written.tree().entries) entry.mtime = kEpoch;
  const auto image = written.write();
  expect_whole(written, image);
  const auto format = [&](const std::string& path) { return xfs_db(image, {"path " + path, "p core.format"}); };
  EXPECT_THAT(format("/10"), HasSubstr("(local)"));
  EXPECT_THAT(xfs_db(image, {"path /60", "p core.size"}), HasSubstr("size = 4096"));
  EXPECT_THAT(xfs_db(image, {"path /500", "dblock 8388608", "p lhdr.info.hdr.magic"}), HasSubstr("0x3df1"));
  EXPECT_THAT(xfs_db(image, {"path /40000", "dblock 8388608", "p nhdr.info.hdr.magic"}), HasSubstr("0x3ebe"));
}

TEST_F(XfsWriter, AFileInManyPiecesHasATreeOfThemBesideItsLabel) {
  write_file(folder_.path() / "pieces", "");
  const UniqueFd fd = open_file(folder_.path() / "pieces", O_WRONLY);
  for (std::uint64_t i = 0; i < 1100; ++i) write_all_at(fd.get(), as_bytes("data"), i * 2 * 65536, "pieces");
  Written written(folder_.path());
  // So much that the root of the tree has room for three children only.
  written.entry("pieces").xattrs["user.text"] = test::pattern(250, 5);
  const auto image = written.write();
  expect_whole(written, image);
  EXPECT_THAT(xfs_db(image, {"path /pieces", "p u3.bmbt.level core.nextents core.aformat"}),
              testing::AllOf(HasSubstr("level = 2"), HasSubstr("nextents = 1100"), HasSubstr("(local)")));
}

TEST_F(XfsWriter, DevicesPipesAndSocketsKeepTheirNumbers) {
  Written written(folder_.path());
  TreeEntry& block = written.add("block", EntryType::BlockDevice);
  block.device_major = 259;
  block.device_minor = 70'000;
  TreeEntry& null = written.add("null", EntryType::CharDevice);
  null.device_major = 1;
  null.device_minor = 3;
  null.xattrs["security.selinux"] = "system_u:object_r:null_device_t:s0\0"s;
  written.add("pipe", EntryType::Fifo);
  written.add("socket", EntryType::Socket).xattrs["user.long"] = test::pattern(700, 1);
  expect_whole(written, written.write());
}

TEST_F(XfsWriter, AttributesAreKeptInTheInodeInLeavesAndInBlocksOfTheirOwn) {
  for (const char* name : {"small", "medium", "large", "many", "acl"}) write_file(folder_.path() / name, "x");
  std::filesystem::create_symlink("small", folder_.path() / "link");
  std::filesystem::create_symlink(std::string(300, 't'), folder_.path() / "long-link");
  std::filesystem::create_directory(folder_.path() / "folder");
  Written written(folder_.path());
  const std::string label = "system_u:object_r:bin_t:s0\0"s;
  for (TreeEntry& entry : written.tree().entries) entry.xattrs["security.selinux"] = label;
  written.entry("small").xattrs["user.empty"] = "";
  written.entry("medium").xattrs["user.long"] = test::pattern(2000, 9);
  written.entry("medium").xattrs["security.capability"] = "\1\0\0\2\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0"s;
  written.entry("large").xattrs["user.longest"] = test::pattern(65536, 10);
  written.entry("large").xattrs["user.block"] = test::pattern(4040, 11);
  written.entry("link").xattrs["trusted.notes"] = test::pattern(255, 12);
  for (int i = 0; i < 300; ++i) written.entry("many").xattrs[fmt::format("user.{:03}", i)] = test::pattern(200, 13);
  // Version 2; then tag, permissions and id of: the owner, user 1000, the group, the mask, others.
  const std::string acl = "\2\0\0\0"s + "\1\0\6\0\xff\xff\xff\xff"s + "\2\0\7\0\xe8\3\0\0"s +
                          "\4\0\4\0\xff\xff\xff\xff"s + "\x10\0\7\0\xff\xff\xff\xff"s + "\x20\0\4\0\xff\xff\xff\xff"s;
  written.entry("acl").xattrs["system.posix_acl_access"] = acl;
  written.entry("folder").xattrs["system.posix_acl_default"] = acl;
  const auto image = written.write();
  expect_whole(written, image);
  EXPECT_THAT(xfs_db(image, {"path /small", "p core.aformat"}), HasSubstr("(local)"));
  EXPECT_THAT(xfs_db(image, {"path /medium", "ablock 0", "p hdr.info.hdr.magic"}), HasSubstr("0x3bee"));
  EXPECT_THAT(xfs_db(image, {"path /many", "ablock 0", "p hdr.info.hdr.magic"}), HasSubstr("0x3ebe"));
  EXPECT_THAT(xfs_db(image, {"path /folder", "p a"}), HasSubstr("SGI_ACL_DEFAULT"));
}

TEST_F(XfsWriter, WhatXfsCanNotHoldIsRefused) {
  Written written(folder_.path());
  TreeEntry& entry = written.add("odd", EntryType::Symlink);
  const auto refused = [&] {
    try {
      xfs_size_for(written.tree(), {});
    } catch (const Error& error) {
      return error.kind() == ErrorKind::BadInput ? error.message() : "another kind";
    }
    return "taken"s;
  };
  entry.target = std::string(1024, 'x');
  EXPECT_EQ(refused(), "cannot write 'odd': the target of a symbolic link has 1 to 1023 bytes in XFS");
  entry.target = "x";
  EXPECT_EQ(refused(), "taken");
  entry.xattrs["btrfs.compression"] = "zstd";
  EXPECT_EQ(refused(), "cannot write attribute 'btrfs.compression' of 'odd': XFS has no such namespace");
  entry.xattrs = {{"user.large", std::string(65537, 'x')}};
  EXPECT_EQ(refused(), "cannot write attribute 'user.large' of 'odd': a value has at most 65536 bytes in XFS");
  entry.xattrs = {{"system.posix_acl_access", "\2\0\0"s}};
  EXPECT_EQ(refused(), "cannot write attribute 'system.posix_acl_access' of 'odd': it is no ACL of version 2");
  entry.xattrs = {};
  entry.type = EntryType::CharDevice;
  entry.device_minor = 1 << 18;
  EXPECT_EQ(refused(), "cannot write 'odd': device 0:262144 is beyond what XFS can hold");
}

TEST_F(XfsWriter, OwnersComeFromTheTreeAndTimesAreTheEpochOrTheFilesOwn) {
  write_file(folder_.path() / "file", "x");
  Written written(folder_.path());
  written.entry("file").uid = 70'001;
  written.entry("file").gid = 4'000'000'000;
  written.entry("file").mode = 06751;
  written.entry("file").mtime = 5'000'000'000;
  const auto image = written.write();
  expect_whole(written, image);
  const std::string inode = xfs_db(image, {"path /file", "p"});
  EXPECT_THAT(inode, HasSubstr("core.mtime.sec = Fri Jun 11 08:53:20 2128"));
  for (const char* time : {"core.atime", "core.ctime", "v3.crtime"})
    EXPECT_THAT(inode, HasSubstr(fmt::format("{}.sec = Tue Nov 14 22:13:20 2023", time)));
  EXPECT_THAT(inode, HasSubstr("core.gen = 16909056"));  // the seed's first four bytes
}

}  // namespace
}  // namespace keelson::image
