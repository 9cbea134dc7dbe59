#include "sys/file_blocks.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/error.h"
#include "sys/file.h"
#include "sys/temp_dir.h"

namespace keelson {
namespace {

class FileBlocksTest : public testing::Test {
 protected:
  std::filesystem::path file(std::string_view name) const { return dir_.path() / name; }
  const TempDir dir_{"file-blocks-test"};
};

TEST_F(FileBlocksTest, ReadsWhatIsThereAndNothingPastTheEnd) {
  write_file(file("disk"), "0123456789");
  const FileBlocks disk(file("disk"));
  EXPECT_EQ(disk.size(), ByteCount{10});
  EXPECT_EQ(as_text(read_blocks(disk, 3, 4)), "3456");
  EXPECT_THROW(read_blocks(disk, 8, 3), Error);
}

TEST_F(FileBlocksTest, AFolderAndAPipeAreRefused) {
  EXPECT_THROW(FileBlocks{dir_.path()}, Error);
  ASSERT_EQ(::mkfifo(file("pipe").c_str(), 0600), 0);
  EXPECT_THROW(FileBlocks{file("pipe")}, Error);
}

TEST_F(FileBlocksTest, WhatIsWrittenComesBackAndZerosTakeNoRoom) {
  const std::string data(10'000, 'x');
  {
    const auto fd = open_file(file("disk"), O_RDWR | O_CREAT);
    FileSink sink(fd.get(), "disk");
    sink.set_size(mebibytes(64));
    sink.write(mebibytes(32).value + 100, as_bytes(data));
    sink.write(mebibytes(40).value, Bytes(1 << 20));
    std::string mixed(3 * 4096, '\0');
    mixed[4096 * 2] = 'y';
    sink.write(mebibytes(50).value, as_bytes(mixed));
  }
  const FileBlocks disk(file("disk"));
  EXPECT_EQ(disk.size(), mebibytes(64));
  EXPECT_EQ(as_text(read_blocks(disk, mebibytes(32).value + 100, data.size())), data);
  EXPECT_EQ(as_text(read_blocks(disk, mebibytes(50).value + 8192, 1)), "y");
  struct stat status {};
  ASSERT_EQ(::stat(file("disk").c_str(), &status), 0);
  EXPECT_LE(status.st_blocks * 512, 64 << 10);
}

TEST_F(FileBlocksTest, NextDataSkipsHolesAndEndsWithTheFile) {
  {
    const auto fd = open_file(file("disk"), O_RDWR | O_CREAT);
    FileSink sink(fd.get(), "disk");
    sink.set_size(mebibytes(8));
    sink.write(mebibytes(4).value, as_bytes(std::string(4096, 'x')));
  }
  const FileBlocks disk(file("disk"));
  const auto found = disk.next_data(0);
  ASSERT_TRUE(found);
  EXPECT_LE(found->offset, mebibytes(4).value);
  EXPECT_GE(found->end(), mebibytes(4).value + 4096);
  EXPECT_LE(found->end(), mebibytes(8).value);
  EXPECT_FALSE(disk.next_data(mebibytes(8).value));
}

}  // namespace
}  // namespace keelson
