// What sgdisk writes we read, and what we write sgdisk accepts.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "formats/gpt/table.h"
#include "formats/gpt/types.h"
#include "sys/file.h"
#include "sys/process.h"
#include "sys/temp_dir.h"

namespace keelson::gpt {
namespace {

namespace fs = std::filesystem;

const Geometry kDisk{.size = mebibytes(64), .block_size = 512};

std::string sgdisk(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "sgdisk");
  return require_process({.arguments = arguments, .environment = {"LC_ALL=C"}, .merge_output = true}, "run", "sgdisk");
}

void make_empty(const fs::path& path) {
  write_file(path, "");
  fs::resize_file(path, kDisk.size.value);
}

Table read(const fs::path& path) {
  const MappedFile file(path);
  return read_table(
      [&file](std::uint64_t offset, std::size_t size) {
        const ByteView view = ByteReader(file.bytes(), "disk").bytes(offset, size);
        return Bytes(view.begin(), view.end());
      },
      {.size = {file.bytes().size()}, .block_size = 512});
}

TEST(GptInterop, ADiskMadeBySgdiskIsRead) {
  if (!find_program("sgdisk")) GTEST_SKIP() << "sgdisk is not installed";
  const TempDir dir("gpt-test");
  const fs::path disk = dir.path() / "disk.raw";
  make_empty(disk);
  sgdisk({"--new=1:2048:+8M", "--typecode=1:c12a7328-f81f-11d2-ba4b-00a0c93ec93b", "--change-name=1:Wurzel ß",
          "--new=3:0:0", "--typecode=3:4f68bce3-e8cd-4db1-96e7-fbcaf984b709", "--attributes=3:set:60",
          "--partition-guid=3:00112233-4455-6677-8899-aabbccddeeff", "--disk-guid=12345678-9abc-def0-1122-334455667788",
          disk});
  const Table table = read(disk);
  EXPECT_EQ(table.header.disk_uuid.text(), "12345678-9abc-def0-1122-334455667788");
  ASSERT_EQ(table.entries.size(), 2u);
  EXPECT_EQ(table.entries[0].first, Lba{2048});
  EXPECT_EQ(table.entries[0].last, Lba{2048 + 16384 - 1});
  EXPECT_EQ(find_type_name(table.entries[0].type)->name, "esp");
  EXPECT_EQ(table.entries[1].slot, 2u);
  EXPECT_EQ(table.entries[1].uuid.text(), "00112233-4455-6677-8899-aabbccddeeff");
  EXPECT_EQ(table.entries[1].attributes, std::uint64_t{1} << 60);
  EXPECT_EQ(table.entries[1].last, table.header.last_usable);
}

TEST(GptInterop, SgdiskVerifiesADiskThatWeWrote) {
  if (!find_program("sgdisk")) GTEST_SKIP() << "sgdisk is not installed";
  const TempDir dir("gpt-test");
  const fs::path disk = dir.path() / "disk.raw";
  make_empty(disk);
  const Table table = make_table(parse_uuid("12345678-9abc-def0-1122-334455667788"),
                                 {{.slot = 0,
                                   .type = *find_type("esp", "amd64"),
                                   .uuid = parse_uuid("00112233-4455-6677-8899-aabbccddeeff"),
                                   .first = {2048},
                                   .last = {4095},
                                   .label = "esp"},
                                  {.slot = 1,
                                   .type = *find_type("root", "amd64"),
                                   .uuid = parse_uuid("00112233-4455-6677-8899-aabbccddee00"),
                                   .first = {4096},
                                   .last = {8191},
                                   .attributes = 1,
                                   .label = "root-a"}},
                                 kDisk);
  const UniqueFd fd = open_file(disk, O_RDWR);
  for (const Extent& extent : encode_table(table, kDisk)) write_all_at(fd.get(), extent.bytes, extent.offset, "disk");
  EXPECT_EQ(read(disk), table);
  EXPECT_THAT(sgdisk({"--verify", disk}), testing::HasSubstr("No problems found"));
  const std::string info = sgdisk({"--info=2", disk});
  EXPECT_THAT(info, testing::HasSubstr("00112233-4455-6677-8899-AABBCCDDEE00"));
  EXPECT_THAT(info, testing::HasSubstr("root-a"));
  EXPECT_THAT(info, testing::HasSubstr("Attribute flags: 0000000000000001"));
}

TEST(GptInterop, ADiskThatGrewIsExtendedAsSgdiskDoesIt) {
  if (!find_program("sgdisk")) GTEST_SKIP() << "sgdisk is not installed";
  const TempDir dir("gpt-test");
  const fs::path theirs = dir.path() / "theirs.raw";
  const fs::path ours = dir.path() / "ours.raw";
  make_empty(theirs);
  sgdisk({"--new=1:2048:+8M", "--new=2:0:0", theirs});
  const Geometry grown{.size = {mebibytes(80).value + 512 * 7}, .block_size = 512};
  fs::resize_file(theirs, grown.size.value);
  fs::copy_file(theirs, ours);
  const Table table = read(ours);
  EXPECT_FALSE(ends_with_disk(table, grown));
  const UniqueFd fd = open_file(ours, O_RDWR);
  for (const Extent& extent : encode_table(extend_to_end(table, grown), grown))
    write_all_at(fd.get(), extent.bytes, extent.offset, "disk");
  EXPECT_THAT(sgdisk({"--verify", ours}), testing::HasSubstr("No problems found"));
  sgdisk({"-e", theirs});
  EXPECT_EQ(read(theirs), read(ours));
  const MappedFile a(theirs), b(ours);
  // Behind the first block: sgdisk says where the protective partition ends in cylinders too.
  const ByteView rest = a.bytes().subspan(512), other = b.bytes().subspan(512);
  EXPECT_TRUE(std::equal(rest.begin(), rest.end(), other.begin(), other.end()));
}

}  // namespace
}  // namespace keelson::gpt
