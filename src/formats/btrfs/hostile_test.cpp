// Images that lie: each is refused with an error that names the lie; none hangs, crashes or is believed.
#include <gmock/gmock.h>

#include "base/error.h"
#include "formats/btrfs/image_edit_test.h"

namespace keelson::btrfs {
namespace {

namespace fs = std::filesystem;

constexpr std::uint8_t kFolderEntry = 84;
constexpr std::uint8_t kExtent = 108;

class BtrfsHostile : public testing::Test {
 protected:
  void SetUp() override {
    if (!has_btrfs_progs()) GTEST_SKIP() << "btrfs-progs are not installed";
    fs::create_directories(root_ / "a/b");
    write_file(root_ / "a/file", text_of(50'000));
    write_file(root_ / "a/other", "other");
    fs::create_symlink("target", root_ / "link");
  }

  ImageEdit make(std::vector<std::string> options = {"-m", "single"}) {
    options.insert(options.end(), {"-n", "4096", "-d", "single", "--shrink"});
    return ImageEdit(make_image(dir_, root_, options));
  }
  ImageEdit kept(const std::string& name) const {
    ImageEdit image(unpack_image(dir_, name));
    image.newest_only = false;
    return image;
  }

  // Opens the image and reads all there is.
  static std::string walk(const ImageEdit& image) {
    const EditedDisk disk(image);
    try {
      const auto opened = open_btrfs(disk);
      list_subvolumes(disk);
      visit(*opened, opened->root());
      return "believed";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::BadInput);
      return error.message();
    }
  }
  static void visit(const FileSystem& image, NodeId id) {
    const Node node = image.node(id);
    image.xattrs(id);
    if (node.type == NodeType::Symlink) image.link_target(id);
    if (node.type == NodeType::File) {
      Bytes content(node.size.value);
      image.read(id, 0, content);
    }
    if (node.type != NodeType::Folder) return;
    for (const FolderEntry& entry : image.list(id)) visit(image, entry.id);
  }

  static ImageEdit::Item entry_of(const ImageEdit& image, std::string_view name) {
    return image.find_item(5, kFolderEntry,
                           [&](const Key&, std::string_view content) { return content.substr(30).starts_with(name); });
  }

  TempDir dir_{"btrfs-test"};
  fs::path root_ = dir_.path() / "root";
};

#define EXPECT_REFUSED(image, why) EXPECT_THAT(walk(image), testing::HasSubstr(why))

TEST_F(BtrfsHostile, WhatIsWholeIsRead) {
  ImageEdit image = make();
  EXPECT_EQ(walk(image), "believed");
  ImageEdit compression = kept("compression");
  EXPECT_EQ(walk(compression), "believed");
}

TEST_F(BtrfsHostile, ATruncatedDiskIsRefused) {
  ImageEdit image = make();
  image.size -= 4096;
  EXPECT_REFUSED(image, fmt::format("are more than the {} bytes that its disk has", image.size));
  image.size = 50'000;
  EXPECT_REFUSED(image, "the disk is too small for one");
}

TEST_F(BtrfsHostile, AFlippedBitInAnyTreeIsRefused) {
  const ImageEdit whole = make();
  for (const std::uint64_t tree : {1, 3, 5, 7}) {
    ImageEdit image = whole;
    ASSERT_FALSE(image.find_blocks(tree).empty()) << tree;
    const std::uint64_t block = image.find_blocks(tree).back();
    for (const std::uint64_t at : {0u, 33u, 48u, 4095u}) {
      image.flip(block + at);
      EXPECT_REFUSED(image, "its checksum is wrong");
      image.flip(block + at);
    }
    EXPECT_EQ(walk(image), "believed");
  }
}

TEST_F(BtrfsHostile, AFlippedBitInDataIsRefused) {
  ImageEdit image = make();
  image.flip(image.find_data(text_of(4096)) + 1000);
  EXPECT_REFUSED(image, "the checksum of data at ");
}

TEST_F(BtrfsHostile, DataWithoutTheirChecksumAreRefused) {
  ImageEdit image = make();
  const auto sums = image.find_item(7, 128);
  image.set_u64(sums.block, sums.slot + 9, image.u64(sums.block + sums.slot + 9) + 4096);
  EXPECT_REFUSED(image, "have no checksum");
}

TEST_F(BtrfsHostile, ASecondCopyStandsInForADamagedFirst) {
  ImageEdit image = make({"-m", "dup"});
  for (const std::uint64_t tree : {1, 3, 5, 7}) {
    const auto blocks = image.find_blocks(tree);
    ASSERT_EQ(blocks.size() % 2, 0u);
    for (std::size_t i = 0; i < blocks.size() / 2; ++i) image.flip(blocks[i] + 200);
  }
  EXPECT_EQ(walk(image), "believed");
  image.flip(image.find_blocks(5).back() + 200);
  EXPECT_REFUSED(image, "its checksum is wrong");
}

TEST_F(BtrfsHostile, ASecondCopyOfDataStandsInForADamagedFirst) {
  ImageEdit image(make_image(dir_, root_, {"-m", "dup", "-d", "dup", "-n", "4096", "--shrink"}));
  image.flip(image.find_data(text_of(4096)) + 1000);
  EXPECT_EQ(walk(image), "believed");
  const EditedDisk disk(image);
  EXPECT_EQ(content(*open_btrfs(disk), "a/file"), text_of(50'000));
}

TEST_F(BtrfsHostile, ExtentsThatOverlapAreRefused) {
  ImageEdit image = kept("compression");
  const auto first = image.find_item(5, kExtent, [](const Key& key, std::string_view content) {
    return key.offset == 0 && content[16] == 1 && content[20] == 1 && content[10] == 2;
  });
  image.set_u64(first.block, first.data + 45, 16384);  // one sector more than until the next
  EXPECT_REFUSED(image, "its extents overlap at 12288");
}

TEST_F(BtrfsHostile, ASubvolumeIsShownOnlyWhereItIs) {
  ImageEdit image = kept("subvolumes");
  const auto entry = entry_of(image, "top");
  image.set_u64(entry.block, entry.data, 256);
  image.set(entry.block, entry.data + 8, "\x84");
  const EditedDisk disk(image);
  const auto opened = open_btrfs(disk, {.subvolume_id = 5});
  EXPECT_THAT(names(*opened, "top"), testing::IsEmpty());
  EXPECT_THAT(names(*opened, "@"), testing::Not(testing::IsEmpty()));
}

TEST_F(BtrfsHostile, ADefaultSubvolumeThatIsNotThereIsRefused) {
  ImageEdit image = kept("subvolumes");
  const auto entry = image.find_item(1, kFolderEntry);
  image.set_u64(entry.block, entry.data, 300);
  EXPECT_REFUSED(image, "subvolume 300': it is the default, and is not there");
}

TEST_F(BtrfsHostile, ACopyOfTheSuperblockStandsInForTheFirst) {
  ImageEdit image = make();
  image.flip(ImageEdit::kSuper + 0x12b);
  EXPECT_REFUSED(image, "btrfs superblock': its checksum is wrong");
  ImageEdit larger = kept("compression");  // with a second one at 64 MiB
  larger.flip(ImageEdit::kSuper + 0x12b);
  EXPECT_EQ(walk(larger), "believed");
}

TEST_F(BtrfsHostile, WhatIsNotSupportedIsNamed) {
  const ImageEdit whole = make();
  const auto with = [&](std::size_t at, std::uint64_t value) {
    ImageEdit image = whole;
    image.set_u64(ImageEdit::kSuper, at, value);
    return walk(image);
  };
  EXPECT_THAT(with(0x88, 2), testing::HasSubstr("it is spread over 2 devices, which is not supported"));
  EXPECT_THAT(with(0xbc, 1u << 12), testing::HasSubstr("the feature 'zoned' is not supported"));
  EXPECT_THAT(with(0xbc, std::uint64_t{1} << 40), testing::HasSubstr("features 0x10000000000 are unknown"));
  EXPECT_THAT(with(0x38, std::uint64_t{1} << 34), testing::HasSubstr("a dump of metadata alone"));
  EXPECT_THAT(with(0x32b + 17 + 24, 2 | 16), testing::HasSubstr("its profile RAID1 is not supported"));
  EXPECT_THAT(with(0x90, 0x100000000001), testing::HasSubstr("its sizes of sectors and tree blocks"));
}

TEST_F(BtrfsHostile, ALogMakesItDirty) {
  ImageEdit image = make();
  image.set_u64(ImageEdit::kSuper, 0x60, 65536);
  EXPECT_TRUE(open_btrfs(EditedDisk(image))->identity().dirty);
}

TEST_F(BtrfsHostile, ATreeWhoseBlocksNameEachOtherEnds) {
  for (int i = 0; i < 200; ++i) write_file(root_ / fmt::format("a name of some length {}", i), "");
  const ImageEdit whole = make();
  const std::uint64_t top = whole.find_blocks(5, 1).at(0);
  const auto child = [](std::size_t i) { return 101 + i * 33 + 17; };
  ImageEdit itself = whole;
  itself.set_u64(top, child(0), whole.u64(top + 48));
  EXPECT_REFUSED(itself, "its level is 1, not 0");
  ImageEdit twice = whole;
  twice.set_u64(top, child(1), whole.u64(top + child(0)));
  EXPECT_REFUSED(twice, "it does not begin with the key that it is named by");
  ImageEdit twice_named = whole;
  twice_named.set(top, child(1) - 17, std::string(17, '\0'));
  EXPECT_REFUSED(twice_named, "its keys are out of order");
  ImageEdit older = whole;
  older.set_u64(top, child(1) + 8, 1);
  EXPECT_REFUSED(older, ", not 1");
  // The second block begins, as the upper one says, before the first one ends.
  ImageEdit crossed = whole;
  const std::uint64_t second = crossed.find_logical(crossed.u64(top + child(1)));
  for (const auto& [block, key] : {std::pair(top, child(1) - 17), std::pair(second, std::size_t{101})}) {
    crossed.set_u64(block, key, 256);
    crossed.set(block, key + 8, "\1");
    crossed.set_u64(block, key + 9, 1);
  }
  EXPECT_REFUSED(crossed, "its keys reach past its end");
}

TEST_F(BtrfsHostile, ABlockThatIsOutOfItsBoundsIsRefused) {
  const ImageEdit whole = make();
  const std::uint64_t leaf = whole.find_blocks(5).at(0);
  const auto with = [&](std::size_t at, std::uint32_t value) {
    ImageEdit image = whole;
    image.set_u32(leaf, at, value);
    return walk(image);
  };
  EXPECT_THAT(with(96, 4000), testing::HasSubstr("it has no room for 4000 items"));
  EXPECT_THAT(with(96, 0xffffffff), testing::HasSubstr("it has no room for"));
  EXPECT_THAT(with(101 + 17, 0xfffffff0), testing::HasSubstr("its item 0 is not where it belongs"));
  EXPECT_THAT(with(101 + 21, 0xfffffff0), testing::HasSubstr("its item 0 is not where it belongs"));
  EXPECT_THAT(with(101 + 25 + 17, 0), testing::HasSubstr("its item 1 is not where it belongs"));
  EXPECT_THAT(with(101, 0xffffff), testing::HasSubstr("its keys are out of order"));
  EXPECT_THAT(with(80, 0xffffff), testing::HasSubstr("it is newer than the file system"));
  EXPECT_THAT(with(48, 0), testing::HasSubstr("it says that it is another"));
  EXPECT_THAT(with(32, 0), testing::HasSubstr("it belongs to another file system"));
}

TEST_F(BtrfsHostile, AChunkThatOverlapsOrLeavesTheDiskIsRefused) {
  ImageEdit outside = make();
  const auto chunk = outside.find_item(3, 228);
  outside.set_u64(chunk.block, chunk.data + 48 + 8, outside.size - 4096);
  EXPECT_REFUSED(outside, "lie outside the disk");
  ImageEdit longer = make();
  const auto first =
      longer.find_item(3, 228, [](const Key&, std::string_view content) { return (content[24] & 2) == 0; });
  longer.set_u64(first.block, first.data, longer.u64(first.block + first.data) + 4096);
  EXPECT_REFUSED(longer, "it overlaps another");
}

TEST_F(BtrfsHostile, AFolderThatIsFoundTwiceOrHoldsItselfIsRefused) {
  const ImageEdit whole = make();
  const auto a = entry_of(whole, "a");
  const auto b = entry_of(whole, "b");
  ImageEdit cycle = whole;
  cycle.set_u64(b.block, b.data, whole.u64(a.block + a.data));  // a/b is a
  EXPECT_REFUSED(cycle, "it is found in more than one place");
  ImageEdit root = whole;
  root.set_u64(b.block, b.data, 256);
  EXPECT_REFUSED(root, "folder 'b' (inode 256)': it is found in more than one place");
  ImageEdit missing = whole;
  missing.set_u64(b.block, b.data, 77);
  EXPECT_REFUSED(missing, "inode 77': it is not there");
}

TEST_F(BtrfsHostile, NamesThatAreNotPossibleAreRefused) {
  const ImageEdit whole = make();
  const auto other = entry_of(whole, "other");
  for (const std::string& bad : {std::string("o/her"), std::string("o\0her", 5)}) {
    ImageEdit image = whole;
    image.set(other.block, other.data + 30, bad);
    EXPECT_REFUSED(image, "it has a name that is not possible");
  }
  ImageEdit hash = whole;
  hash.set(other.block, other.data + 30, "ather");
  EXPECT_REFUSED(hash, "it has a name under a hash of another");
  ImageEdit longer = whole;
  longer.set(other.block, other.data + 27, std::string("\xff\x7f", 2));
  EXPECT_REFUSED(longer, "lie past its end");
}

TEST_F(BtrfsHostile, AnExtentThatLiesAboutItsLengthIsRefused) {
  const ImageEdit whole = make();
  const auto extent =
      whole.find_item(5, kExtent, [](const Key&, std::string_view content) { return content[20] == 1; });
  const auto with = [&](std::size_t at, std::uint64_t value) {
    ImageEdit image = whole;
    image.set_u64(extent.block, extent.data + at, value);
    return walk(image);
  };
  EXPECT_THAT(with(21, std::uint64_t{1} << 50), testing::HasSubstr("lie in no chunk"));
  EXPECT_THAT(with(21, 77), testing::HasSubstr("is not possible"));
  EXPECT_THAT(with(45, std::uint64_t{1} << 40), testing::HasSubstr("is longer than what is stored"));
  EXPECT_THAT(with(45, 0), testing::HasSubstr("is not possible"));
  EXPECT_THAT(with(37, 1 << 20), testing::HasSubstr("is longer than what is stored"));
}

TEST_F(BtrfsHostile, CompressedContentThatLiesAboutItsLengthIsRefused) {
  const ImageEdit whole = kept("compression");
  for (const int kind : {1, 2, 3}) {
    const auto extent = whole.find_item(
        5, kExtent, [&](const Key&, std::string_view content) { return content[16] == kind && content[20] == 1; });
    ImageEdit huge = whole;
    huge.set_u64(extent.block, extent.data + 8, std::uint64_t{1} << 40);
    EXPECT_REFUSED(huge, "1099511627776 bytes compressed together are not possible");
    ImageEdit stored = whole;
    stored.set_u64(extent.block, extent.data + 29, 1 << 20);
    EXPECT_REFUSED(stored, "1048576 compressed bytes are not possible");
    ImageEdit other = whole;
    other.set(extent.block, extent.data + 16, std::string(1, static_cast<char>(kind % 3 + 1)));
    EXPECT_REFUSED(other, "cannot read 'btrfs ");
    const auto small = whole.find_item(
        5, kExtent, [&](const Key&, std::string_view content) { return content[16] == kind && content[20] == 0; });
    ImageEdit broken = whole;
    broken.set(small.block, small.data + 21, std::string(8, '\xff'));
    EXPECT_NE(walk(broken), "believed") << kind;
  }
}

TEST_F(BtrfsHostile, SubvolumesThatHoldEachOtherAreRefused) {
  const ImageEdit whole = kept("subvolumes");
  const auto place = [&](std::uint64_t child) {
    return whole.find_item(1, 144, [&](const Key& key, std::string_view) { return key.object == child; });
  };
  ImageEdit image = whole;
  image.set_u64(place(256).block, place(256).slot + 9, 257);  // 256 in 257, which is in 256
  EXPECT_REFUSED(image, "it contains itself");
  ImageEdit itself = whole;
  itself.set_u64(place(257).block, place(257).slot + 9, 257);
  EXPECT_REFUSED(itself, "subvolume 257': it contains itself");
}

}  // namespace
}  // namespace keelson::btrfs
