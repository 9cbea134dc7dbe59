#include "base/file_mode.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/device_number.h"

namespace keelson {
namespace {

constexpr NodeType kAll[] = {NodeType::File,        NodeType::Folder, NodeType::Symlink, NodeType::CharDevice,
                             NodeType::BlockDevice, NodeType::Fifo,   NodeType::Socket};

TEST(FileMode, EveryTypeComesBackFromItsBits) {
  for (const NodeType type : kAll) {
    EXPECT_EQ(type_of_mode(mode_bits(type)), type);
    EXPECT_EQ(type_of_mode(mode_bits(type) | 07777), type);
  }
}

TEST(FileMode, TheBitsAreThoseOfTheHost) {
  EXPECT_EQ(mode_bits(NodeType::File), unsigned{S_IFREG});
  EXPECT_EQ(mode_bits(NodeType::Folder), unsigned{S_IFDIR});
  EXPECT_EQ(mode_bits(NodeType::Symlink), unsigned{S_IFLNK});
  EXPECT_EQ(mode_bits(NodeType::CharDevice), unsigned{S_IFCHR});
  EXPECT_EQ(mode_bits(NodeType::BlockDevice), unsigned{S_IFBLK});
  EXPECT_EQ(mode_bits(NodeType::Fifo), unsigned{S_IFIFO});
  EXPECT_EQ(mode_bits(NodeType::Socket), unsigned{S_IFSOCK});
}

TEST(FileMode, BitsThatAreNoTypeAreNone) {
  EXPECT_EQ(type_of_mode(0), std::nullopt);
  EXPECT_EQ(type_of_mode(0755), std::nullopt);
  EXPECT_EQ(type_of_mode(0xf000), std::nullopt);
  EXPECT_EQ(type_of_mode(0x18000), std::nullopt) << "a mode has sixteen bits";
}

TEST(DeviceNumber, ComesBackFromEveryForm) {
  for (const DeviceNumber device : {DeviceNumber{1, 3}, {4, 65}, {255, 255}, {259, 300}, {0x103, 0x11170}, {8, 256}}) {
    EXPECT_EQ(unpack_kernel_device(pack_kernel_device(device)), device);
    EXPECT_EQ(unpack_system_v_device(pack_system_v_device(device)), device);
    EXPECT_EQ(unpack_ext4_device(pack_ext4_device(device)), device);
  }
}

TEST(DeviceNumber, SmallOnesAreInTheOldFormOfExt4) {
  EXPECT_EQ(pack_ext4_device({4, 65}).old_form, 0x441u);
  EXPECT_EQ(pack_ext4_device({4, 65}).new_form, 0u);
  EXPECT_EQ(pack_ext4_device({259, 70'000}).old_form, 0u);
  EXPECT_EQ(pack_ext4_device({259, 70'000}).new_form, 0x11110370u);
}

}  // namespace
}  // namespace keelson
