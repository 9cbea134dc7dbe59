// From a plan to exported files and their manifest: everything that image/ does, in the order that a build does it.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <iostream>

#include "crypto/hash.h"
#include "image/checksums.h"
#include "image/disk.h"
#include "image/esp.h"
#include "image/export.h"
#include "image/manifest.h"
#include "sys/file.h"
#include "sys/process.h"
#include "sys/temp_dir.h"

namespace keelson::image {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kEpoch = 1'700'000'000;

// Composes a disk in `folder` and exports it in every format. @return the raw disk's digest.
Sha256 compose(const fs::path& folder) {
  const Sha256 seed = sha256("seed");
  write_file(folder / "kernel", std::string(3'000'000, 'k'));
  const std::vector<EspFile> files{{.path = "EFI/BOOT/BOOTX64.EFI", .source = folder / "kernel", .content = {}},
                                   {.path = "loader/loader.conf", .source = {}, .content = Bytes(10, std::byte{'x'})}};
  const DiskPlan plan = plan_disk(
      default_storage("ext4"),
      {.architecture = "amd64", .seed = seed, .needed = {{"esp", esp_size_for(files)}, {"root", {5'000'000}}}});
  const fs::path raw = folder / "disk.tmp";
  write_file(raw, "");
  fs::resize_file(raw, plan.size.value);
  {
    const UniqueFd fd = open_file(raw, O_RDWR);
    write_partition_table(fd.get(), plan);
    write_all_at(fd.get(), as_bytes(std::string(4'000'000, 'r')), plan.partition("root").offset.value, "root");
  }
  const auto& esp = plan.partition("esp");
  write_esp(raw, esp.offset, esp.size, files, {.label = esp.label, .serial = 0x12345678, .epoch = kEpoch});
  std::vector<std::string> names;
  for (const auto& format : export_formats()) {
    if (format == "qcow2" && !find_program("qemu-img")) continue;
    names.push_back("disk." + format);
    export_image(raw, format, folder / names.back(), {.seed = seed, .epoch = kEpoch});
  }
  Manifest manifest{
      .name = "test", .architecture = "amd64", .epoch = kEpoch, .image = {.file = "disk.raw", .format = "raw"}};
  describe_disk(manifest, plan, raw);
  write_file_atomically(folder / "disk.raw.manifest.json", write_manifest(manifest));
  names.push_back("disk.raw.manifest.json");
  write_checksums_file(folder, names);
  return manifest.image.sha256;
}

class WholeDisk : public testing::Test {
 protected:
  void SetUp() override {
    if (!find_program("mformat")) GTEST_SKIP() << "mtools is not installed";
  }
};

TEST_F(WholeDisk, IsBitIdenticalInAnotherFolderWithAllThatStandsBesideIt) {
  const TempDir first("image-test-first");
  const TempDir second("image-test-second-with-a-longer-name");
  const Sha256 digest = compose(first.path());
  EXPECT_EQ(compose(second.path()), digest);
  EXPECT_EQ(read_file(first.path() / "SHA256SUMS"), read_file(second.path() / "SHA256SUMS"));
  std::cout << "digest " << digest.hex() << "\n";  // for the test below
}

TEST_F(WholeDisk, SgdiskAcceptsItAndFsckTheEspInIt) {
  if (!find_program("sgdisk") || !find_program("fsck.fat")) GTEST_SKIP() << "sgdisk or fsck.fat is not installed";
  const TempDir dir("image-test");
  compose(dir.path());
  const auto run = [&dir](std::vector<std::string> arguments) {
    return require_process(
        {.arguments = std::move(arguments), .environment = {"LC_ALL=C"}, .working_directory = dir.path()}, "check",
        "disk");
  };
  EXPECT_THAT(run({"sgdisk", "--verify", "disk.raw"}), testing::HasSubstr("No problems found"));
  write_file(dir.path() / "esp", read_file(dir.path() / "disk.raw").substr(mebibytes(1).value, mebibytes(33).value));
  EXPECT_THAT(run({"fsck.fat", "-n", "esp"}), testing::HasSubstr("6 files"));
  run({"sha256sum", "--check", "--quiet", "SHA256SUMS"});
}

TEST_F(WholeDisk, AnOrdinaryUserComposesTheSameDisk) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can become another user; the other tests ran as an ordinary one";
  if (!find_program("setpriv")) GTEST_SKIP() << "setpriv is not installed";
  const fs::path self = fs::read_symlink("/proc/self/exe");
  const std::vector<std::string> as_nobody{"setpriv",        "--reuid=65534",   "--regid=65534",
                                           "--clear-groups", "--inh-caps=-all", "--bounding-set=-all"};
  const auto run_as_nobody = [&as_nobody](std::vector<std::string> command) {
    command.insert(command.begin(), as_nobody.begin(), as_nobody.end());
    return run_process({.arguments = command, .merge_output = true});
  };
  if (run_as_nobody({"test", "-x", self}).exit_code != 0) GTEST_SKIP() << "an ordinary user cannot reach " << self;
  const TempDir dir("image-test");
  const ProcessResult result = run_as_nobody({self, "--gtest_filter=WholeDisk.IsBitIdentical*"});
  EXPECT_EQ(result.exit_code, 0) << result.output;
  EXPECT_THAT(result.output, testing::HasSubstr("digest " + compose(dir.path()).hex()));
}

}  // namespace
}  // namespace keelson::image
