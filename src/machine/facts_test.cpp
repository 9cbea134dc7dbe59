#include "machine/facts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <set>

#include "inventory/system_facts.h"
#include "policy/judge.h"
#include "sys/file.h"

namespace keelson::machine {
namespace {

using nlohmann::json;
using testing::ElementsAre;

// What a real machine sent (Debian 13, containerd); run-machine-id and kernel-log's last line were added by hand.
Sections recorded() {
  const char* folder = std::getenv("KEELSON_SOURCE_DIR");
  if (folder == nullptr) return {};
  return parse_sections(read_file(std::filesystem::path(folder) / "tests/fuzz/corpus/facts/debian-13"));
}

class RecordedFacts : public testing::Test {
 protected:
  void SetUp() override {
    if (sections_.empty()) GTEST_SKIP() << "KEELSON_SOURCE_DIR is not set";
  }
  Sections sections_ = recorded();
  json facts_ = facts_from_sections(sections_);
};

TEST_F(RecordedFacts, SayWhatTheMachineIs) {
  EXPECT_EQ(facts_["schema"], "keelson-facts/1");
  EXPECT_EQ(facts_["architecture"], "amd64");
  EXPECT_EQ(facts_["versions"]["kernel"], "6.12.117+deb13-cloud-amd64");
  EXPECT_EQ(facts_["versions"]["systemd"], "257.13-1~deb13u1");
  EXPECT_TRUE(facts_["versions"]["containerd"].get<std::string>().starts_with("1.7.24"));
  EXPECT_TRUE(facts_["versions"]["runc"].get<std::string>().starts_with("1.1.15"));
  EXPECT_TRUE(facts_["versions"]["openssl"].get<std::string>().starts_with("3.5"));
  EXPECT_EQ(facts_["os"]["id"], "debian");
  EXPECT_EQ(facts_["os"]["versionId"], "13");
  EXPECT_EQ(facts_["system"]["virtualization"], "qemu");
}

TEST_F(RecordedFacts, SayHowItIsDoing) {
  EXPECT_EQ(facts_["system"]["state"], "running");
  EXPECT_EQ(facts_["system"]["failedUnits"], json::array());
  EXPECT_EQ(facts_["system"]["machineId"], "fresh");
  EXPECT_EQ(facts_["services"]["containerd"], "active");
  EXPECT_FALSE(facts_["services"].contains("keelson-check"));
  EXPECT_GT(facts_["system"]["units"], 50);
  EXPECT_GT(facts_["memory"]["usedBytes"], 1 << 20);
}

TEST(Facts, NameTheVerityDevicesAndWhetherTheirRootHashIsSigned) {
  Sections sections;
  sections["verity-table"] =
      "root: 0 1048576 verity 1 259:2 259:3 4096 4096 131072 1 sha256 f3e42e 9ab317 3 panic_on_corruption "
      "root_hash_sig_key_desc cryptsetup:root\n"
      "usr: 0 8 verity 1 259:4 259:4 4096 4096 1 1 sha256 aa -\n"
      "strange: 0 8 verity\ncrypt: 0 8 crypt aes - 0 1 2\n";
  sections["verity-status"] = "root: 0 1048576 verity V\nusr: 0 8 verity C\n";
  sections["mounts"] = "1 0 254:0 / / ro,relatime shared:1 - erofs /dev/mapper/root ro\n";
  const json facts = facts_from_sections(sections)["security"]["verity"];
  EXPECT_EQ(
      facts["root"],
      (json{
          {"rootHash", "f3e42e"}, {"signed", true}, {"onCorruption", "panic"}, {"intact", true}, {"mountPoint", "/"}}));
  EXPECT_EQ(facts["usr"],
            (json{{"rootHash", "aa"}, {"signed", false}, {"onCorruption", "io-error"}, {"intact", false}}));
  EXPECT_EQ(facts.size(), 2u);
}

TEST_F(RecordedFacts, SayHowItIsClosed) {
  EXPECT_EQ(facts_["cgroup"]["version"], 2);
  EXPECT_THAT(facts_["security"]["lsm"], testing::IsSupersetOf({json("lockdown"), json("landlock"), json("yama")}));
  EXPECT_EQ(facts_["security"]["selinux"]["mode"], "disabled");
  EXPECT_EQ(facts_["security"]["lockdown"], "none");
  EXPECT_EQ(facts_["security"]["fips"]["enabled"], false);
  EXPECT_EQ(facts_["security"]["denials"]["count"], 0);
  EXPECT_EQ(facts_["setuid"]["count"], 9);
  EXPECT_EQ(facts_["setuid"]["setgidCount"], 3);
  EXPECT_GT(facts_["packages"]["count"], 80);
  EXPECT_EQ(facts_["network"]["exposed"], json::array());
  ASSERT_EQ(facts_["network"]["listening"].size(), 1u);  // containerd's stream server
  EXPECT_EQ(facts_["network"]["listening"][0]["process"], "containerd");
  EXPECT_EQ(facts_["network"]["listening"][0]["address"], "127.0.0.1");
}

TEST(Pcr11Fact, IsAsTheManifestWritesItAndAbsentWithoutATpm) {
  EXPECT_FALSE(facts_from_sections({{"pcr11", ""}})["security"].contains("pcr11"));
  EXPECT_EQ(facts_from_sections({{"pcr11", "0E33B7"}})["security"]["pcr11"], "0e33b7");
}

TEST(FipsFact, SaysWhatOpenSslRefusedAndWhatItDid) {
  const Sections sections{
      {"fips", "1"},
      {"fips-providers",
       "Providers:\n  base\n    name: OpenSSL Base Provider\n    status: active\n  fips\n    name: x\n"
       "    version: 3.5.9\n    status: active\n  other\n    status: inactive\n"},
      {"fips-openssl", "md5 1\nrsa1024-generate 1\nrsa1024-sign 1\naes-gcm 0\n"},
      {"fips-kernel", "md5 refused\naes-gcm works\n"}};
  EXPECT_EQ(facts_from_sections(sections)["security"]["fips"], json::parse(R"({"enabled": true,
    "openssl": {"providers": ["base", "fips"], "md5": "refused", "rsa1024": "refused", "aesGcm": "works"},
    "kernel": {"md5": "refused", "aesGcm": "works"}})"));
}

TEST(FipsFact, AShortKeyIsRefusedOnlyIfItIsNeitherMadeNorUsed) {
  const auto rsa = [](const std::string& text) {
    const json facts = facts_from_sections({{"fips", "1"}, {"fips-openssl", text}});
    return facts["security"]["fips"]["openssl"].value("rsa1024", "");
  };
  EXPECT_EQ(rsa("rsa1024-generate 1\nrsa1024-sign 0\n"), "works");
  EXPECT_EQ(rsa("rsa1024-generate 0\nrsa1024-sign 1\n"), "works");
  EXPECT_EQ(rsa("rsa1024-generate 1\n"), "");  // no key could be made to sign with: nobody knows
}

TEST(FipsFact, WhatTheKernelWasNotAskedIsAbsent) {
  const auto kernel = [](const std::string& text) {
    return facts_from_sections({{"fips", "1"}, {"fips-kernel", text}})["security"]["fips"]["kernel"];
  };
  EXPECT_EQ(kernel(""), json::object());
  EXPECT_EQ(kernel("md5 maybe\naes-gcm wrong\n"), json({{"aesGcm", "wrong"}}));
  EXPECT_FALSE(facts_from_sections({{"fips", "1"}})["security"]["fips"].contains("kernel"));
}

TEST(IpeFact, TellsThePoliciesAndWhatTheyDenied) {
  EXPECT_FALSE(facts_from_sections({})["security"].contains("ipe"));
  const json ipe = facts_from_sections(
      {{"ipe-enforce", "1"},
       {"ipe-policies",
        "/sys/kernel/security/ipe/policies/keelson/active:1\n/sys/kernel/security/ipe/policies/keelson/version:1.0.0\n"
        "/sys/kernel/security/ipe/policies/old/active:0\nnonsense\n"},
       {"kernel-log",
        "[ 69.5] audit: type=1420 audit(1.1:7): ipe_op=EXECUTE ipe_hook=BPRM_CHECK enforcing=1 pid=456 comm=\"exe\" "
        "rule=\"DEFAULT action=DENY\"\n[ 70.0] audit: type=1420 ipe_op=EXECUTE rule=\"op=EXECUTE action=ALLOW\"\n"}})
      ["security"]["ipe"];
  EXPECT_EQ(ipe["mode"], "enforcing");
  EXPECT_EQ(ipe["policies"],
            (json{{"keelson", {{"active", true}, {"version", "1.0.0"}}}, {"old", {{"active", false}}}}));
  EXPECT_EQ(ipe["denials"]["count"], 1);
  EXPECT_EQ(facts_from_sections({{"ipe-enforce", "0"}})["security"]["ipe"]["mode"], "permissive");
}

TEST(SecureBootFact, IsThereOnUefiOnly) {
  EXPECT_FALSE(facts_from_sections({})["security"].contains("secureBoot"));
  EXPECT_EQ(facts_from_sections({{"secure-boot", "   1"}})["security"]["secureBoot"], true);
  EXPECT_EQ(facts_from_sections({{"secure-boot", "   0"}})["security"]["secureBoot"], false);
}

TEST_F(RecordedFacts, SayThatTheContainerRan) {
  EXPECT_EQ(facts_["container"]["exitCode"], 0);
  EXPECT_EQ(facts_["container"]["output"], "hello-from-container\n6.12.117+deb13-cloud-amd64");
}

// The recorded machine had containerd's Kubernetes interface on, which listens on the loopback, no SELinux and no
// hardening; and it was not asked for accounts and modes of files.
TEST_F(RecordedFacts, PassTheShippedPolicyButForTheOpenPortSelinuxAndHardening) {
  const std::set<std::string> fails{"listening-ports",
                                    "security-modules",
                                    "selinux",
                                    "selinux-policy",
                                    "container-context",
                                    "lockdown",
                                    "hardening-score",
                                    "hardening-settings",
                                    "kexec",
                                    "memory-device",
                                    "services-exposure",
                                    "services-unsafe",
                                    "passwords",
                                    "empty-passwords",
                                    "shadowed-passwords",
                                    "superusers",
                                    "duplicate-user-ids",
                                    "system-shells",
                                    "world-writable",
                                    "unowned",
                                    "shadow-closed",
                                    "selinux-configured"};
  const auto policy =
      policy::read_policy(std::filesystem::path(std::getenv("KEELSON_SOURCE_DIR")) / "policies/container-host.yaml");
  const auto report = policy::judge(policy, facts_, {});
  for (const auto& row : report.rows) {
    if (row.verdict == policy::Verdict::NotApplicable) continue;  // what only the files of an image tell
    EXPECT_EQ(row.verdict == policy::Verdict::Pass, !fails.contains(row.id)) << row.id << ": " << row.actual;
  }
}

TEST_F(RecordedFacts, WithoutASectionItsFactsAreMissingAndNeverGood) {
  const auto policy =
      policy::read_policy(std::filesystem::path(std::getenv("KEELSON_SOURCE_DIR")) / "policies/container-host.yaml");
  const auto report = policy::judge(policy, facts_from_sections({}), {});
  for (const auto& row : report.rows) EXPECT_NE(row.verdict, policy::Verdict::Pass) << row.id;
}

TEST(Facts, AMissingKernelLogIsNotAnAbsenceOfDenials) {
  EXPECT_FALSE(facts_from_sections({{"kernel-log", ""}})["security"].contains("denials"));
  const json facts = facts_from_sections(
      {{"kernel-log",
        "[ 1.0] audit: avc:  denied  { read } for\n[ 2.0] apparmor=\"DENIED\" x\nlog-read-to-its-end\n"}});
  EXPECT_EQ(facts["security"]["denials"]["count"], 2);
}

TEST(Facts, ListeningSocketsOfAllKindsAreDecoded) {
  const Sections sections{
      {"net-tcp",
       "  sl  local_address rem_address   st\n   0: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 "
       "00000000 0 0 77 1\n"
       "   1: 0100007F:1F90 0100007F:9999 01 00000000:00000000 00:00000000 00000000 0 0 78 1\n"},
      {"net-tcp6",
       "head\n   0: 00000000000000000000000001000000:0050 00000000000000000000000000000000:0000 0A 0:0 0:0 0 0 0 79 1\n"
       "   1: B80D0120000000000000000001000000:01BB 0:0 0A 0:0 0:0 0 0 0 80 1\n"},
      {"net-udp", "head\n   9: 00000000:0044 00000000:0000 07 0:0 0:0 0 0 0 81 2\n"},
      {"processes", "/proc/5/comm:sshd: a\n"},
      {"sockets", "/proc/4/fd:\n80\n/proc/5/fd:\n77\n"}};
  const json rows = listening_sockets(sections);
  ASSERT_EQ(rows.size(), 4u);
  EXPECT_EQ(
      rows[0],
      json::parse(R"({"protocol": "tcp", "address": "0.0.0.0", "port": 22, "loopback": false, "process": "sshd: a"})"));
  EXPECT_EQ(rows[1], json::parse(R"({"protocol": "tcp6", "address": "::1", "port": 80, "loopback": true})"));
  EXPECT_EQ(rows[2]["address"], "2001:db8::1");
  EXPECT_EQ(rows[3], json::parse(R"({"protocol": "udp", "address": "0.0.0.0", "port": 68, "loopback": false})"));
  EXPECT_THAT(facts_from_sections(sections)["network"]["exposed"],
              ElementsAre("tcp 22 sshd: a", "tcp6 443 ?", "udp 68 ?"));
}

TEST(Facts, BootTimesAreSplitAsSystemdAnalyzeDoes) {
  const Sections sections{
      {"manager",
       "FirmwareTimestampMonotonic=9000000\nLoaderTimestampMonotonic=2000000\nKernelTimestampMonotonic=0\n"
       "InitRDTimestampMonotonic=3000000\nUserspaceTimestampMonotonic=7500000\nFinishTimestampMonotonic=20000000\n"}};
  EXPECT_EQ(boot_times(sections),
            json::parse(
                R"({"firmware": 7.0, "loader": 2.0, "kernel": 3.0, "initrd": 4.5, "userspace": 12.5, "total": 29.0})"));
  EXPECT_EQ(
      boot_times({{"manager",
                   "InitRDTimestampMonotonic=0\nUserspaceTimestampMonotonic=7500000\nFinishTimestampMonotonic=0\n"}}),
      json::parse(R"({"kernel": 7.5})"));
}

TEST(Facts, PackagesThatAreOnlyConfiguredOrRemovedDoNotCount) {
  const json packages =
      inventory::installed_packages({{"packages",
                                      "Package: a\nStatus: install ok installed\nVersion: 1\nPackage: "
                                      "b\nStatus: deinstall ok config-files\nVersion: 2\n"}});
  EXPECT_EQ(packages, json::parse(R"({"count": 1, "versions": {"a": "1"}})"));
}

TEST(Facts, AMachineIdThatStoodInTheImageIsFixed) {
  const std::string id(32, 'a');
  EXPECT_EQ(facts_from_sections({{"machine-id", id + "\n"}, {"run-machine-id", ""}})["system"]["machineId"], "fixed");
  EXPECT_EQ(
      facts_from_sections({{"machine-id", id + "\n"}, {"run-machine-id", std::string(32, 'b')}})["system"]["machineId"],
      "fixed");
  EXPECT_EQ(facts_from_sections({{"machine-id", id + "\n"}, {"run-machine-id", id}})["system"]["machineId"], "fresh");
  EXPECT_EQ(facts_from_sections({{"machine-id", ""}})["system"]["machineId"], "missing");
}

TEST(Facts, SelinuxIsDescribedByItsModePolicyAndDomains) {
  const auto facts = facts_from_sections(
      {{"selinux-enforce", "1"},
       {"selinux-config", "# SELINUX= can be\nSELINUX=permissive\nSELINUXTYPE=default\n"},
       {"selinux-policy-version", "33"},
       {"processes", "/proc/1/comm:systemd\n/proc/2/comm:kthreadd\n/proc/30/comm:containerd\n/proc/31/comm:runc\n"},
       {"contexts",
        "/proc/1/attr/current:u:r:init_t:s0\n/proc/2/attr/current:u:r:kernel_t:s0\n"
        "/proc/30/attr/current:u:r:engine_t:s0\n/proc/31/attr/current:u:r:engine_t:s0\n"
        "/proc/99/attr/current:u:r:gone_t:s0\n"},
       {"container-exit", "0"},
       {"container-output", "hello-from-container\n6.12\ncontext u:r:container_t:s0:c1,c2\n"}});
  const json& selinux = facts["security"]["selinux"];
  EXPECT_EQ(selinux["mode"], "enforcing");
  EXPECT_EQ(selinux["configuredMode"], "permissive");
  EXPECT_EQ(selinux["policy"], "default");
  EXPECT_EQ(selinux["policyVersion"], 33);
  EXPECT_EQ(selinux["domains"], (json{{"u:r:init_t:s0", {"systemd"}}, {"u:r:engine_t:s0", {"containerd", "runc"}}}));
  EXPECT_EQ(facts["container"]["context"], "u:r:container_t:s0:c1,c2");
  EXPECT_EQ(facts["container"]["output"], "hello-from-container\n6.12");
}

TEST(Facts, DenialsThatTheKernelDidNotPrintAreCounted) {
  const auto facts = facts_from_sections({{"kernel-log",
                                           "[ 1.0] audit: type=1400 audit(1:1): avc:  denied  { read }\n"
                                           "[ 2.0] kauditd_printk_skb: 12 callbacks suppressed\n"
                                           "[ 9.0] kauditd_printk_skb: 3 callbacks suppressed\n"
                                           "log-read-to-its-end\n"}});
  EXPECT_EQ(facts["security"]["denials"]["count"], 1);
  EXPECT_EQ(facts["security"]["denials"]["suppressed"], 15);
}

TEST(Facts, NonsenseGivesNoFactAndNoException) {
  const std::string nonsense = "= : [ ] @ - - - - \n/proc/\n/proc/x/comm:\n\n99999999999999999999999999 \n4 /\n] [\n";
  Sections sections;
  for (const char* name : {"state",
                           "uname",
                           "cmdline",
                           "os-release",
                           "machine-id",
                           "run-machine-id",
                           "lsm",
                           "lockdown",
                           "selinux-enforce",
                           "selinux-config",
                           "selinux-policy-version",
                           "contexts",
                           "fips",
                           "fips-providers",
                           "fips-openssl",
                           "fips-kernel",
                           "meminfo",
                           "mounts",
                           "cgroup-controllers",
                           "net-tcp",
                           "net-tcp6",
                           "net-udp",
                           "net-udp6",
                           "sockets",
                           "processes",
                           "manager",
                           "units",
                           "exposure",
                           "containerd",
                           "runc",
                           "openssl",
                           "packages",
                           "setuid",
                           "kernel-log",
                           "container-exit",
                           "container-output"}) {
    sections[name] = nonsense;
  }
  const json facts = facts_from_sections(sections);
  EXPECT_NO_THROW(facts.dump());
  EXPECT_FALSE(facts["memory"].contains("totalBytes"));
  EXPECT_FALSE(facts["container"].contains("exitCode"));
}

}  // namespace
}  // namespace keelson::machine
