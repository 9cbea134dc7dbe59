#include "inventory/system_facts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "inventory/from_outside.h"

namespace keelson::inventory {
namespace {

using nlohmann::json;

TEST(ShadowStates, SayHowAPasswordIsAndNotWhatItIs) {
  EXPECT_EQ(shadow_states("root:*:1:\nalice:$y$hash:1:\nbob::1:\ncarol:!$y$hash:1:\nnonsense\n:x:\n"),
            "root locked\nalice set\nbob empty\ncarol locked\n");
}

TEST(WantedSettings, AreThoseThatTheCollectorAsksFor) {
  EXPECT_TRUE(wanted_setting("/etc/login.defs", "UMASK 022"));
  EXPECT_FALSE(wanted_setting("/etc/login.defs", "#UMASK 022"));
  EXPECT_TRUE(wanted_setting("/etc/pam.d/su", "auth required pam_wheel.so"));
  EXPECT_FALSE(wanted_setting("/etc/pam.d/su", "# auth required pam_wheel.so"));
  EXPECT_TRUE(wanted_setting("/etc/systemd/journald.conf.d/a.conf", "Storage=persistent"));
  EXPECT_TRUE(wanted_setting("/usr/lib/modprobe.d/a.conf", "install udf /bin/false"));
  EXPECT_FALSE(wanted_setting("/usr/lib/modprobe.d/below/a.conf", "install udf /bin/false"));
  EXPECT_FALSE(wanted_setting("/etc/other", "UMASK 022"));
}

TEST(Banners, RevealByASequenceOrAName) {
  EXPECT_TRUE(banner_reveals("Welcome to \\r"));
  EXPECT_TRUE(banner_reveals("DEBIAN"));
  EXPECT_FALSE(banner_reveals("Authorized use only \\l"));
}

TEST(Setuid, PathsAreSortedAndMayHoldSpaces) {
  EXPECT_EQ(
      setuid({{"setuid", "4755 root root /usr/bin/su\n2755 root mail /usr/bin/a\n4755 root root /bin/a b\nnonsense"}}),
      (json{{"count", 2}, {"paths", {"/bin/a b", "/usr/bin/su"}}, {"setgidCount", 1}}));
}

TEST(FromOutside, OnlyARunningMachineTellsSomeFactsAndAllBelowThem) {
  for (const char* fact :
       {"services.containerd", "network", "security.verity.root.signed", "security.selinux.mode", "system.state",
        "mounts[*].options", "mounts[target=/tmp].options", "hardening.score", "hardening.failing", "hardening.checks",
        "hardening.checks[id=sysctl:kernel.sysrq].result", "hardening.checks[id=mount:/tmp].result",
        "hardening.checks[id=ssh:usepam].result", "hardening.checks[id=fact:coreDumps.stored].result"})
    EXPECT_TRUE(only_running_machine_tells(fact)) << fact;
  for (const char* fact :
       {"versions.kernel", "security.verity.root.rootHash", "security.selinux.policy", "system.machineId",
        "kernel.configuration.CONFIG_KEXEC", "mountsx", "security", "", "hardening.checks[id=package:nginx].result",
        "hardening.checks[id=none].result", "hardening.checks[id=fact:accounts.umask].result"})
    EXPECT_FALSE(only_running_machine_tells(fact)) << fact;
}

}  // namespace
}  // namespace keelson::inventory
