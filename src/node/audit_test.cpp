#include "node/audit.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "crypto/hash.h"
#include "inventory/package_hash.h"
#include "node/digest_text.h"
#include "node/node_fixture.h"

namespace keelson::node {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::NodeFixture;

std::vector<std::string> lines(const Drift& drift) {
  std::vector<std::string> result;
  for (const auto& finding : drift.findings) result.push_back(line_of(finding));
  return result;
}

std::vector<inventory::Package> packages() {
  return {{.name = "base-files", .version = "13.8", .architecture = "amd64"},
          {.name = "containerd", .version = "1.7.24~ds1-6+b4", .architecture = "amd64"}};
}

class Audit : public ::testing::Test {
 protected:
  Audit() {
    node.put("proc/modules", "ext4 1000 1 - Live 0x0\n");
    node.put("usr/bin/tool", "tool\n");
    node.put("etc/tool.conf", "a=1\n");
    std::filesystem::create_directories(node.path() / "etc/systemd/system/multi-user.target.wants");
    std::filesystem::create_symlink("/usr/lib/systemd/system/ssh.service",
                                    node.path() / "etc/systemd/system/multi-user.target.wants/ssh.service");
    node.put("etc/passwd", "root:x:0:0:root:/root:/bin/bash\n");
    node.put("proc/sys/kernel/sysrq", "0\n");
    release.packages = packages();
    release.kernel = "6.12.63+deb13-amd64";
    release.command_line = "console=ttyS0 root=PARTUUID=aaaa";
    release.files = {
        {"/usr/bin/tool", sha256("tool\n").hex()},
        {"/etc/tool.conf", sha256("a=1\n").hex()},
        {"/usr/lib/os-release", sha256("ID=debian\nIMAGE_ID=container-host\nIMAGE_VERSION=2026.11.0\n").hex()},
        {"/etc/passwd", sha256("root:x:0:0:root:/root:/bin/bash\n").hex()},
        {"/var/lib/thing", std::string(64, '0')}};
    release.facts = {
        {"units",
         {{"enabled", {"ssh.service"}}, {"static", nlohmann::json::array()}, {"masked", nlohmann::json::array()}}},
        {"kernel", {{"configuredSysctls", {{"kernel", {{"sysrq", 0}}}}}}}};
  }
  Drift look(const std::vector<std::string>& ignore = {}) { return audit(node.root(), release, ignore); }

  NodeFixture node;
  Reference release;
};

TEST_F(Audit, ANodeThatIsItsReleaseHasNoDrift) {
  release.facts["units"].erase("static");
  auto drift = look({"units", "users", "groups"});
  EXPECT_THAT(lines(drift), IsEmpty());
  EXPECT_THAT(drift.compared, Contains(HasSubstr("packages: 2 with the manifest's 2")));
}

TEST_F(Audit, EveryLevelIsTold) {
  const std::vector<std::string> others{"users", "groups", "units"};
  node.put("var/lib/dpkg/status",
           "Package: base-files\nStatus: install ok installed\nVersion: 13.9\nArchitecture: amd64\n\n"
           "Package: netcat\nStatus: install ok installed\nVersion: 1\nArchitecture: amd64\n");
  node.put("etc/tool.conf", "a=2\n");
  node.put("usr/local/bin/new", "x");
  node.remove("usr/bin/tool");
  node.put("proc/sys/kernel/osrelease", "6.12.64+deb13-amd64\n");
  node.put("proc/cmdline", "BOOT_IMAGE=/vmlinuz root=PARTUUID=aaaa debug\n");
  node.put("proc/sys/kernel/sysrq", "1\n");
  node.put("proc/modules", "evil 1000 1 - Live 0x0 (OE)\n");
  const auto units = node.path() / "etc/systemd/system";
  std::filesystem::remove(units / "multi-user.target.wants/ssh.service");
  std::filesystem::create_symlink("/usr/lib/systemd/system/cron.service",
                                  units / "multi-user.target.wants/cron.service");
  EXPECT_THAT(lines(look(others)),
              ElementsAre("packages: base-files is 13.9; the release has 13.8",
                          "packages: containerd is gone; the release has 1.7.24~ds1-6+b4",
                          "packages: netcat 1 is not in the release",  //
                          "files: /etc/tool.conf has another content", "files: /usr/bin/tool is gone",
                          "files: /usr/local/bin/new is not in the release",
                          "units: cron.service is enabled, and is not in the release",
                          "units: ssh.service is not enabled, as it is in the release",
                          "kernel: command line has 'debug', which the release does not say",
                          "kernel: command line lacks 'console=ttyS0'",
                          "kernel: kernel is 6.12.64+deb13-amd64; the release has 6.12.63+deb13-amd64",
                          "kernel: module evil is loaded without a signature that the kernel believes",
                          "kernel: sysctl kernel.sysrq is 1; the release sets 0"));
}

TEST_F(Audit, TheReportCountsAndTellsTheSameDriftByTheSameDigest) {
  node.put("etc/tool.conf", "a=2\n");
  const auto first = look({"u", "g"});
  EXPECT_THAT(lines(first), ElementsAre("files: /etc/tool.conf has another content"));
  const auto report = drift_report(first, fleet::Moment{});
  EXPECT_EQ(report.files, 1);
  EXPECT_EQ(report.findings(), 1);
  EXPECT_EQ(report.digest, drift_report(look({"u", "g"}), fleet::Moment{}).digest);
  node.put("usr/bin/tool", "other\n");
  EXPECT_NE(report.digest, drift_report(look({"u", "g"}), fleet::Moment{}).digest);
  EXPECT_TRUE(is_digest(report.digest));
  Drift many;
  for (int i = 0; i < 100; ++i) many.findings.push_back({DriftLevel::Files, std::string(5000, 'x'), "is gone"});
  const auto bounded = drift_report(many, fleet::Moment{});
  EXPECT_EQ(bounded.files, 100);
  EXPECT_EQ(bounded.examples.size(), 20U);
  EXPECT_LT(bounded.examples[0].size(), 300U);
}

TEST_F(Audit, WithoutABillDpkgsOwnChecksumsAreAsked) {
  release.files.reset();
  // printf 'tool\n' | md5sum
  node.put("var/lib/dpkg/info/tool.md5sums",
           "7cfb3b1aedd632d8ae7cc974271f3652  usr/bin/tool\n7cfb3b1aedd632d8ae7cc974271f3652  "
           "usr/share/doc/tool/README\n7cfb3b1aedd632d8ae7cc974271f3652  usr/bin/gone\n"
           "7cfb3b1aedd632d8ae7cc974271f3652  etc/tool.conf\nnonsense\n");
  const auto drift = look({"u", "g"});
  EXPECT_THAT(lines(drift), ElementsAre("files: /etc/tool.conf has another content than its package brought",
                                        "files: /usr/bin/gone is gone"));
  EXPECT_THAT(drift.compared, Contains(HasSubstr("only as good as its disk")));
}

TEST_F(Audit, WhatCannotBeComparedIsSaid) {
  const auto drift = audit(node.root(), {}, {});
  EXPECT_THAT(lines(drift), IsEmpty());
  for (const char* what : {"packages are not compared", "files are not compared", "units and accounts are not compared",
                           "command line is not compared"})
    EXPECT_THAT(drift.notes, Contains(HasSubstr(what)));
}

TEST_F(Audit, AReferenceIsReadFromTheNode) {
  node.put(
      "var/lib/keelson/bill.json",
      fmt::format(
          R"({{"files": [{{"fileName": "./usr/bin/tool", "checksums": [{{"algorithm": "SHA1", "checksumValue": "x"}},
             {{"algorithm": "SHA256", "checksumValue": "{}"}}]}}]}})",
          sha256("tool\n").hex()));
  const auto read = read_reference(node.root(), {.bill = "/var/lib/keelson/bill.json"}, "");
  ASSERT_TRUE(read.files);
  EXPECT_EQ(read.files->at("/usr/bin/tool"), sha256("tool\n").hex());
  EXPECT_THAT(read.told, ElementsAre(HasSubstr("it has no signature")));
  for (const char* broken : {"", "{", "{}", R"({"files": [{"fileName": "./x"}]})"}) {
    node.put("var/lib/keelson/bill.json", broken);
    EXPECT_THROW(read_reference(node.root(), {.bill = "/var/lib/keelson/bill.json"}, ""), Error) << broken;
  }
  EXPECT_THROW(read_reference(node.root(), {.facts = "/nowhere"}, ""), Error);
  EXPECT_THROW(read_reference(node.root(), {.manifest = "/nowhere"}, ""), Error);
}

}  // namespace
}  // namespace keelson::node
