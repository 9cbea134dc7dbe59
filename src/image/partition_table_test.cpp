#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "crypto/hash.h"
#include "formats/gpt/table.h"
#include "image/disk.h"
#include "sys/file.h"
#include "sys/process.h"
#include "sys/temp_dir.h"

namespace keelson::image {
namespace {

namespace fs = std::filesystem;

DiskPlan example() {
  recipe::Storage storage = default_storage("ext4");
  storage.disk.partitions[1].label = "root-ü";
  return plan_disk(
      storage,
      {.architecture = "amd64", .seed = sha256("seed"), .needed = {{"esp", mebibytes(34)}, {"root", mebibytes(20)}}});
}

fs::path make_disk(const fs::path& folder, const std::string& name, const DiskPlan& plan) {
  const fs::path path = folder / name;
  write_file(path, "");
  fs::resize_file(path, plan.size.value);
  const UniqueFd fd = open_file(path, O_RDWR);
  write_partition_table(fd.get(), plan);
  return path;
}

TEST(PartitionTable, IsBitIdenticalTwiceAndKeepsTheFileSparse) {
  const TempDir dir("image-test");
  const fs::path first = make_disk(dir.path(), "a.raw", example());
  const fs::path second = make_disk(dir.path(), "b.raw", example());
  EXPECT_EQ(sha256_file(first), sha256_file(second));
  struct stat status {};
  ASSERT_EQ(::stat(first.c_str(), &status), 0);
  EXPECT_LT(status.st_blocks * 512, 256 * 1024);
}

TEST(PartitionTable, LibfdiskAndOurOwnFormatModuleWriteTheSameBytes) {
  const TempDir dir("image-test");
  const DiskPlan plan = example();
  const std::string disk = read_file(make_disk(dir.path(), "a.raw", plan));
  std::vector<gpt::Entry> entries;
  for (const auto& partition : plan.partitions) {
    entries.push_back({.slot = static_cast<std::uint32_t>(entries.size()),
                       .type = partition.type_uuid,
                       .uuid = partition.uuid,
                       .first = {partition.offset.value / 512},
                       .last = {(partition.offset.value + partition.size.value) / 512 - 1},
                       .label = partition.label});
  }
  const gpt::Geometry geometry{.size = plan.size, .block_size = 512};
  for (const auto& extent : gpt::encode_table(gpt::make_table(plan.disk_uuid, entries, geometry), geometry)) {
    EXPECT_EQ(disk.substr(extent.offset, extent.bytes.size()), as_text(extent.bytes)) << "at " << extent.offset;
  }
}

TEST(PartitionTable, LeavesWhatIsInThePartitionsAlone) {
  const TempDir dir("image-test");
  const DiskPlan plan = example();
  const fs::path path = dir.path() / "a.raw";
  const std::string text = "here already";
  std::string disk(plan.size.value, '\0');
  disk.replace(plan.partition("root").offset.value, text.size(), text);
  write_file(path, disk);
  write_partition_table(open_file(path, O_RDWR).get(), plan);
  EXPECT_EQ(read_file(path).substr(plan.partition("root").offset.value, text.size()), text);
}

TEST(PartitionTable, SgdiskAndSfdiskReadWhatWasPlanned) {
  if (!find_program("sgdisk") || !find_program("sfdisk")) GTEST_SKIP() << "sgdisk or sfdisk is not installed";
  const TempDir dir("image-test");
  const DiskPlan plan = example();
  const fs::path path = make_disk(dir.path(), "a.raw", plan);
  EXPECT_THAT(
      require_process({.arguments = {"sgdisk", "--verify", path}, .environment = {"LC_ALL=C"}}, "check", "disk"),
      testing::HasSubstr("No problems found"));
  const auto table = nlohmann::json::parse(require_process({.arguments = {"sfdisk", "--json", path}}, "read", "disk"))
                         .at("partitiontable");
  EXPECT_EQ(parse_uuid(table.at("id").get<std::string>()), plan.disk_uuid);
  ASSERT_EQ(table.at("partitions").size(), 2u);
  for (std::size_t i = 0; i < 2; ++i) {
    const auto& theirs = table.at("partitions").at(i);
    EXPECT_EQ(theirs.at("start").get<std::uint64_t>() * 512, plan.partitions[i].offset.value);
    EXPECT_EQ(theirs.at("size").get<std::uint64_t>() * 512, plan.partitions[i].size.value);
    EXPECT_EQ(parse_uuid(theirs.at("type").get<std::string>()), plan.partitions[i].type_uuid);
    EXPECT_EQ(parse_uuid(theirs.at("uuid").get<std::string>()), plan.partitions[i].uuid);
    EXPECT_EQ(theirs.at("name"), plan.partitions[i].label);
  }
}

TEST(PartitionTable, AFileOfAnotherSizeIsRefusedBeforeAnythingIsWritten) {
  const TempDir dir("image-test");
  write_file(dir.path() / "a.raw", "short");
  const UniqueFd fd = open_file(dir.path() / "a.raw", O_RDWR);
  EXPECT_THROW(write_partition_table(fd.get(), example()), Error);
  EXPECT_EQ(read_file(dir.path() / "a.raw"), "short");
}

}  // namespace
}  // namespace keelson::image
