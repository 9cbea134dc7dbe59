// Images that lie: each is refused with an error that names the lie; none hangs, crashes or is believed.
#include <fcntl.h>
#include <gmock/gmock.h>

#include "base/error.h"
#include "formats/ext4/image_test.h"

namespace keelson::ext4 {
namespace {

namespace fs = std::filesystem;

// Without checksums, so that a lie is met by the check that is meant for it.
const std::vector<std::string> kUnchecked = {"-t", "ext4", "-b", "1024", "-O", "^metadata_csum,^has_journal"};

class Ext4Hostile : public testing::Test {
 protected:
  void SetUp() override {
    if (!has_e2fsprogs()) GTEST_SKIP() << "e2fsprogs are not installed";
    fs::create_directories(root_ / "a/b/c");
    write_file(root_ / "a/file", std::string(50'000, 'f'));
    write_file(root_ / "a/other", "other");
    fs::create_symlink("target", root_ / "link");
  }

  void make(const std::vector<std::string>& options = kUnchecked) { image_ = make_image(dir_, root_, options, "8M"); }

  std::uint64_t find_bytes(std::string_view bytes) const {
    const std::size_t at = read_file(image_).find(bytes);
    EXPECT_NE(at, std::string::npos);
    return at;
  }
  void poke(std::uint64_t at, std::string_view bytes) const {
    const UniqueFd fd = open_file(image_, O_WRONLY);
    write_all_at(fd.get(), as_bytes(bytes), at, "image");
  }

  // Opens the image and reads all there is.
  void walk() const {
    const FileBlocks disk(image_);
    const auto opened = open_ext4(disk);
    walk(*opened, opened->root());
  }
  void walk(const FileSystem& image, NodeId id) const {
    const Node node = image.node(id);
    image.xattrs(id);
    if (node.type == NodeType::Symlink) image.link_target(id);
    if (node.type == NodeType::File) content(image, id);
    if (node.type != NodeType::Folder) return;
    for (const FolderEntry& entry : image.list(id)) walk(image, entry.id);
  }

  void expect_refused(std::string_view why) const {
    try {
      walk();
      FAIL() << "it was believed; expected: " << why;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::BadInput);
      EXPECT_THAT(error.message(), testing::HasSubstr(std::string(why)));
    }
  }

  TempDir dir_{"ext4-test"};
  fs::path root_ = dir_.path() / "root";
  fs::path image_;
};

TEST_F(Ext4Hostile, WhatIsWholeIsRead) {
  make();
  EXPECT_NO_THROW(walk());
}

TEST_F(Ext4Hostile, ATruncatedDiskIsRefused) {
  make();
  fs::resize_file(image_, 5'000'000);
  expect_refused("are more than the 5000000 bytes that its disk has");
}

TEST_F(Ext4Hostile, AFolderThatHoldsItsParentIsRefused) {
  make();
  debugfs(image_, "link /a /a/b/c/again\n");
  expect_refused("folder 'again' (inode 12)': it is found in more than one place");
}

TEST_F(Ext4Hostile, AFolderThatHoldsTheRootIsRefused) {
  make();
  debugfs(image_, "link / /a/again\n");
  expect_refused("'again' names inode 2, which is no file's");
}

TEST_F(Ext4Hostile, AFolderWithTwoNamesIsRefused) {
  make();
  debugfs(image_, "link /a/b /a/twice\n");
  expect_refused("it is found in more than one place");
}

TEST_F(Ext4Hostile, AnExtentPastTheEndIsRefused) {
  make();
  debugfs(image_, "set_inode_field /a/file block[5] 0x7fffffff\n");
  expect_refused("lie outside the file system");
}

TEST_F(Ext4Hostile, AnExtentOverTheSuperblockIsRefused) {
  make();
  debugfs(image_, "set_inode_field /a/file block[5] 1\n");
  expect_refused("lie outside the file system");
}

TEST_F(Ext4Hostile, AnExtentTreeThatIsTooDeepIsRefused) {
  make();
  debugfs(image_, "set_inode_field /a/file block[1] 0x60004\n");
  expect_refused("deeper than 5");
}

TEST_F(Ext4Hostile, ABlockMapWhoseBlocksNameEachOtherEnds) {
  make({"-t", "ext2", "-b", "1024"});
  const FileBlocks disk(image_);
  // The file's indirect block is made its triple indirect one too; each of its numbers is then a block of numbers.
  debugfs(image_,
          "set_inode_field /a/file size 0x8000000\n"
          "set_inode_field /a/file block[TIND] 1000\n"
          "set_inode_field /a/file block[DIND] 1000\n");
  std::string numbers;
  for (int i = 0; i < 256; ++i) numbers += std::string("\xe8\x03\0\0", 4);
  poke(1000 * 1024, numbers);
  expect_refused("it names more blocks than the file system has");
}

TEST_F(Ext4Hostile, AFileLargerThanIsPossibleIsRefused) {
  make();
  debugfs(image_, "set_inode_field /a/file size 0x7fffffffffffffff\n");
  const FileBlocks disk(image_);
  const auto opened = open_ext4(disk);
  const NodeId file = require_path(*opened, "a/file");
  std::byte byte;
  EXPECT_THROW(opened->read(file, 1, {&byte, 1}), Error);
  EXPECT_THROW(opened->next_data(file, 1), Error);
}

TEST_F(Ext4Hostile, NamesWithASlashOrAZeroAreRefused) {
  for (const std::string& bad : {std::string("o/her"), std::string("o\0her", 5), std::string("..\0\0\0", 5)}) {
    make();
    poke(find_bytes(std::string("\x05\x01other", 7)) + 2, bad);
    expect_refused("a name that is not possible");
  }
}

TEST_F(Ext4Hostile, ANameThatIsThereTwiceIsRefused) {
  write_file(root_ / "a/othes", "second");
  make();
  poke(find_bytes(std::string("\x05\x01othes", 7)) + 2, "other");
  expect_refused("the folder has the name 'other' twice");
}

TEST_F(Ext4Hostile, AnEntryThatDoesNotFitIsRefused) {
  make();
  poke(find_bytes(std::string("\x05\x01other", 7)) - 2, std::string("\xfc\x7f", 2));
  expect_refused("does not fit");
}

TEST_F(Ext4Hostile, AnEntryWithoutLengthDoesNotHang) {
  make();
  poke(find_bytes(std::string("\x05\x01other", 7)) - 2, std::string("\0\0", 2));
  expect_refused("does not fit");
}

TEST_F(Ext4Hostile, AnEntryOfAReservedOrFreeInodeIsRefused) {
  make();
  const std::uint64_t at = find_bytes(std::string("\x05\x01other", 7)) - 6;
  poke(at, std::string("\x07\0\0\0", 4));
  expect_refused("which is no file's");
  poke(at, std::string("\xff\xff\xff\x7f", 4));
  expect_refused("which is no file's");
  poke(at, std::string("\xff\0\0\0", 4));
  expect_refused("it is not in use");
}

TEST_F(Ext4Hostile, UnknownFeaturesAreNamed) {
  make();
  poke(1024 + 0x60, std::string("\x52\x02\0\x80", 4));
  expect_refused("features 0x80000000 are unknown");
  poke(1024 + 0x60, std::string("\x01\0\0\0", 4));
  expect_refused("the feature 'compression' is not supported");
}

TEST_F(Ext4Hostile, EncryptedContentIsRefusedWithTheReason) {
  make();
  debugfs(image_, "set_inode_field /a/file flags 0x80800\n");
  expect_refused("it is encrypted");
}

TEST_F(Ext4Hostile, EveryByteOfMetadataIsUnderAChecksum) {
  make({"-t", "ext4", "-b", "1024", "-O", "^has_journal"});
  poke(1024 + 0x78, "label");
  expect_refused("ext4 superblock': its checksum is wrong");
  make({"-t", "ext4", "-b", "1024", "-O", "^has_journal"});
  poke(2048 + 0x1C, "x");  // unused inodes: nothing else looks at them
  expect_refused("ext4 descriptor of block group 0': its checksum is wrong");
  make({"-t", "ext4", "-b", "1024", "-O", "^has_journal"});
  poke(find_bytes(std::string("\x05\x01other", 7)) + 2, "ether");
  expect_refused("the checksum of a folder's block is wrong");
  make({"-t", "ext4", "-b", "1024", "-O", "^has_journal"});
  poke(find_bytes("target"), "tarGet");  // a short target is within its inode
  expect_refused("its checksum is wrong");
}

}  // namespace
}  // namespace keelson::ext4
