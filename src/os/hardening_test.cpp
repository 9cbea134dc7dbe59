#include "os/hardening.h"

#include <gmock/gmock.h>

#include "base/error.h"
#include "os/test_root.h"

namespace keelson::os {
namespace {

using recipe::Hardening;
using recipe::Profile;
using testing::HasSubstr;
using testing::Not;

class HardeningTest : public RootTest {
 protected:
  void SetUp() override {
    RootTest::SetUp();
    put("usr/lib/systemd/systemd", "");
  }
  std::string text(std::string_view path) { return root_.find_text(path).value_or("(none)"); }
};

TEST_F(HardeningTest, NothingHappensForAbsentKeys) {
  apply_hardening({}, root_);
  strip_setuid_programs({}, root_);
  EXPECT_FALSE(root_.exists("etc"));
}

TEST_F(HardeningTest, ADefaultKernelIsAPartOfAStrictOne) {
  apply_hardening({.kernel = Profile::Default}, root_);
  const auto usual = text(kHardeningSysctlFile);
  EXPECT_THAT(usual, HasSubstr("-kernel.kptr_restrict = 2\n"));
  EXPECT_THAT(usual, Not(HasSubstr("io_uring")));
  EXPECT_THAT(usual, Not(HasSubstr("core_pattern")));
  apply_hardening({.kernel = Profile::Strict}, root_);
  EXPECT_THAT(text(kHardeningSysctlFile), HasSubstr("-kernel.io_uring_disabled = 2\n"));
}

TEST_F(HardeningTest, AddressesAreAsRandomAsEveryKernelOfTheImageAllows) {
  put("boot/config-6.12", "CONFIG_ARCH_MMAP_RND_BITS_MAX=33\nCONFIG_ARCH_MMAP_RND_COMPAT_BITS_MAX=16\n");
  put("boot/config-6.1", "CONFIG_ARCH_MMAP_RND_BITS_MAX=32\n");
  apply_hardening({.kernel = Profile::Default}, root_);
  EXPECT_THAT(text(kHardeningSysctlFile), HasSubstr("-vm.mmap_rnd_bits = 32\n-vm.mmap_rnd_compat_bits = 16\n"));
}

TEST_F(HardeningTest, CoreDumpsAreThrownAwayWhoeverCrashes) {
  apply_hardening({.no_core_dumps = true}, root_);
  EXPECT_THAT(text(kHardeningSysctlFile), HasSubstr("-fs.suid_dumpable = 0\n-kernel.core_pattern = |/usr/bin/false\n"));
  EXPECT_THAT(text("etc/systemd/system.conf.d/50-hardening.conf"), HasSubstr("DefaultLimitCORE=0"));
  EXPECT_THAT(text("etc/security/limits.d/50-hardening.conf"), HasSubstr("* hard core 0\n"));
  EXPECT_FALSE(root_.exists("etc/systemd/coredump.conf.d"));
}

TEST_F(HardeningTest, MountsAreClosedByAUnitThatIsEnabled) {
  put("usr/lib/systemd/system/tmp.mount", "");
  apply_hardening({.mounts = Profile::Default}, root_);
  EXPECT_THAT(text("etc/systemd/system/tmp.mount.d/50-hardening.conf"), HasSubstr("noexec"));
  EXPECT_THAT(text("etc/systemd/system/hardening-mounts.service"), HasSubstr("noexec /dev/shm\n"));
  EXPECT_THAT(text("etc/systemd/system/hardening-mounts.service"), Not(HasSubstr("/home")));
  EXPECT_EQ(root_.read_link("etc/systemd/system/sysinit.target.wants/hardening-mounts.service"),
            "/etc/systemd/system/hardening-mounts.service");
  apply_hardening({.mounts = Profile::Strict}, root_);
  EXPECT_THAT(text("etc/systemd/system/hardening-mounts.service"),
              HasSubstr("bind,nodev,nosuid,noexec /var/log /var/log\n"));
}

TEST_F(HardeningTest, AFileSystemOfTheRecipesOwnHasItsOptionsInFstab) {
  put("usr/lib/systemd/system/tmp.mount", "");
  apply_hardening({.mounts = Profile::Strict}, root_);
  apply_hardening({.mounts = Profile::Strict, .mount_points = {"/tmp", "/home"}}, root_);
  EXPECT_FALSE(root_.exists("etc/systemd/system/tmp.mount.d/50-hardening.conf"));
  const auto unit = text("etc/systemd/system/hardening-mounts.service");
  EXPECT_THAT(unit, Not(HasSubstr(" /tmp")));
  EXPECT_THAT(unit, Not(HasSubstr("/home")));
  EXPECT_THAT(unit, HasSubstr("/var/log /var/log\n"));
}

TEST_F(HardeningTest, ATmpOfTheBasesOwnFstabKeepsItsOptionsAndIsClosedBesides) {
  put("usr/lib/systemd/system/tmp.mount", "");
  put("etc/fstab", "# UUID=0 /tmp none\n\nUUID=1 / ext4 defaults 0 1\nUUID=2\t/tmp\text4 defaults 0 2\n");
  apply_hardening({.mounts = Profile::Default}, root_);
  EXPECT_FALSE(root_.exists("etc/systemd/system/tmp.mount.d"));
  EXPECT_THAT(text("etc/systemd/system/hardening-mounts.service"),
              HasSubstr("mount -o remount,bind,nosuid,nodev,noexec /tmp\n"));
}

TEST_F(HardeningTest, BlockedModulesDoNotLoadByTheirNameEither) {
  apply_hardening({.blocked_modules = {"udf", "usb-storage"}}, root_);
  EXPECT_THAT(text(kBlockedModulesFile), HasSubstr("blacklist udf\ninstall udf /usr/bin/false\n"));
}

TEST_F(HardeningTest, ModulesAreDisabledWhenTheBootIsOver) {
  apply_hardening({.modules_disabled_after_boot = true}, root_);
  EXPECT_THAT(text("etc/systemd/system/modules-disabled.service"), HasSubstr("After=multi-user.target\n"));
  EXPECT_THAT(text(kLateSysctlFile), HasSubstr("kernel.modules_disabled = 1\n"));
  EXPECT_TRUE(root_.status("etc/systemd/system/multi-user.target.wants/modules-disabled.service"));
}

TEST_F(HardeningTest, WithoutSystemdTheKeysAreRefusedBeforeAnythingIsWritten) {
  root_.remove("usr/lib/systemd/systemd");
  for (const auto& hardening :
       {Hardening{.kernel = Profile::Default}, Hardening{.no_core_dumps = true}, Hardening{.mounts = Profile::Strict},
        Hardening{.modules_disabled_after_boot = true}, Hardening{.services = Profile::Default}}) {
    EXPECT_THROW(apply_hardening(hardening, root_), Error);
  }
  EXPECT_FALSE(root_.exists("etc"));
}

TEST_F(HardeningTest, AccountsAreClosed) {
  put("etc/login.defs", "# UMASK is\n#UMASK 022\nUMASK\t\t022\nPASS_MAX_DAYS 99999\n");
  put("etc/pam.d/su", "auth       sufficient pam_rootok.so\n# auth       required   pam_wheel.so\nsession x y\n");
  put("etc/issue", "Debian GNU/Linux 13 \\n \\l\n");
  put("etc/ssh/sshd_config", "x");
  put("etc/cron.daily/job", "x", 0755);
  apply_hardening({.closed_accounts = true}, root_);
  EXPECT_EQ(text("etc/login.defs"), "# UMASK is\n#UMASK 022\nUMASK\t\t027\nPASS_MAX_DAYS 99999\n");
  EXPECT_EQ(text("etc/pam.d/su"),
            "auth       sufficient pam_rootok.so\nauth required pam_wheel.so use_uid\n"
            "# auth       required   pam_wheel.so\nsession x y\n");
  EXPECT_EQ(text("etc/issue"), "Authorised use only.\n\n");
  EXPECT_FALSE(root_.exists("etc/motd"));
  EXPECT_EQ(mode("etc/ssh/sshd_config"), 0600u);
  EXPECT_EQ(mode("etc/cron.daily"), 0700u);
  EXPECT_EQ(mode("etc/cron.daily/job"), 0755u);
  apply_hardening({.closed_accounts = true}, root_);
  EXPECT_THAT(text("etc/pam.d/su"), HasSubstr("use_uid\n# auth"));
}

TEST_F(HardeningTest, AUmaskThatIsNotSetIsAdded) {
  put("etc/login.defs", "PASS_MAX_DAYS 99999");
  close_accounts(root_);
  EXPECT_EQ(text("etc/login.defs"), "PASS_MAX_DAYS 99999\nUMASK\t\t027\n");
}

TEST_F(HardeningTest, NoProgramKeepsOthersRightsButTheExceptions) {
  put("usr/bin/su", "x", 04755);
  put("usr/bin/passwd", "x", 04755);
  put("usr/sbin/unix_chkpwd", "x", 02755);
  put("usr/bin/ls", "x", 0755);
  root_.link("usr/bin", "bin");
  root_.link("/usr/bin/passwd", "link");
  strip_setuid_programs({.no_setuid_programs = true, .setuid_exceptions = {"/bin/su"}}, root_);
  EXPECT_EQ(mode("usr/bin/su"), 04755u);
  EXPECT_EQ(mode("usr/bin/passwd"), 0755u);
  EXPECT_EQ(mode("usr/sbin/unix_chkpwd"), 0755u);
  EXPECT_EQ(mode("usr/bin/ls"), 0755u);
}

TEST_F(HardeningTest, AnExceptionThatIsNotThereIsRefused) {
  put("usr/bin/passwd", "x", 04755);
  EXPECT_THROW(strip_setuid_programs({.no_setuid_programs = true, .setuid_exceptions = {"/usr/bin/sudo"}}, root_),
               Error);
  EXPECT_EQ(mode("usr/bin/passwd"), 04755u);
}

}  // namespace
}  // namespace keelson::os
