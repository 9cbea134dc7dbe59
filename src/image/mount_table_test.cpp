#include "image/mount_table.h"

#include <gtest/gtest.h>

namespace keelson::image {
namespace {

TEST(MountTable, FieldsDefaultsAndCommentsAreRead) {
  const auto lines = parse_mount_table(
      "# <file system> <mount point>\n"
      "UUID=abc /     ext4  errors=remount-ro 0 1\n"
      "\n"
      "  LABEL=data\t/srv/with\\040space xfs\n"
      "broken line\n"
      "/dev/sda3 none swap sw 0 0");
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[0], (MountLine{"UUID=abc", "/", "ext4", "errors=remount-ro", "0", "1"}));
  EXPECT_EQ(lines[1], (MountLine{"LABEL=data", "/srv/with space", "xfs", "defaults", "0", "0"}));
  EXPECT_EQ(lines[2].mount_point, "none");
}

TEST(MountTable, WhatIsWrittenIsReadBack) {
  const MountLine line{"UUID=a b", "/a\tb\\c", "ext4", "ro,x#y", "0", "2"};
  EXPECT_EQ(parse_mount_table(mount_line(line)), std::vector{line});
}

TEST(MountTable, ABackslashWithoutThreeOctalDigitsIsItself) {
  EXPECT_EQ(parse_mount_table("a \\04 ext4\n").at(0).mount_point, "\\04");
}

}  // namespace
}  // namespace keelson::image
