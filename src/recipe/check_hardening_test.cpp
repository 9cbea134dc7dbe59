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

}  // namespace
}  // namespace keelson::recipe
