#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "base/error.h"
#include "crypto/hash.h"
#include "image/disk.h"

namespace keelson::image {
namespace {

PlanInputs inputs(std::map<std::string, ByteCount> needed = {{"esp", mebibytes(40)},
                                                             {"root", {mebibytes(100).value + 1}}}) {
  return {.architecture = "amd64", .seed = sha256("seed"), .needed = std::move(needed)};
}

recipe::Storage fixed_disk() {
  recipe::Storage storage = default_storage("ext4");
  storage.disk.max_size = mebibytes(512);
  storage.disk.partitions[0].grow = false;
  storage.disk.partitions[0].size = mebibytes(64);
  return storage;
}

struct Refusal {
  std::string message;
  std::string hint;
};

Refusal refusal(const std::function<void(recipe::Storage&, PlanInputs&)>& change) {
  recipe::Storage storage = fixed_disk();
  PlanInputs given = inputs();
  change(storage, given);
  try {
    plan_disk(storage, given);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::BadInput);
    return {error.message(), error.hint()};
  }
  return {"accepted", ""};
}

TEST(DiskPlan, TheDefaultDiskIsAsSmallAsItsContent) {
  const DiskPlan plan = plan_disk(default_storage("ext4"), inputs());
  ASSERT_EQ(plan.partitions.size(), 2u);
  EXPECT_EQ(plan.partition("esp").offset, mebibytes(1));
  EXPECT_EQ(plan.partition("esp").size, mebibytes(40));
  EXPECT_EQ(plan.partition("esp").filesystem, "vfat");
  EXPECT_EQ(plan.partition("esp").mount_point, "/boot/efi");
  EXPECT_EQ(plan.partition("root").offset, mebibytes(41));
  EXPECT_EQ(plan.partition("root").size, mebibytes(101));
  EXPECT_EQ(plan.partition("root").filesystem, "ext4");
  EXPECT_EQ(plan.size, mebibytes(143));  // the backup table takes one more
}

TEST(DiskPlan, TheLastPartitionReachesToTheEndOfADiskOfGivenSize) {
  const DiskPlan plan = plan_disk(fixed_disk(), inputs());
  EXPECT_EQ(plan.size, mebibytes(512));
  EXPECT_EQ(plan.partition("root").offset, mebibytes(65));
  EXPECT_EQ(plan.partition("root").size, mebibytes(512 - 65 - 1));
}

TEST(DiskPlan, StartAndEndAreKept) {
  recipe::Storage storage = fixed_disk();
  storage.disk.partitions[0].start = mebibytes(8);
  storage.disk.partitions[1].start = mebibytes(100);
  storage.disk.partitions[1].end = mebibytes(300);
  const DiskPlan plan = plan_disk(storage, inputs());
  EXPECT_EQ(plan.partition("esp").offset, mebibytes(8));
  EXPECT_EQ(plan.partition("root").offset, mebibytes(100));
  EXPECT_EQ(plan.partition("root").size, mebibytes(200));
}

TEST(DiskPlan, IdentifiersFollowFromSeedAndIdAndNothingElse) {
  const DiskPlan first = plan_disk(default_storage("ext4"), inputs());
  const DiskPlan second = plan_disk(fixed_disk(), inputs());
  EXPECT_EQ(first.disk_uuid, second.disk_uuid);
  EXPECT_EQ(first.partition("root").uuid, second.partition("root").uuid);
  EXPECT_NE(first.partition("root").uuid, first.partition("esp").uuid);
  PlanInputs other = inputs();
  other.seed = sha256("another seed");
  EXPECT_NE(plan_disk(default_storage("ext4"), other).partition("root").uuid, first.partition("root").uuid);
}

TEST(DiskPlan, TheRootTypeIsTheArchitecturesOwn) {
  PlanInputs arm = inputs();
  arm.architecture = "arm64";
  EXPECT_EQ(plan_disk(default_storage("erofs"), arm).partition("root").type_uuid.text(),
            "b921b045-1df0-41c3-af44-4c6f280d3fae");
  EXPECT_EQ(plan_disk(default_storage("erofs"), inputs()).partition("root").type_uuid.text(),
            "4f68bce3-e8cd-4db1-96e7-fbcaf984b709");
}

TEST(DiskPlan, ADiskThatIsTooSmallNamesThePartitionAndWhatItNeeds) {
  const Refusal root = refusal([](auto& storage, auto&) { storage.disk.max_size = mebibytes(128); });
  EXPECT_EQ(root.message, "cannot lay out partition 'root': it is 62 MiB large, and its content needs 101 MiB");
  EXPECT_EQ(root.hint, "give it a larger size, or the disk a larger maxSize");
  const Refusal esp = refusal([](auto& storage, auto&) { storage.disk.partitions[0].size = mebibytes(34); });
  EXPECT_EQ(esp.message, "cannot lay out partition 'esp': it is 34 MiB large, and its content needs 40 MiB");
  const Refusal beyond = refusal([](auto& storage, auto&) { storage.disk.partitions[1].size = mebibytes(448); });
  EXPECT_EQ(beyond.message,
            "cannot lay out partition 'root': it would take 448 MiB from 65 MiB on, and the disk of 512 MiB ends for "
            "partitions at 511 MiB");
  const Refusal nothing = refusal([](auto& storage, auto&) { storage.disk.max_size = mebibytes(66); });
  EXPECT_EQ(nothing.message, "cannot lay out partition 'root': no room is left for it");
}

TEST(DiskPlan, EachMistakeInALayoutIsRefused) {
  EXPECT_EQ(refusal([](auto& storage, auto&) { storage.disk.partitions[1].start = mebibytes(64); }).message,
            "cannot lay out partition 'root': it begins at 64 MiB, where the disk is taken up to 65 MiB");
  EXPECT_EQ(refusal([](auto& storage, auto&) { storage.disk.partitions[1].id = "esp"; }).message,
            "cannot lay out partition 'esp': another partition has the same id");
  EXPECT_EQ(refusal([](auto& storage, auto&) { storage.disk.partitions[1].label = std::string(37, 'x'); }).message,
            "cannot lay out partition 'root': its label is not UTF-8 of at most 36 UTF-16 units");
  EXPECT_EQ(refusal([](auto& storage, auto&) { storage.disk.partitions[0].size = ByteCount{1234567}; }).message,
            "cannot lay out partition 'esp': its size is not a multiple of 1 MiB");
  EXPECT_EQ(refusal([](auto& storage, auto&) {
              storage.disk.partitions[0].start = ByteCount{mebibytes(1).value + 512};
            }).message,
            "cannot lay out partition 'esp': it does not begin at a multiple of 1 MiB");
  EXPECT_EQ(refusal([](auto& storage, auto&) { storage.disk.partitions[1].end = mebibytes(65); }).message,
            "cannot lay out partition 'root': it ends before it begins");
  EXPECT_EQ(refusal([](auto& storage, auto& given) {
              storage.disk.max_size.reset();
              given.needed.erase("root");
            }).message,
            "cannot lay out partition 'root': it has no size, and nothing says how much its content needs");
  EXPECT_THAT(
      refusal([](auto& storage, auto&) { storage.disk.max_size = ByteCount{mebibytes(512).value + 512}; }).message,
      testing::StartsWith("cannot lay out disk: "));
}

TEST(DiskPlan, AMistypedTypeGetsASuggestion) {
  const Refusal typo = refusal([](auto& storage, auto&) { storage.disk.partitions[1].type = "rooot"; });
  EXPECT_EQ(typo.message, "cannot lay out partition 'root': no partition type 'rooot'");
  EXPECT_EQ(typo.hint, "did you mean 'root'?");
  EXPECT_EQ(refusal([](auto&, auto& given) { given.architecture = "riscv64"; }).message,
            "cannot lay out partition 'root': type 'root' is not defined for architecture 'riscv64'");
  EXPECT_EQ(refusal([](auto& storage, auto&) {
              storage.disk.partitions[1].type = "0fc63daf-8483-4772-8e79-3d69d8477de4";
            }).message,
            "accepted");
}

TEST(DiskPlan, HugeNumbersDoNotOverflow) {
  const ByteCount huge{~std::uint64_t{0} / mebibytes(1).value * mebibytes(1).value};
  EXPECT_NE(refusal([&](auto& storage, auto&) { storage.disk.partitions[1].size = huge; }).message, "accepted");
  EXPECT_NE(refusal([&](auto& storage, auto&) { storage.disk.partitions[0].start = huge; }).message, "accepted");
  EXPECT_NE(refusal([&](auto& storage, auto&) {
              storage.disk.max_size.reset();
              storage.disk.partitions[0].size = huge;
            }).message,
            "accepted");
}

}  // namespace
}  // namespace keelson::image
