#include "factory/verity_devices.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "crypto/hash.h"
#include "crypto/sample_signer.h"
#include "crypto/signed_data.h"
#include "factory/disk_image.h"
#include "formats/verity/tree.h"
#include "sys/file.h"
#include "sys/file_blocks.h"
#include "sys/process.h"
#include "sys/temp_dir.h"

namespace keelson::factory {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

const verity::Parallel kOneAfterTheOther = [](std::size_t count, const std::function<void(std::size_t)>& body) {
  for (std::size_t i = 0; i < count; ++i) body(i);
};

recipe::Storage with_hash_partition() {
  recipe::Storage storage;
  storage.disk.partitions = {{.id = "root", .label = "sys", .type = "root", .size = mebibytes(32)},
                             {.id = "hash", .type = "root-verity", .size = mebibytes(1)}};
  storage.filesystems = {{.device_id = "vroot", .type = "ext4", .mount_point = "/", .mount_options = "ro"}};
  storage.verity = {{.id = "vroot", .name = "root", .data_device_id = "root", .hash_device_id = "hash"}};
  return storage;
}

recipe::Storage inline_usr() {
  recipe::Storage storage;
  storage.disk.partitions = {{.id = "root", .type = "root", .size = mebibytes(16)},
                             {.id = "usr", .type = "usr", .grow = true}};
  storage.filesystems = {{.device_id = "root", .type = "ext4", .mount_point = "/"},
                         {.device_id = "vusr", .type = "ext4", .mount_point = "/usr", .mount_options = "ro"}};
  storage.verity = {{.id = "vusr",
                     .name = "usr",
                     .data_device_id = "usr",
                     .hash_device_id = "usr",
                     .corruption = recipe::CorruptionOption::Restart}};
  return storage;
}

TEST(VerityBootOfABase, ChangesRootHashAndSignatureAndNothingElse) {
  const std::vector<image::BaseVerity> devices{
      {.arguments = {.name = "usr",
                     .root_hash = std::string(64, 'a'),
                     .data = "PARTLABEL=usr",
                     .hash = "PARTUUID=x",
                     .options = "root-hash-signature=/old.p7s,panic-on-corruption,hash-offset=4096"}}};
  const std::vector<Sha256> hashes{sha256("new")};
  const auto plain = renewed_verity_boot(devices, hashes, nullptr);
  EXPECT_THAT(plain.arguments,
              ElementsAre("rd.systemd.verity=1", "usrhash=" + hashes[0].hex(), "systemd.verity_usr_data=PARTLABEL=usr",
                          "systemd.verity_usr_hash=PARTUUID=x",
                          "systemd.verity_usr_options=panic-on-corruption,hash-offset=4096",
                          "mount.usr=/dev/mapper/usr", "mount.usrflags=ro"));
  EXPECT_TRUE(plain.initrd_files.empty());
  const auto proved = renewed_verity_boot(devices, hashes, &sample_signer());
  EXPECT_EQ(proved.arguments[4],
            "systemd.verity_usr_options=panic-on-corruption,hash-offset=4096,root-hash-signature=/old.p7s");
  EXPECT_TRUE(proved.initrd_files.contains("old.p7s"));
}

class VerityDisk : public testing::Test {
 protected:
  VerityDisk() {
    fs::create_directories(dir_.path() / "root/usr");
    write_file(dir_.path() / "root/usr/file", std::string(3u << 20, 'x'));
  }

  image::DiskPlan compose(const recipe::Storage& storage) {
    return compose_disk({.storage = storage,
                         .architecture = "amd64",
                         .seed = sha256("seed"),
                         .epoch = 1'700'000'000,
                         .esp =
                             [&](const std::vector<VerityHash>& hashes) {
                               told_.push_back(hashes);
                               return std::vector<image::EspFile>{};
                             },
                         .work_folder = dir_.path(),
                         .raw_file = raw_},
                        RootDir(dir_.path() / "root"), silent_);
  }

  const VerityHash& hash() const { return told_.back().at(0); }

  std::optional<std::string> damage(const image::DiskPlan& plan) {
    const FileBlocks disk(raw_);
    const auto& data = plan.partition(hash().device->data_device_id);
    const auto& tree = plan.partition(hash().device->hash_device_id);
    const BlockSlice data_blocks(disk, {data.offset.value, data.size.value});
    const BlockSlice hashes(disk,
                            {tree.offset.value + hash().hash_offset.value, tree.size.value - hash().hash_offset.value});
    const auto superblock = verity::parse_superblock(read_blocks(hashes, 0, 4096), "tree");
    EXPECT_EQ(superblock.data_blocks * 4096, hash().hash_offset.value > 0 ? hash().hash_offset.value : data.size.value);
    return verity::find_damage(data_blocks, hashes, superblock, hash().root_hash, kOneAfterTheOther);
  }

  TempDir dir_{"verity-disk"};
  fs::path raw_ = dir_.path() / "disk.raw";
  SilentReporter silent_;
  std::vector<std::vector<VerityHash>> told_;
};

TEST_F(VerityDisk, ThePartitionIsHashedIntoTheOtherAndTheEspMadeAfterwards) {
  const recipe::Storage storage = with_hash_partition();
  const auto plan = compose(storage);
  ASSERT_EQ(told_.size(), 2u);
  EXPECT_EQ(told_.front().at(0).root_hash, Sha256{});
  EXPECT_EQ(damage(plan), std::nullopt);
  const Sha256 first = hash().root_hash;
  {
    const UniqueFd raw = open_file(raw_, O_RDWR);
    write_all_at(raw.get(), as_bytes("!"), plan.partition("root").offset.value + 5 * 4096 + 1, "disk");
  }
  EXPECT_THAT(damage(plan).value_or(""), HasSubstr("block 5 of the data"));
  compose(storage);
  EXPECT_EQ(hash().root_hash, first) << "the same input gave another tree";
}

TEST_F(VerityDisk, AnInlineTreeLiesBehindItsFileSystem) {
  const recipe::Storage storage = inline_usr();
  const auto plan = compose(storage);
  EXPECT_EQ(damage(plan), std::nullopt);
  const std::string disk = fmt::format("{}?offset={}", raw_.native(), plan.partition("usr").offset.value);
  if (!find_program("dumpe2fs")) GTEST_SKIP() << "e2fsprogs is not installed";
  const auto blocks = run_process({.arguments = {"dumpe2fs", "-h", disk}, .merge_output = true}).output;
  EXPECT_THAT(blocks, HasSubstr(fmt::format("Block count:              {}\n", hash().hash_offset.value / 4096)));
}

TEST_F(VerityDisk, ATreeThatDoesNotFitIsToldBeforeAnythingIsWritten) {
  recipe::Storage storage = with_hash_partition();
  storage.disk.partitions[0].size = mebibytes(256);
  try {
    compose(storage);
    FAIL() << "a tree of 2 MiB went into 1 MiB";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::BadInput);
    EXPECT_THAT(error.what(),
                HasSubstr("cannot lay out partition 'hash': it is 1 MiB large, and its content needs 3 MiB"));
  }
  EXPECT_FALSE(fs::exists(raw_));
}

TEST(VerityPlan, APartitionForATreeGrowsWithItsDataThatGrows) {
  recipe::Storage storage = with_hash_partition();
  storage.disk.max_size = gibibytes(2);
  storage.disk.partitions = {{.id = "hash", .type = "root-verity", .grow = true},
                             {.id = "root", .type = "root", .grow = true}};
  const auto plan =
      plan_with_trees(storage, {.architecture = "amd64", .seed = sha256("s"), .needed = {{"root", mebibytes(9)}}});
  EXPECT_EQ(plan.partition("hash").size, mebibytes(17));
  EXPECT_EQ(plan.partition("root").size, gibibytes(2) - mebibytes(1 + 17 + 1));
}

VerityHash sample_hash(const recipe::Storage& storage, ByteCount offset) {
  return {.device = &storage.verity[0], .root_hash = sha256("root"), .hash_offset = offset};
}

TEST(VerityBoot, TheArgumentsNameDevicesAsTheRecipeSays) {
  recipe::Storage storage = with_hash_partition();
  const Sha256 seed = sha256("seed");
  const std::string hash = sha256("root").hex();
  const std::string data = "PARTUUID=" + image::partition_uuid(seed, "root").text();
  const std::string tree = "PARTUUID=" + image::partition_uuid(seed, "hash").text();
  EXPECT_THAT(verity_boot(storage, {sample_hash(storage, {})}, seed, nullptr).arguments,
              ElementsAre("rd.systemd.verity=1", "roothash=" + hash, "systemd.verity_root_data=" + data,
                          "systemd.verity_root_hash=" + tree, "root=/dev/mapper/root"));
  storage.verity[0].data_mount_id_type = recipe::MountIdType::PartLabel;
  storage.verity[0].corruption = recipe::CorruptionOption::Ignore;
  const auto arguments = verity_boot(storage, {sample_hash(storage, {})}, seed, nullptr).arguments;
  EXPECT_EQ(arguments[2], "systemd.verity_root_data=PARTLABEL=sys");
  EXPECT_EQ(arguments[4], "systemd.verity_root_options=ignore-corruption");
}

TEST(VerityBoot, AnInlineUsrHasAnOffsetAndItsOwnArguments) {
  const recipe::Storage storage = inline_usr();
  const std::string device = "PARTUUID=" + image::partition_uuid(sha256("seed"), "usr").text();
  EXPECT_THAT(verity_boot(storage, {sample_hash(storage, mebibytes(5))}, sha256("seed"), nullptr).arguments,
              ElementsAre("rd.systemd.verity=1", "usrhash=" + sha256("root").hex(), "systemd.verity_usr_data=" + device,
                          "systemd.verity_usr_hash=" + device,
                          "systemd.verity_usr_options=hash-offset=5242880,restart-on-corruption",
                          "mount.usr=/dev/mapper/usr", "mount.usrflags=ro"));
}

TEST(VerityBoot, ASignatureIsOverTheDigitsOfTheRootHashAndLiesInTheInitrd) {
  recipe::Storage storage = with_hash_partition();
  const Signer& signer = sample_signer();
  auto boot = verity_boot(storage, {sample_hash(storage, {})}, sha256("seed"), &signer);
  EXPECT_EQ(boot.arguments[4], "systemd.verity_root_options=root-hash-signature=/etc/verity/root.roothash.p7s");
  const std::string text = boot.initrd_files.at("etc/verity/root.roothash.p7s");
  const SignedData data = parse_signed_data(as_bytes(text), "signature");
  EXPECT_TRUE(is_signed_by(data, signer.certificate, as_bytes(sha256("root").hex())));
  EXPECT_EQ(text,
            verity_boot(storage, {sample_hash(storage, {})}, sha256("seed"), &signer).initrd_files.begin()->second);
  // What stands in for the hash takes as much room.
  const auto expected = verity_boot(storage, {expected_hash(storage.verity[0])}, sha256("seed"), &signer);
  EXPECT_EQ(expected.initrd_files.begin()->second.size(), text.size());
  storage.verity[0].hash_signature_path = "/boot/root.hash.sig";
  boot = verity_boot(storage, {sample_hash(storage, {})}, sha256("seed"), &signer);
  EXPECT_TRUE(boot.initrd_files.contains("boot/root.hash.sig"));
}

TEST(VerityCheck, WhatIsMissingIsToldBeforePackagesAreFetched) {
  recipe::Recipe recipe;
  deb::Lock lock;
  check_verity(recipe, lock);
  recipe.storage = with_hash_partition();
  try {
    check_verity(recipe, lock);
    FAIL() << "nothing opens the device";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("the packages hold no systemd-veritysetup"));
    EXPECT_THAT(error.hint(), HasSubstr("add systemd-cryptsetup"));
  }
  lock.packages.push_back({.name = "systemd", .version = "257.9-1~deb13u1"});
  EXPECT_THROW(check_verity(recipe, lock), Error);
  lock.packages.back().version = "252.39-1~deb12u1";  // had it itself
  check_verity(recipe, lock);
  lock.packages.back().name = "systemd-cryptsetup";
  check_verity(recipe, lock);
  recipe.storage->verity[0].hash_signature_path = "/boot/root.hash.sig";
  EXPECT_THROW(check_verity(recipe, lock), Error);
}

}  // namespace
}  // namespace keelson::factory
