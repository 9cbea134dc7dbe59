// A real Debian 13 system changed from end to end: resolved, fetched, applied by its own dpkg in the sandbox.
// Needs mmdebstrap, root and a network; mirrors are those of the host.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "packages/deb/change/apply_change.h"
#include "packages/deb/change/debian_tree.h"
#include "packages/deb/change/resolve_change.h"
#include "packages/deb/repository/fetch.h"
#include "sys/file.h"
#include "sys/namespaces.h"
#include "sys/process.h"
#include "sys/temp_dir.h"

namespace keelson::deb {
namespace {

namespace fs = std::filesystem;

class ChangeSystem : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    tree_ = new testing::DebianTree();
    if (tree_->unavailable().empty()) enter_private_namespaces();
  }
  static void TearDownTestSuite() { delete tree_; }
  void SetUp() override {
    if (!tree_->unavailable().empty()) GTEST_SKIP() << tree_->unavailable();
  }

  // A fresh system. tzdata is made older in its database, so that there is something to update.
  fs::path start(const std::string& name) {
    const fs::path root = folder_.path() / name;
    fs::create_directory(root);
    tree_->lay_out(root);
    const fs::path file = root / "var/lib/dpkg/status";
    std::string status = read_file(file);
    const auto at = status.find("\nVersion: ", status.find("\nPackage: tzdata\n"));
    status.insert(at + 10, "0~");
    write_file(file, status);
    return root;
  }

  PackageChange apply(const fs::path& path, const ChangeGoal& goal, const std::optional<BootDevices>& devices = {}) {
    const RootDir root(path);
    const auto change =
        resolve_change(read_installed(root), tree_->indices(), goal, {.cache_folder = tree_->cache()}, silent_);
    const Cache cache(tree_->cache());
    fetch_packages(change.install, cache, {}, silent_);
    apply_change(root, change,
                 {.deb_path = [&](const LockedPackage& package) { return cache.object_path(package.sha256); },
                  .epoch = kEpoch,
                  .devices = devices},
                 silent_);
    return change;
  }

  static std::string in(const fs::path& root, std::vector<std::string> words) {
    std::vector<std::string> all{"chroot", root};
    all.insert(all.end(), words.begin(), words.end());
    return run_process({.arguments = std::move(all), .merge_output = true}).output;
  }

  // Everything but access and change times.
  static std::string digest(const fs::path& root) {
    return require_process(
        {.arguments = {"sh", "-c",
                       "tar --sort=name --numeric-owner --format=posix --xattrs "
                       "--pax-option=exthdr.name=%d/%f,delete=atime,delete=ctime -C \"$1\" -cf - . | sha256sum",
                       "sh", root}},
        "read", "tree");
  }

  static constexpr std::int64_t kEpoch = 1'750'000'000;  // long ago: every file of this run gets it
  static inline testing::DebianTree* tree_ = nullptr;
  TempDir folder_{"change-system"};
  SilentReporter silent_;
};

TEST_F(ChangeSystem, RemovesInstallsAndUpdatesAndTwoRunsGiveTheSameTree) {
  const ChangeGoal goal{
      .remove = {"not-there", "cron-daemon-common"}, .install = {"jq", "chrony"}, .update = {"tzdata"}};
  const fs::path first = start("first");
  const std::string logs = run_process({.arguments = {"find", first / "var/log", "-type", "f", "-size", "+0"}}).output;
  const PackageChange change = apply(first, goal);
  EXPECT_EQ(in(first, {"dpkg", "--audit"}), "");
  EXPECT_EQ(in(first, {"dpkg", "-V", "jq", "libjq1", "chrony", "tzdata"}), "");
  EXPECT_EQ(in(first, {"dpkg-query", "-W", "-f", "${db:Status-Abbrev}${Package}\\n", "jq", "chrony", "tzdata",
                       "cron-daemon-common"}),
            "ii chrony\nrc cron-daemon-common\nii jq\nii tzdata\n");
  EXPECT_TRUE(fs::is_symlink(first / "etc/systemd/system/multi-user.target.wants/chrony.service"));
  const std::string marks = read_file(first / "var/lib/apt/extended_states");
  EXPECT_NE(marks.find("Package: libjq1\n"), std::string::npos);
  EXPECT_EQ(marks.find("Package: jq\n"), std::string::npos);
  EXPECT_FALSE(fs::exists(first / "usr/sbin/policy-rc.d"));
  EXPECT_FALSE(fs::exists(first / "var/lib/dpkg/keelson-debs"));
  EXPECT_EQ(run_process({.arguments = {"find", first / "var/log", "-type", "f", "-size", "+0"}}).output, logs);
  EXPECT_TRUE(apply(first, {.install = {"jq"}, .update = {"tzdata"}}).empty());

  const std::string made = digest(first);
  const fs::path second = start("second");
  EXPECT_EQ(apply(second, goal).install, change.install);
  EXPECT_EQ(digest(second), made);
  if (::testing::Test::HasFailure())
    fmt::print("{}", run_process({.arguments = {"diff", "-rq", "--no-dereference", first, second}}).output);
}

TEST_F(ChangeSystem, AKernelWithGrubGetsAnInitrdAndAConfigurationForTheDiskItWillBeOn) {
  const fs::path root = start("grub");
  write_file(root / "etc/fstab", "UUID=8f3a6d2e-0c1b-4f5a-9d7e-112233445566 / ext4 defaults 0 1\n");
  const BootDevices devices{.root = {.fs_type = "ext4",
                                     .fs_uuid = "8f3a6d2e-0c1b-4f5a-9d7e-112233445566",
                                     .partition_uuid = "01234567-89ab-cdef-0123-456789abcdef",
                                     .partition_number = 2}};
  // A base image has GRUB already, and a configuration by which a kernel's scripts know that they make it anew.
  apply(root, {.install = {"grub-pc"}}, devices);
  write_file(root / "boot/grub/grub.cfg", "# an older one\n");
  apply(root, {.install = {"linux-image-cloud-amd64", "initramfs-tools", "zstd"}}, devices);
  EXPECT_EQ(in(root, {"dpkg", "--audit"}), "");
  std::string version;
  for (const auto& entry : fs::directory_iterator(root / "boot")) {
    if (entry.path().filename().native().starts_with("vmlinuz-")) version = entry.path().filename().native().substr(8);
  }
  ASSERT_NE(version, "");
  ASSERT_TRUE(fs::exists(root / ("boot/initrd.img-" + version)));
  EXPECT_GT(fs::file_size(root / ("boot/initrd.img-" + version)), 5u << 20);
  const std::string configuration = read_file(root / "boot/grub/grub.cfg");
  EXPECT_NE(
      configuration.find("linux\t/boot/vmlinuz-" + version + " root=UUID=8f3a6d2e-0c1b-4f5a-9d7e-112233445566 ro"),
      std::string::npos)
      << configuration.substr(0, 6000);
  EXPECT_NE(configuration.find("insmod part_gpt"), std::string::npos);
  EXPECT_NE(configuration.find("insmod ext2"), std::string::npos);
  EXPECT_NE(configuration.find("search --no-floppy --fs-uuid --set=root"), std::string::npos) << configuration;
  EXPECT_FALSE(fs::exists(root / "etc/initramfs-tools/conf.d/zzz-keelson"));
}

}  // namespace
}  // namespace keelson::deb
