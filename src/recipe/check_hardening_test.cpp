#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "recipe/findings.h"
#include "recipe/hardening_profiles.h"
#include "recipe/read.h"

namespace keelson::recipe {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

ReadResult read(const std::string& os) { return parse_recipe("os:\n" + os, "test.yaml", "/nonexistent"); }
std::string findings_of(const std::string& os) { return render_findings("test.yaml", read(os).findings); }

TEST(HardeningKeys, AreReadWithTheirShorthand) {
  const auto result = read(
      "  hardening:\n    kernel: strict\n    mounts: default\n    coreDumps: disabled\n    accounts: closed\n"
      "    services: default\n    blockedModules: [udf]\n    modulesDisabled: after-boot\n    setuidPrograms: none\n");
  ASSERT_EQ(render_findings("", result.findings), "");
  const Hardening& hardening = result.recipe.os.hardening;
  EXPECT_EQ(hardening.kernel, Profile::Strict);
  EXPECT_EQ(hardening.mounts, Profile::Default);
  EXPECT_EQ(hardening.services, Profile::Default);
  EXPECT_TRUE(hardening.no_core_dumps && hardening.closed_accounts && hardening.modules_disabled_after_boot);
  EXPECT_TRUE(hardening.no_setuid_programs);
  EXPECT_EQ(hardening.blocked_modules, std::vector<std::string>{"udf"});
}

TEST(HardeningKeys, KeepTheProgramsThatAreNamed) {
  const auto result = read("  hardening: {setuidPrograms: {mode: none, except: [/usr/bin/su]}}\n");
  EXPECT_EQ(result.recipe.os.hardening.setuid_exceptions, std::vector<std::string>{"/usr/bin/su"});
  EXPECT_THAT(findings_of("  hardening: {setuidPrograms: {mode: keep, except: [/usr/bin/su]}}\n"),
              HasSubstr("with 'keep' all programs keep their bits"));
}

TEST(HardeningKeys, WithoutThemNothingIsOnTheCommandLine) {
  EXPECT_TRUE(read("  hostname: a\n").recipe.os.extra_kernel_command_line.empty());
  EXPECT_TRUE(read("  hardening: {kernel: none}\n").recipe.os.extra_kernel_command_line.empty());
}

TEST(KernelProfile, GivesItsArgumentsButThoseThatTheRecipeGives) {
  const auto arguments =
      read("  hardening: {kernel: default}\n  kernelCommandLine:\n    extraCommandLine: [vsyscall=xonly]\n")
          .recipe.os.extra_kernel_command_line;
  EXPECT_THAT(arguments, Contains("slab_nomerge"));
  EXPECT_THAT(arguments, Contains("vsyscall=xonly"));
  EXPECT_THAT(arguments, Not(Contains("vsyscall=none")));
  EXPECT_THAT(arguments, Not(Contains("init_on_free=1")));
  EXPECT_THAT(read("  hardening: {kernel: strict}\n").recipe.os.extra_kernel_command_line, Contains("init_on_free=1"));
}

TEST(KernelProfile, IsNotTakenBackOnTheCommandLine) {
  EXPECT_EQ(
      findings_of(
          "  hardening: {kernel: default}\n  kernelCommandLine:\n    extraCommandLine: [quiet mitigations=off]\n"),
      "test.yaml:4:24: error: kernel argument 'mitigations=off' contradicts 'os.hardening.kernel: default'\n"
      "  hint: leave it out, or set 'kernel' to none and give the arguments that you want\n");
  EXPECT_EQ(findings_of("  hardening: {kernel: none}\n  kernelCommandLine:\n    extraCommandLine: [mitigations=off]\n"),
            "");
  for (const auto argument : profile_arguments(Profile::Strict))
    EXPECT_FALSE(takes_back_hardening(argument)) << argument;
}

TEST(KernelProfile, NeedsACommandLineThatMayChange) {
  EXPECT_THAT(findings_of("  uki: {mode: passthrough}\n  hardening: {kernel: default}\n"),
              HasSubstr("'os.hardening.kernel' changes the kernel's command line"));
}

TEST(CoreDumps, ASettingThatKeepsThemContradicts) {
  EXPECT_THAT(findings_of("  hardening: {coreDumps: disabled}\n  sysctls: {kernel.core_pattern: core}\n"),
              HasSubstr("'os.sysctls.kernel.core_pattern' contradicts 'os.hardening.coreDumps: disabled'"));
  EXPECT_THAT(findings_of("  hardening: {coreDumps: disabled}\n  sysctls: {fs.suid_dumpable: 2}\n"),
              HasSubstr("contradicts"));
  EXPECT_EQ(findings_of("  hardening: {coreDumps: disabled}\n  sysctls: {fs.suid_dumpable: 0}\n"), "");
  EXPECT_EQ(findings_of("  hardening: {coreDumps: enabled}\n  sysctls: {kernel.core_pattern: core}\n"), "");
}

TEST(ModulesDisabled, AreNotDisabledEarlierAsWell) {
  EXPECT_THAT(findings_of("  hardening: {modulesDisabled: after-boot}\n  sysctls: {kernel.modules_disabled: 1}\n"),
              HasSubstr("it would be set while the boot still needs modules"));
}

TEST(BlockedModules, AreNotAskedForByTheSameRecipe) {
  const std::string modules = "  modules:\n  - name: usb_storage\n    loadMode: always\n";
  EXPECT_THAT(findings_of("  hardening: {blockedModules: [usb-storage]}\n" + modules),
              HasSubstr("module 'usb-storage' is blocked, and 'os.modules[0].loadMode: always' lets it load"));
  EXPECT_EQ(findings_of("  hardening: {blockedModules: [udf]}\n" + modules), "");
}

TEST(MountProfile, ClosesWhatIsMountedApart) {
  const auto beside = [](std::string_view place, const std::string& own = "") {
    return mount_options_beside(Profile::Default, place, own);
  };
  EXPECT_EQ(beside("/var"), "nodev,nosuid");
  EXPECT_EQ(beside("/var/lib/containerd"), "nodev,nosuid");
  EXPECT_EQ(beside("/var/log/audit"), "nodev,nosuid,noexec");
  EXPECT_EQ(beside("/boot/efi", "umask=0077"), "umask=0077,nodev,nosuid,noexec");
  EXPECT_EQ(beside("/"), "");
  EXPECT_EQ(beside("/variant", "noatime"), "noatime");
  EXPECT_EQ(mount_options_beside(Profile::None, "/var", "noatime"), "noatime");
}

TEST(MountProfile, LeavesWhatTheRecipeSaysItself) {
  EXPECT_EQ(mount_options_beside(Profile::Strict, "/tmp", "exec,nodev"), "exec,nodev,nosuid");
  EXPECT_EQ(mount_options_beside(Profile::Strict, "/home", "suid,dev"), "suid,dev");
  EXPECT_EQ(mount_options_beside(Profile::Strict, "/home", "defaults"), "defaults,nodev,nosuid");
}

TEST(MountProfile, ReachesTheStorageAndItsSubvolumes) {
  const std::string text = R"(previewFeatures: [btrfs]
storage:
  bootType: efi
  disks:
  - partitionTableType: gpt
    maxSize: 2G
    partitions:
    - {id: esp, type: esp, start: 1M, size: 64M}
    - {id: root, size: grow}
  filesystems:
  - deviceId: esp
    type: vfat
    mountPoint: /boot/efi
  - deviceId: root
    type: btrfs
    btrfs:
      subvolumes:
      - {path: root, mountPoint: /}
      - {path: home, mountPoint: {path: /home, options: noatime}}
os:
  bootloader: {resetType: hard-reset}
  hardening: {mounts: PROFILE}
)";
  const auto read = [&](const std::string& profile) {
    std::string recipe = text;
    recipe.replace(recipe.find("PROFILE"), 7, profile);
    auto result = parse_recipe(recipe, "test.yaml", "/nonexistent");
    EXPECT_EQ(render_findings("test.yaml", result.findings), "");
    return result.recipe;
  };
  const Recipe closed = read("default");
  EXPECT_EQ(closed.storage->filesystems[0].mount_options, "nodev,nosuid,noexec");
  EXPECT_EQ(closed.storage->filesystems[1].subvolumes[0].mount_options, "");
  EXPECT_EQ(closed.storage->filesystems[1].subvolumes[1].mount_options, "noatime,nodev,nosuid");
  EXPECT_EQ(closed.os.hardening.mount_points, (std::vector<std::string>{"/boot/efi", "/", "/home"}));
  const Recipe open = read("none");
  EXPECT_EQ(open.storage->filesystems[0].mount_options, "");
  EXPECT_TRUE(open.os.hardening.mount_points.empty());
}

}  // namespace
}  // namespace keelson::recipe
