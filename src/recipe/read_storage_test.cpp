#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "recipe/read.h"

namespace keelson::recipe {
namespace {

using testing::HasSubstr;

constexpr std::string_view kGood = R"(storage:
  bootType: efi
  disks:
  - partitionTableType: gpt
    maxSize: 4G
    partitions:
    - id: esp
      type: esp
      size: 512M
    - id: root
      label: root
      start: 600M
      end: 2G
    - id: data
      label: data
      type: 4d21b016-b534-45c2-a9fb-5c16e091fd2d
      size: grow
  filesystems:
  - deviceId: esp
    type: vfat
    mountPoint: {path: /boot/efi, options: umask=0077}
  - deviceId: root
    type: ext4
    mountPoint: /
  - deviceId: data
    type: ext4
    mountPoint: {path: /var, idType: part-label}
os:
  bootloader: {resetType: hard-reset}
)";

std::string findings_of(std::string_view text) {
  return render_findings("f", parse_recipe(text, "f.yaml", "/nonexistent").findings);
}

/// The good recipe with one thing changed.
std::string with(std::string_view before, std::string_view after) {
  std::string text(kGood);
  const auto at = text.find(before);
  EXPECT_NE(at, std::string::npos) << before;
  return findings_of(text.replace(at, before.size(), after));
}

TEST(ReadStorage, EveryValueOfAGoodLayoutArrives) {
  const auto [recipe, findings] = parse_recipe(kGood, "f.yaml", "/nonexistent");
  EXPECT_EQ(render_findings("f", findings), "");
  ASSERT_TRUE(recipe.storage);
  const Storage& storage = *recipe.storage;
  EXPECT_EQ(storage.boot_type, BootType::Efi);
  EXPECT_EQ(storage.disk.max_size, gibibytes(4));
  ASSERT_EQ(storage.disk.partitions.size(), 3U);
  EXPECT_EQ(storage.disk.partitions[0].size, mebibytes(512));
  EXPECT_FALSE(storage.disk.partitions[1].grow);
  EXPECT_EQ(storage.disk.partitions[1].end, gibibytes(2));
  EXPECT_TRUE(storage.disk.partitions[2].grow);
  EXPECT_EQ(storage.filesystems[0].mount_options, "umask=0077");
  EXPECT_EQ(storage.filesystems[1].mount_point, "/");
  EXPECT_EQ(storage.filesystems[2].mount_id_type, MountIdType::PartLabel);
}

TEST(ReadStorage, PartitionsMustNotOverlap) {
  EXPECT_THAT(with("start: 600M", "start: 500M"),
              HasSubstr("f:12:14: error: partition 'root' starts at 500M, but 'esp' ends at 513M"));
  EXPECT_THAT(with("end: 2G", "end: 600M"), HasSubstr("partition 'root' ends at 600M, before it starts"));
}

TEST(ReadStorage, BoundsAreWholeMebibytes) {
  EXPECT_THAT(with("size: 512M", "size: 513K"), HasSubstr("must be a multiple of 1 MiB, not 513K"));
  EXPECT_THAT(with("maxSize: 4G", "maxSize: 4194305K"), HasSubstr("multiple of 1 MiB"));
}

TEST(ReadStorage, SizesAreDigitsAndAUnit) {
  EXPECT_THAT(with("size: 512M", "size: 512"), HasSubstr("must be a size like 100M, or 'grow', not '512'"));
  EXPECT_THAT(with("size: 512M", "size: 0M"), HasSubstr("must be a size"));
  EXPECT_THAT(with("size: 512M", "size: 99999999999999999999T"), HasSubstr("must be a size"));
  EXPECT_THAT(with("maxSize: 4G", "maxSize: grow"), HasSubstr("must be a size like 100M, not 'grow'"));
  EXPECT_THAT(with("size: 512M", "size: 8388607T"), HasSubstr("beyond any disk's end"));
}

TEST(ReadStorage, OnlyTheLastPartitionGrows) {
  EXPECT_THAT(with("      end: 2G\n", ""), HasSubstr("partition 'root' has no size, and only the last one may grow"));
  EXPECT_THAT(with("size: 512M", "size: grow"), HasSubstr("only the last one may grow"));
}

TEST(ReadStorage, ThePartitionsAndTheBackupTableFitTheDisk) {
  EXPECT_THAT(with("maxSize: 4G", "maxSize: 2049M"), HasSubstr("f:5:14: error: the partitions need 2050M"));
  EXPECT_EQ(with("maxSize: 4G", "maxSize: 2050M"), "");
  EXPECT_THAT(with("    maxSize: 4G\n", ""), HasSubstr("needs 'maxSize', or its last partition a size"));
  // An image that is composed from packages may be as small as its content.
  EXPECT_EQ(with("storage:\n", "distribution: {family: debian, release: trixie}\nstorage:\n"), "");
}

TEST(ReadStorage, EndAndSizeExcludeEachOther) {
  EXPECT_THAT(with("end: 2G", "end: 2G\n      size: 1G"), HasSubstr("has both 'end' and 'size'"));
}

TEST(ReadStorage, IdsLabelsDevicesAndMountPathsAreUnique) {
  EXPECT_THAT(with("- id: data", "- id: root"), HasSubstr("id 'root' is given twice"));
  EXPECT_THAT(with("label: data", "label: root"), HasSubstr("a unique label, and 'root' is given twice"));
  EXPECT_THAT(with("      label: data\n", ""), HasSubstr("needs a label on partition 'data'"));
  EXPECT_THAT(with("deviceId: data", "deviceId: root"), HasSubstr("device 'root' is used twice"));
  EXPECT_THAT(with("path: /var,", "path: //,"), HasSubstr("is mounted twice"));
}

TEST(ReadStorage, LabelsFitGpt) {
  EXPECT_THAT(with("label: data", "label: ä"), HasSubstr("a partition label"));
  EXPECT_THAT(with("label: data", "label: " + std::string(37, 'x')), HasSubstr("at most 36"));
}

TEST(ReadStorage, ADeviceIdNamesAPartition) {
  EXPECT_THAT(with("deviceId: data", "deviceId: dat"),
              HasSubstr("names no partition or verity device: 'dat'\n  hint: did you mean 'data'?"));
}

TEST(ReadStorage, EfiNeedsAFatEspAtBootEfi) {
  EXPECT_THAT(with("type: esp", "type: root"), HasSubstr("'efi' needs a partition of type 'esp'"));
  EXPECT_THAT(with("type: vfat", "type: ext4"), HasSubstr("vfat or fat32"));
  EXPECT_THAT(with("path: /boot/efi", "path: /efi"), HasSubstr("must be mounted at '/boot/efi'"));
  EXPECT_EQ(with("type: vfat", "type: fat32"), "");
}

TEST(ReadStorage, LegacyBootIsForImagesThatExist) {
  EXPECT_THAT(with("bootType: efi", "bootType: legacy"),
              HasSubstr("'legacy' in 'storage.bootType' changes an image that exists"));
}

TEST(ReadStorage, DisksNeedTheirNeighbours) {
  EXPECT_THAT(with("  bootType: efi\n", ""), HasSubstr("'storage.disks' needs 'storage.bootType'"));
  EXPECT_THAT(with("bootloader: {resetType: hard-reset}", "hostname: a"), HasSubstr("needs 'os.bootloader.resetType'"));
  EXPECT_EQ(with("os:\n  bootloader: {resetType: hard-reset}", "distribution: {family: debian, release: trixie}"), "");
  EXPECT_THAT(findings_of("storage: {bootType: efi}\n"), HasSubstr("'storage.bootType' needs 'storage.disks'"));
  EXPECT_THAT(findings_of("storage: {disks: []}\n"), HasSubstr("needs at least one item"));
}

TEST(ReadStorage, OnlyOneDisk) {
  EXPECT_THAT(with("  filesystems:\n", "  - partitions: [{id: x}]\n  filesystems:\n"),
              HasSubstr("at most 1 item, not 2"));
}

TEST(ReadStorage, AComposedSystemHasARoot) {
  EXPECT_THAT(findings_of(R"(distribution: {family: debian, release: trixie}
storage:
  bootType: efi
  disks: [{partitions: [{id: esp, type: esp, size: 64M}]}]
  filesystems: [{deviceId: esp, type: vfat, mountPoint: /boot/efi}]
)"),
              HasSubstr("no file system is mounted at '/'"));
}

TEST(ReadStorage, ThereAreNoMorePartitionsThanGptHolds) {
  std::string text = "storage:\n  disks:\n  - partitions:\n";
  for (int i = 0; i < 129; ++i) text += "    - {id: p" + std::to_string(i) + ", size: 1M}\n";
  EXPECT_THAT(findings_of(text), HasSubstr("'storage.disks[0].partitions' must have at most 128 items, not 129"));
}

TEST(ReadStorage, ErofsIsForTheRoot) {
  EXPECT_EQ(with("type: ext4\n    mountPoint: /\n", "type: erofs\n    mountPoint: /\n"), "");
  EXPECT_THAT(with("type: ext4\n    mountPoint: {path: /var", "type: erofs\n    mountPoint: {path: /var"),
              HasSubstr("'erofs' is for the root file system only"));
}

}  // namespace
}  // namespace keelson::recipe
