#include "formats/ext4/ext4.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "formats/ext4/attributes.h"
#include "formats/ext4/file_map.h"
#include "formats/ext4/inode.h"

namespace keelson::ext4 {
namespace {

TEST(Ext4, ADiskOfZerosOrTooSmallForASuperblockIsNoExt4) {
  for (const std::size_t size : {0, 1, 1023, 2047, 2048, 65536}) {
    const MemoryBlocks disk{Bytes(size)};
    EXPECT_FALSE(looks_like_ext4(disk)) << size;
    EXPECT_THROW(open_ext4(disk), Error) << size;
  }
}

TEST(Ext4, AnAclIsShownAsGetxattrShowsIt) {
  ByteWriter stored;
  stored.u32le(1);
  for (const auto& [tag, id] : {std::pair{1, 0}, {2, 1234}, {4, 0}, {8, 77}, {16, 0}, {32, 0}}) {
    stored.u16le(static_cast<std::uint16_t>(tag));
    stored.u16le(5);
    if (id != 0) stored.u32le(static_cast<std::uint32_t>(id));
  }
  const std::string shown = decode_acl(stored.view());
  ASSERT_EQ(shown.size(), 4u + 6 * 8);
  const ByteReader reader(as_bytes(shown), "ACL");
  EXPECT_EQ(reader.u32le(0), 2u);
  EXPECT_EQ(reader.u32le(4 + 4), ~0u);
  EXPECT_EQ(reader.u16le(12), 2u);
  EXPECT_EQ(reader.u32le(16), 1234u);
  EXPECT_EQ(reader.u32le(4 + 3 * 8 + 4), 77u);
}

TEST(Ext4, AnAclThatEndsWithinAnEntryIsRefused) {
  ByteWriter stored;
  stored.u32le(1);
  stored.u16le(2);
  stored.u16le(7);
  EXPECT_THROW(decode_acl(stored.view()), Error);
}

TEST(Ext4, BackupsLieWhereTheSparseRuleSays) {
  Superblock sb;
  sb.ro_compat = kSparseSuper;
  std::string groups;
  for (std::uint32_t group = 0; group < 130; ++group) {
    if (sb.has_backup(group)) groups += std::to_string(group) + " ";
  }
  EXPECT_EQ(groups, "0 1 3 5 7 9 25 27 49 81 125 ");
  sb.ro_compat = 0;
  EXPECT_TRUE(sb.has_backup(2));
  sb.compat = kSparseSuper2;
  sb.backup_groups = {1, 6};
  EXPECT_TRUE(sb.has_backup(6));
  EXPECT_FALSE(sb.has_backup(3));
}

TEST(Ext4, DeviceNumbersComeInTwoForms) {
  Inode inode;
  inode.map[0] = std::byte{65};
  inode.map[1] = std::byte{4};
  EXPECT_EQ(device_number(inode), (DeviceNumber{4, 65}));
  inode.map = {};
  // 259:70000 = 0x103:0x11170, packed as 0x11110370.
  inode.map[4] = std::byte{0x70};
  inode.map[5] = std::byte{0x03};
  inode.map[6] = std::byte{0x11};
  inode.map[7] = std::byte{0x11};
  EXPECT_EQ(device_number(inode), (DeviceNumber{0x103, 0x11170}));
}

TEST(Ext4, RangesOfDataJoinNeighboursAndEndWithTheFile) {
  const FileMap map = {{.logical = 2, .physical = 100, .count = 3},
                       {.logical = 5, .physical = 50, .count = 1},
                       {.logical = 8, .physical = 60, .count = 4}};
  EXPECT_EQ(find_data(map, 1024, 11'000, 0), (BlockRange{2048, 4096}));
  EXPECT_EQ(find_data(map, 1024, 11'000, 3000), (BlockRange{3000, 3144}));
  EXPECT_EQ(find_data(map, 1024, 11'000, 6144), (BlockRange{8192, 2808}));
  EXPECT_EQ(find_data(map, 1024, 11'000, 11'000), std::nullopt);
  EXPECT_EQ(find_data(map, 1024, 8000, 6144), std::nullopt);
}

TEST(Ext4, AFolderMapThatHoldsABlockTwiceIsRefused) {
  Inode inode;
  EXPECT_NO_THROW(check_no_block_twice({{0, 100, 5}, {5, 95, 5}}, inode));
  EXPECT_THROW(check_no_block_twice({{0, 100, 5}, {5, 96, 5}}, inode), Error);
  EXPECT_THROW(check_no_block_twice({{0, 100, 5}, {9, 104, 1}}, inode), Error);
}

}  // namespace
}  // namespace keelson::ext4
