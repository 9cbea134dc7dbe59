#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "inventory/system_facts.h"
#include "machine/facts.h"

namespace keelson::machine {
namespace {

using nlohmann::json;

json facts_of(Sections sections) {
  sections.emplace("sysctls", "");
  return facts_from_sections(sections);
}

TEST(KernelConfiguration, HasWhatIsSetAndWhatIsNot) {
  EXPECT_EQ(inventory::kernel_configuration(
                {{"kernel-config", "CONFIG_BUG=y\n# CONFIG_KEXEC is not set\nCONFIG_MIN=65536\nnoise"}}),
            (json{{"CONFIG_BUG", "y"}, {"CONFIG_KEXEC", "n"}, {"CONFIG_MIN", 65536}}));
}

TEST(SysctlFacts, AreNestedSoThatAPolicyCanNameThem) {
  EXPECT_EQ(inventory::sysctls(
                {{"sysctls", "kernel/sysrq:0\nnet/ipv4/conf/all/rp_filter:2\nkernel/core_pattern:|/bin/false %p"}}),
            json::parse(R"({"kernel": {"sysrq": 0, "core_pattern": "|/bin/false %p"},
                            "net": {"ipv4": {"conf": {"all": {"rp_filter": 2}}}}})"));
}

TEST(SysctlFacts, OfALyingMachineAreBounded) {
  std::string deep;
  for (int i = 0; i < 5000; ++i) deep += "a/";
  EXPECT_EQ(inventory::sysctls({{"sysctls", deep + "b:1\nc:1\nc/d:2\n:\n/:3"}})["c"], 1);
}

TEST(AccountFacts, FindWhatShouldNotBe) {
  const auto found = inventory::accounts({{"passwd",
                                           "root:x:0:0:root:/root:/bin/bash\ntoor:x:0:0::/:/bin/sh\n"
                                           "daemon:x:1:1::/:/bin/sh\nuser:old:1000:77::/home/user:/bin/bash\nbad line"},
                                          {"group", "root:x:0:\ndaemon:x:1:\nshadow:x:42:user\nother:x:42:"},
                                          {"shadow", "root locked\ntoor empty\ndaemon set"}});
  EXPECT_EQ(found["superusers"], (json{"root", "toor"}));
  EXPECT_EQ(found["emptyPasswords"], json{"toor"});
  EXPECT_EQ(found["systemShells"], (json{"toor", "daemon"}));
  EXPECT_EQ(found["openSystemAccounts"], json{"daemon"});
  EXPECT_EQ(found["unshadowed"], json{"user"});
  EXPECT_EQ(found["unknownGroups"], json{"user"});
  EXPECT_EQ(found["shadowMembers"], json{"user"});
  EXPECT_EQ(found["duplicateIds"], json{"0"});
  EXPECT_EQ(found["duplicateGroupIds"], json{"42"});
  EXPECT_EQ(found["duplicateNames"], json::array());
}

TEST(ModuleFacts, OnlyWhatCannotBeLoadedByItsNameIsBlocked) {
  const auto facts = facts_of({{"modules-there", "/udf.ko\n/usb_storage.ko\n/dccp.ko"},
                               {"settings",
                                "/etc/modprobe.d/a.conf:install udf /usr/bin/false\n"
                                "/etc/modprobe.d/a.conf:blacklist dccp\n"
                                "/etc/modprobe.d/a.conf:install usb_storage /bin/true"}});
  EXPECT_EQ(facts["modules"]["loadable"], (json{"udf", "usb-storage", "dccp"}));
  EXPECT_EQ(facts["modules"]["blocked"], (json{"udf", "usb-storage"}));
}

TEST(SettingFacts, TheLastFileCounts) {
  const auto facts = facts_of({{"passwd", "root:x:0:0:root:/root:/bin/bash"},
                               {"shadow", "root locked"},
                               {"settings",
                                "/etc/login.defs:UMASK\t\t027\n/etc/login.defs:PASS_MAX_DAYS 99999\n"
                                "/etc/systemd/coredump.conf.d/a.conf:Storage=none\n"
                                "/usr/lib/systemd/coredump.conf:Storage=external\n"
                                "/etc/profile.d/time.sh:readonly TMOUT=600 ; export TMOUT\n"
                                "/etc/systemd/journald.conf.d/x.conf:Storage=volatile"},
                               {"core-pattern", "|/usr/lib/systemd/systemd-coredump %P"},
                               {"core-limit", "0"},
                               {"journal", "persistent"}});
  EXPECT_EQ(facts["accounts"]["umask"], "027");
  EXPECT_EQ(facts["accounts"]["maximumDays"], 99999);
  EXPECT_EQ(facts["accounts"]["shellTimeout"], 600);
  EXPECT_EQ(facts["accounts"]["suRestricted"], false);
  EXPECT_EQ(facts["coreDumps"], (json{{"hardLimit", "0"}, {"stored", false}}));
  EXPECT_EQ(facts["journal"]["stored"], "volatile");
}

TEST(SshFacts, SayWhichAlgorithmsAreWeak) {
  const auto facts = facts_of({{"sshd",
                                "port 22\nmaxauthtries 6\nciphers aes256-gcm@openssh.com,aes128-cbc\n"
                                "macs hmac-sha2-256,hmac-sha1\nkexalgorithms curve25519-sha256\nallowgroups ops"}});
  EXPECT_EQ(facts["ssh"]["running"], true);
  EXPECT_EQ(facts["ssh"]["settings"]["maxauthtries"], 6);
  EXPECT_EQ(facts["ssh"]["settings"]["weakCiphers"], "aes128-cbc");
  EXPECT_EQ(facts["ssh"]["settings"]["weakMacs"], "hmac-sha1");
  EXPECT_EQ(facts["ssh"]["settings"]["weakKeyExchange"], "");
  EXPECT_EQ(facts["ssh"]["settings"]["restricted"], true);
  EXPECT_EQ(facts_of({})["ssh"]["running"], false);
}

TEST(Refusals, AreOnlyWordsThatWeKnow) {
  const auto facts = facts_from_sections(
      {{"refusal-kexec", "refused"}, {"refusal-dev-mem", "absent"}, {"refusal-module-load", "unknown"}});
  EXPECT_EQ(facts["security"]["refusals"], (json{{"kexec", "refused"}, {"devMem", "absent"}}));
  EXPECT_FALSE(facts_from_sections({})["security"].contains("refusals"));
}

TEST(TheScore, IsThereOnlyWhereTheMachineWasAsked) {
  EXPECT_FALSE(facts_from_sections({}).contains("hardening"));
  const auto facts = facts_of({{"kernel-config", "CONFIG_BUG=y"}});
  EXPECT_GT(facts["hardening"]["failed"], 10);
  EXPECT_TRUE(facts["hardening"].contains("score"));
}

}  // namespace
}  // namespace keelson::machine
