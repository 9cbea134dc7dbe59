#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "crypto/hash.h"
#include "factory/disk_image.h"
#include "factory/fstab.h"
#include "factory/keys.h"
#include "factory/outputs.h"
#include "factory/sources.h"
#include "sys/file.h"
#include "sys/process.h"
#include "sys/temp_dir.h"

namespace keelson::factory {
namespace {

namespace fs = std::filesystem;

class KeysTest : public testing::Test {
 protected:
  KeysTest() {
    write_file(dir_.path() / "r.yaml", "os: {}\n");
    write_file(dir_.path() / "file", "content");
    recipe_.file = dir_.path() / "r.yaml";
    recipe_.name = "r";
    recipe_.os.additional_files.push_back({.source = dir_.path() / "file", .destination = "/etc/file"});
    lock_.architecture = "amd64";
    lock_.suites.push_back({.suite = "trixie", .url = "http://a.invalid", .date = 5});
    lock_.packages.push_back({.name = "a", .version = "1", .sha256 = sha256("a"), .url = "http://a.invalid/a.deb"});
  }
  TempDir dir_{"keys-test"};
  recipe::Recipe recipe_;
  deb::Lock lock_;
};

TEST_F(KeysTest, AnotherMirrorChangesNothingButAnotherPackageOrDateDoes) {
  const Sha256 before = image_key(lock_, recipe_);
  auto lock = lock_;
  lock.suites[0].url = lock.packages[0].url = "http://b.invalid";
  EXPECT_EQ(image_key(lock, recipe_), before);
  lock.packages[0].sha256 = sha256("b");
  EXPECT_NE(image_key(lock, recipe_), before);
  lock = lock_;
  lock.suites[0].date = 6;
  EXPECT_NE(packages_key(lock), packages_key(lock_));
}

TEST_F(KeysTest, AChangedRecipeOrAChangedFileThatItNamesChangesTheImage) {
  const Sha256 before = image_key(lock_, recipe_);
  write_file(dir_.path() / "file", "other");
  const Sha256 with_file = image_key(lock_, recipe_);
  EXPECT_NE(with_file, before);
  write_file(dir_.path() / "r.yaml", "os: {hostname: x}\n");
  EXPECT_NE(image_key(lock_, recipe_), with_file);
  EXPECT_EQ(packages_key(lock_), packages_key(lock_));
}

TEST(Sources, TheKernelOfTheFlavourAndTheBootLoaderAreAddedUnlessThereShallBeNone) {
  recipe::Recipe recipe;
  recipe.distribution.kernel = "cloud";
  recipe.os.packages.install = {"runc"};
  EXPECT_EQ(requested_packages(recipe, "amd64"),
            (std::vector<std::string>{"runc", "linux-image-cloud-amd64", "systemd-boot-efi"}));
  recipe.distribution.kernel = "generic";
  EXPECT_EQ(requested_packages(recipe, "arm64")[1], "linux-image-arm64");
  recipe.distribution.kernel = "none";
  EXPECT_EQ(requested_packages(recipe, "amd64"), (std::vector<std::string>{"runc"}));
}

TEST(Outputs, NamesFollowRecipeFormatAndOptions) {
  recipe::Recipe recipe{.name = "host"};
  auto paths = output_paths({.output_folder = "o", .formats = {"raw", "vhd-fixed"}}, recipe);
  EXPECT_EQ(paths.images[1].second, "o/host.vhd");
  EXPECT_EQ(manifest_path(paths.images[1].second), "o/host.vhd.manifest.json");
  paths = output_paths({.formats = {"qcow2"}, .output_file = "x/y.img"}, recipe);
  EXPECT_EQ(paths.images[0].second, "x/y.img");
  EXPECT_EQ(paths.lock, "x/y.lock.json");
  EXPECT_THROW(output_paths({.formats = {"qcow3"}}, recipe), Error);
  EXPECT_THROW(output_paths({.formats = {"raw", "qcow2"}, .output_file = "x"}, recipe), Error);
}

// A disk with a root, a /var, and a file system that is mounted nowhere.
class DiskImageTest : public testing::Test {
 protected:
  DiskImageTest() {
    fs::create_directories(dir_.path() / "root");
    fs::permissions(dir_.path() / "root", fs::perms(0755));
    storage_.disk.partitions = {{.id = "root", .type = "root", .size = mebibytes(32)},
                                {.id = "var", .type = "var", .size = mebibytes(32)},
                                {.id = "spare", .size = mebibytes(32)}};
    storage_.filesystems = {{.device_id = "root", .type = "ext4", .mount_point = "/"},
                            {.device_id = "var", .type = "ext4", .mount_point = "/var"},
                            {.device_id = "spare", .type = "ext4"}};
  }
  image::DiskPlan compose(const std::string& name) {
    fs::create_directory(dir_.path() / name);
    return compose_disk({.storage = storage_,
                         .architecture = "amd64",
                         .seed = sha256("seed"),
                         .epoch = 1'700'000'000,
                         .esp = {},
                         .work_folder = dir_.path() / name,
                         .raw_file = dir_.path() / name / "disk.raw"},
                        RootDir(dir_.path() / "root"), silent_);
  }
  Sha256 digest(const std::string& name) { return sha256_file(dir_.path() / name / "disk.raw"); }
  TempDir dir_{"disk-test"};
  recipe::Storage storage_;
  SilentReporter silent_;
};

TEST_F(DiskImageTest, NoUmaskDecidesAModeInTheImage) {
  if (::getuid() != 0) GTEST_SKIP() << "needs uid 0, so that folders are made for the owner that images have";
  fs::create_directory(dir_.path() / "root/var");
  fs::permissions(dir_.path() / "root/var", fs::perms(0755));
  compose("a");
  const mode_t before = ::umask(077);
  compose("b");
  ::umask(before);
  EXPECT_EQ(digest("a"), digest("b"));
}

// A read-only root can't get a folder at boot: also those of FAT file systems, and of file systems listed after it.
TEST_F(DiskImageTest, EveryMountPointIsAFolderOfTheRoot) {
  if (!find_program("debugfs")) GTEST_SKIP() << "e2fsprogs is not installed";
  storage_.filesystems[1].mount_point = "/srv/data";
  storage_.disk.partitions[2] = {.id = "spare", .type = "esp", .size = mebibytes(48)};
  storage_.filesystems[2] = {.device_id = "spare", .type = "vfat", .mount_point = "/boot/efi"};
  const image::DiskPlan plan = compose("a");
  for (const std::string path : {"/srv/data", "/boot/efi"}) {
    const std::string disk =
        fmt::format("{}?offset={}", (dir_.path() / "a/disk.raw").native(), plan.partition("root").offset.value);
    const auto result = run_process({.arguments = {"debugfs", "-R", "stat " + path, disk}, .merge_output = true});
    EXPECT_NE(result.output.find("Type: directory"), std::string::npos) << path << ": " << result.output;
  }
}

TEST_F(DiskImageTest, AMountPointThatIsASymlinkOutOfTheTreeTakesNothingOfTheHostIn) {
  fs::create_directories(dir_.path() / "host");
  write_file(dir_.path() / "host/secret", "the host's own secret");
  fs::create_symlink(dir_.path() / "host", dir_.path() / "root/var");
  EXPECT_THROW(compose("a"), Error);
  // The same symlink leads somewhere when the path exists inside, and inside it stays.
  const fs::path inside = dir_.path() / "root" / (dir_.path() / "host").relative_path();
  fs::create_directories(inside);
  compose("b");
  EXPECT_EQ(read_file(dir_.path() / "b/disk.raw", gibibytes(1)).find("the host's own secret"), std::string::npos);
}

TEST(Fstab, NamesDevicesAsAskedAndParentsFirst) {
  recipe::Storage storage;
  storage.disk.partitions = {
      {.id = "esp", .type = "esp"}, {.id = "root", .label = "rootfs", .type = "root"}, {.id = "var", .type = "var"}};
  storage.filesystems = {
      {.device_id = "var", .type = "ext4", .mount_point = "/var", .mount_id_type = recipe::MountIdType::Uuid},
      {.device_id = "esp", .type = "vfat", .mount_point = "/boot/efi", .mount_options = "umask=0077"},
      {.device_id = "root", .type = "ext4", .mount_point = "/", .mount_id_type = recipe::MountIdType::PartLabel}};
  const std::string text = make_fstab(storage, sha256("seed"));
  EXPECT_EQ(text.find("PARTLABEL=rootfs / ext4 defaults 0 1\nPARTUUID="), 0u) << text;
  EXPECT_NE(text.find(" /boot/efi vfat umask=0077 0 0\nUUID=" + filesystem_uuid(sha256("seed"), "var").text() +
                      " /var ext4 defaults 0 2\n"),
            std::string::npos)
      << text;
}

TEST(Fstab, AVarUnderAReadOnlyRootIsMountedByTheInitrd) {
  recipe::Storage storage;
  storage.filesystems = {{.device_id = "root", .type = "erofs", .mount_point = "/"},
                         {.device_id = "var", .type = "ext4", .mount_point = "/var", .mount_options = "nodev"},
                         {.device_id = "srv", .type = "ext4", .mount_point = "/srv"}};
  const std::string text = make_fstab(storage, sha256("seed"));
  EXPECT_NE(text.find(" /var ext4 nodev,x-initrd.mount 0 2\n"), std::string::npos) << text;
  EXPECT_NE(text.find(" /srv ext4 defaults 0 2\n"), std::string::npos) << text;
}

TEST(Fstab, OnlyTheTypeOfWhatIsMeantChanges) {
  const std::string table =
      "# a comment\nUUID=1 / ext3 errors=remount-ro 0 1\nUUID=2 /boot ext2 defaults 0 2\ntmpfs /tmp tmpfs nosuid 0 0\n";
  EXPECT_EQ(with_type(table, {"/", "/boot"}, "ext4"),
            "# a comment\nUUID=1 / ext4 errors=remount-ro 0 1\nUUID=2 /boot ext4 defaults 0 2\ntmpfs /tmp tmpfs nosuid "
            "0 0\n");
  EXPECT_EQ(with_type(table, {}, "ext4"), table);
  EXPECT_EQ(with_type("", {"/"}, "ext4"), "");
}

}  // namespace
}  // namespace keelson::factory
