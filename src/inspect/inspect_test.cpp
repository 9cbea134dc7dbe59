#include "inspect/inspect.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <map>

#include "base/error.h"
#include "base/text.h"
#include "formats/gpt/table.h"
#include "formats/gpt/types.h"
#include "image/export.h"
#include "inspect/sample_system.h"
#include "inspect/screen.h"
#include "sys/file_blocks.h"
#include "sys/process.h"
#include "sys/temp_dir.h"

namespace keelson::inspect {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;

class Inspect : public testing::Test {
 protected:
  Inspect() { make_sample_system(root_); }

  json facts() const { return inspect({.target = root_}); }

  TempDir folder_{"inspect-test"};
  fs::path root_ = folder_.path() / "root";
};

TEST_F(Inspect, TellsWhatASystemIs) {
  const json found = facts();
  EXPECT_EQ(found["schema"], "keelson-facts/1");
  EXPECT_EQ(found["os"], (json{{"id", "sample"}, {"versionId", "13"}, {"name", "Sample 13"}}));
  EXPECT_EQ(found["image"]["version"], "7");
  EXPECT_EQ(found["image"]["release"]["toolVersion"], "keelson 1");
  EXPECT_EQ(found["image"]["history"], (json{{"count", 2}, {"last", {{"toolVersion", "keelson 1"}}}}));
  EXPECT_EQ(found["versions"]["kernel"], "6.12.10-cloud");
  EXPECT_EQ(found["versions"]["systemd"], "257.9-1");
  EXPECT_EQ(found["versions"]["containerd"], "1.7.24~ds1");
  EXPECT_EQ(found["packages"]["count"], 2);
  EXPECT_EQ(found["system"], (json{{"hostname", "sample.example"},
                                   {"locale", "C.UTF-8"},
                                   {"machineId", "fresh"},
                                   {"timeZone", "Europe/Berlin"}}));
  EXPECT_EQ(found["inspection"], (json{{"kind", "directory"}, {"notes", json::array()}}));
}

TEST_F(Inspect, TellsWhatWouldBoot) {
  const json found = facts();
  EXPECT_EQ(found["kernels"].size(), 2U);
  EXPECT_EQ(found["kernels"][1],
            (json{{"release", "6.12.10-cloud"}, {"image", false}, {"initrd", true}, {"modules", true}}));
  EXPECT_EQ(found["kernel"]["commandLine"], "root=UUID=1 fips=1");
  EXPECT_EQ(found["bootEntries"][0]["default"], true);
  EXPECT_EQ(found["kernel"]["configuration"], (json{{"CONFIG_KEXEC", "y"}, {"CONFIG_DEVMEM", "n"}}));
  EXPECT_EQ(found["modules"]["loadable"], (json{"udf", "usb-storage"}));
  EXPECT_EQ(found["security"]["fips"]["configured"]["kernelArgument"], true);
  EXPECT_EQ(found["kernel"]["configuredSysctls"],
            (json{{"kernel", {{"sysrq", 0}}}, {"net", {{"ipv4", {{"ip_forward", 1}}}}}}));
}

TEST_F(Inspect, TellsWhatIsStartedAndWhoMayDoWhat) {
  const json found = facts();
  EXPECT_EQ(found["units"], (json{{"enabled", {"containerd.service"}},
                                  {"static", {"systemd-sysctl.service"}},
                                  {"masked", {"ctrl-alt-del.target"}},
                                  {"presets", json::array()},
                                  {"firstBoot", json::array()},
                                  {"default", "multi-user.target"}}));
  EXPECT_EQ(found["users"].size(), 3U);
  EXPECT_EQ(found["groups"][3], (json{{"name", "sudo"}, {"id", 27}, {"members", {"alice", "bob"}}}));
  EXPECT_EQ(found["accounts"]["withPassword"], (json{"alice"}));
  EXPECT_EQ(found["accounts"]["emptyPasswords"], (json{"daemon"}));
  EXPECT_EQ(found["accounts"]["umask"], "027");
  EXPECT_EQ(found["banners"]["revealing"], (json{"/etc/issue"}));
  EXPECT_EQ(found["sshKeys"], (json{{{"user", "alice"},
                                     {"file", "/home/alice/.ssh/authorized_keys"},
                                     {"count", 1},
                                     {"fingerprints", {kSampleFingerprint}}}}));
  ASSERT_EQ(found["sudo"]["rules"].size(), 3U);
  EXPECT_EQ(found["sudo"]["rules"][1]["line"], "%sudo ALL=(ALL)  NOPASSWD: ALL");
  EXPECT_EQ(found["sudo"]["rules"][2]["file"], "/etc/sudoers.d/alice");
  EXPECT_EQ(found["setuid"]["paths"], (json{"/usr/bin/su"}));
  EXPECT_EQ(found["files"]["worldWritable"], (json{"/srv/open"}));
  EXPECT_EQ(found["security"]["selinux"], (json{{"configuredMode", "enforcing"},
                                                {"policy", "default"},
                                                {"fileContexts", false},
                                                {"compiledPolicy", "policy.33"}}));
}

TEST_F(Inspect, TellsTheChecksThatFilesDecideAndNoOthers) {
  std::map<std::string, std::string> results;
  const json found = facts();
  for (const auto& check : found["hardening"]["checks"]) results[check["id"]] = check["result"];
  EXPECT_EQ(results["package:nginx"], "pass");
  EXPECT_EQ(results["module:udf"], "fail");
  EXPECT_EQ(results["fact:accounts.umask"], "pass");
  EXPECT_EQ(results["file:/etc/crontab"], "not-applicable");
  for (const char* id : {"sysctl:kernel.sysrq", "mount:/tmp", "ssh:usepam", "fact:security.lockdown"})
    EXPECT_FALSE(results.contains(id)) << id;
  EXPECT_FALSE(found["hardening"].contains("score"));
}

TEST_F(Inspect, TellsWherePrivateKeysLieButNotWhatIsInThem) {
  const std::string key = "-----BEGIN OPENSSH PRIVATE KEY-----\nhidden\n-----END OPENSSH PRIVATE KEY-----\n";
  put_file(root_, "etc/ssh/ssh_host_ed25519_key", key);
  put_file(root_, "etc/ssh/ssh_host_ed25519_key.pub", "ssh-ed25519 AAAA\n");
  put_file(root_, "etc/ssl/private/server.pem", key);
  put_file(root_, "etc/ssl/private/readme", "no key\n");
  put_file(root_, "home/alice/.ssh/id_rsa", key);
  const json found = facts();
  EXPECT_EQ(found["privateKeys"],
            (json{"/etc/ssh/ssh_host_ed25519_key", "/etc/ssl/private/server.pem", "/home/alice/.ssh/id_rsa"}));
  EXPECT_THAT(found.dump(), testing::Not(HasSubstr("hidden")));
  EXPECT_THAT(screen(found, "host.raw", Colour::No), HasSubstr("/etc/ssl/private/server.pem"));
}

TEST_F(Inspect, TellsWhatContainerdOpens) {
  EXPECT_EQ(facts()["containerd"]["config"]["tcpAddresses"], json::array());
  put_file(root_, "etc/containerd/config.toml",
           "[grpc]\n  tcp_address = \"0.0.0.0:10000\"  # open\n# tcp_address = \"1\"\n[debug]\n  tcp_address = ''\n"
           "insecure_skip_verify = true\n");
  put_file(root_, "etc/containerd/certs.d/example.org/hosts.toml",
           "server = \"https://example.org\"\n[host.\"http://example.org\"]\n  skip_verify = false\n");
  const json found = facts()["containerd"]["config"];
  EXPECT_EQ(found["tcpAddresses"], (json{"0.0.0.0:10000"}));
  EXPECT_EQ(found["unverifiedRegistries"],
            (json{"/etc/containerd/config.toml: insecure_skip_verify = true",
                  "/etc/containerd/certs.d/example.org/hosts.toml: [host.\"http://example.org\"]"}));
}

TEST_F(Inspect, NoHashOfAPasswordGetsOut) { EXPECT_THAT(facts().dump(), testing::Not(HasSubstr("secret"))); }

TEST_F(Inspect, LinksAndPipesOfADirectoryLeadNowhere) {
  const auto outside = folder_.path() / "outside";
  write_file(outside, "told\n");
  fs::remove(root_ / "etc/hostname");
  put_link(root_, "etc/hostname", outside);
  fs::remove(root_ / "etc/fstab");
  put_link(root_, "etc/fstab", "../../../../../../../../etc/passwd");
  fs::remove(root_ / "etc/issue");
  ASSERT_EQ(::mkfifo((root_ / "etc/issue").c_str(), 0600), 0);
  put_link(root_, "etc/locale", "locale");
  const json found = facts();
  EXPECT_FALSE(found["system"].contains("hostname"));
  EXPECT_EQ(found["fstab"], json::array());  // that of the root itself
  EXPECT_EQ(found["banners"]["revealing"], json::array());
}

TEST_F(Inspect, NamesThatAreNoTextAreHarmless) {
  put_file(root_, "srv/\x1b[31m\xff\nline", "x");
  fs::permissions(root_ / "srv/\x1b[31m\xff\nline", fs::perms(0666));
  EXPECT_EQ(facts()["files"]["worldWritable"], (json{"/srv/?[31m??line", "/srv/open"}));
}

TEST_F(Inspect, WhatIsTooLargeIsCutAndTold) {
  put_file(root_, "etc/issue", std::string(200'000, 'x'));
  EXPECT_THAT(facts()["inspection"]["notes"].dump(), HasSubstr("'/etc/issue' is larger than 64 KiB"));
}

TEST_F(Inspect, PackagesAreThoseOfDpkgQuery) {
  if (!find_program("dpkg-query")) GTEST_SKIP() << "dpkg is not installed";
  const std::string said = require_process({.arguments = {"dpkg-query", "--admindir", root_ / "var/lib/dpkg", "-W",
                                                          "-f", "${db:Status-Status} ${Package} ${Version}\n"},
                                            .environment = {"LC_ALL=C", "PATH=/usr/bin:/bin"}},
                                           "run", "dpkg-query");
  std::vector<std::string> ours{"config-files gone 1"};
  const json found = facts();
  for (const auto& [name, version] : found["packages"]["versions"].items())
    ours.push_back("installed " + name + " " + version.get<std::string>());
  std::vector<std::string> theirs;
  for (const auto line : split(std::string_view(said), '\n'))
    if (!line.empty()) theirs.emplace_back(line);
  EXPECT_THAT(ours, testing::UnorderedElementsAreArray(theirs));
}

TEST_F(Inspect, AFolderWithoutASystemIsRefused) {
  fs::create_directory(folder_.path() / "empty");
  try {
    inspect({.target = folder_.path() / "empty"});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::BadInput);
    EXPECT_THAT(error.message(), HasSubstr("it holds no system"));
  }
}

TEST_F(Inspect, TheScreenShowsWhatMattersAndNoColourUnlessAsked) {
  const std::string page = screen(facts(), "host.raw", Colour::No);
  EXPECT_THAT(page, testing::StartsWith("host.raw\n"));
  for (const char* part : {"Sample 13", "host 7", "6.12.10-cloud", "containerd.service", "multi-user.target",
                           "empty passwords", "enforcing, policy default", "made at the first boot"})
    EXPECT_THAT(page, HasSubstr(part));
  EXPECT_EQ(page.find('\x1b'), std::string::npos);
  EXPECT_NE(screen(facts(), "host.raw", Colour::Yes).find('\x1b'), std::string::npos);
  EXPECT_EQ(screen(json::object(), "x", Colour::No).substr(0, 2), "x\n");
}

// A disk with the sample system as ext4 in its one partition.
fs::path disk_of(const fs::path& root, const fs::path& folder) {
  constexpr std::uint64_t kStart = 1 << 20, kLength = 48 << 20, kSize = 50 << 20;
  const fs::path files = folder / "ext4";
  const fs::path disk = folder / "disk.raw";
  require_process({.arguments = {"mke2fs", "-q", "-F", "-t", "ext4", "-d", root, files, "48M"},
                   .environment = {"LC_ALL=C", "PATH=/usr/sbin:/usr/bin:/sbin:/bin"},
                   .merge_output = true},
                  "run", "mke2fs");
  const gpt::Geometry geometry{.size = {kSize}};
  const gpt::Entry entry{.slot = 0,
                         .type = *gpt::find_type("root", "amd64"),
                         .uuid = parse_uuid("11111111-2222-4333-8444-555555555555"),
                         .first = {kStart / 512},
                         .last = {(kStart + kLength) / 512 - 1},
                         .label = "root"};
  write_file(disk, std::string(kSize, '\0'));
  const UniqueFd fd = open_file(disk, O_RDWR);
  for (const auto& extent : gpt::encode_table(gpt::make_table(entry.uuid, {entry}, geometry), geometry))
    write_all_at(fd.get(), extent.bytes, extent.offset, disk.native());
  write_all_at(fd.get(), as_bytes(read_file(files)), kStart, disk.native());
  return disk;
}

TEST_F(Inspect, ADiskOfAnyFormatTellsWhatItsDirectoryTells) {
  if (!find_program("mke2fs")) GTEST_SKIP() << "e2fsprogs are not installed";
  const fs::path raw = disk_of(root_, folder_.path());
  const json inside = facts();
  for (const std::string format : {"raw", "qcow2", "vhd", "vhd-fixed", "vhdx"}) {
    const fs::path file = folder_.path() / ("disk." + format + ".image");
    image::export_image(FileBlocks(raw), "sample", format, file, {});
    json outside = inspect({.target = file, .digests = Digests::Yes});
    EXPECT_EQ(outside["disk"]["format"], format);
    const json& partition = outside["disk"]["partitions"][0];
    EXPECT_EQ(partition["type"], "root");
    EXPECT_EQ(partition["content"], "ext4");
    EXPECT_EQ(partition["label"], "root");
    EXPECT_EQ(partition["sha256"].get<std::string>().size(), 64U);
    EXPECT_EQ(outside["inspection"]["kind"], "disk");
    outside.erase("disk");
    outside["inspection"] = inside["inspection"];
    outside["files"]["folders"] = inside["files"]["folders"];  // lost+found is the file system's own
    EXPECT_EQ(json::diff(outside, inside), json::array()) << format;
  }
}

}  // namespace
}  // namespace keelson::inspect
