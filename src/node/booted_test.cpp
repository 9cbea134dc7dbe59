#include "node/booted.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "node/containerd_version.h"
#include "node/node_fixture.h"

namespace keelson::node {
namespace {

using ::testing::HasSubstr;
using testing::NodeFixture;

BootedPart part(const Booted& booted, std::string_view what) {
  for (const auto& each : booted.parts) {
    if (each.what == what) return each;
  }
  return {};
}

TEST(Booted, TellsWhatTheNodeHas) {
  const NodeFixture node;
  const auto booted = read_booted(node.root());
  EXPECT_EQ(booted.report.boot_id, "5c0e35ad-0000-4000-8000-000000000001");
  const auto& release = booted.report.booted;
  EXPECT_EQ(release.name, "container-host-2026.11.0");
  EXPECT_EQ(release.kernel, "6.12.63+deb13-amd64");
  EXPECT_EQ(release.containerd, "1.7.24~ds1");
  EXPECT_EQ(release.selinux, "disabled");
  EXPECT_EQ(release.fips, "disabled");
  // printf 'base-files\t13.8\tamd64\ncontainerd\t1.7.24~ds1-6+b4\tamd64\n' | sha256sum
  EXPECT_EQ(release.manifest_hash, "sha256:ed38b1e911e29028a3572bf57b5c251dab8645186f30f10affacb2f9f2d1908c");
  EXPECT_EQ(release.image_digest, "");
  EXPECT_EQ(part(booted, "imageDigest").source, Source::NotKnown);
  EXPECT_EQ(part(booted, "manifestHash").source, Source::Disk);
  EXPECT_EQ(part(booted, "kernel").source, Source::Kernel);
}

TEST(Booted, KernelSwitchesAreTheKernels) {
  const NodeFixture node;
  node.put("sys/fs/selinux/enforce", "1");
  node.put("proc/sys/crypto/fips_enabled", "1\n");
  auto release = read_booted(node.root()).report.booted;
  EXPECT_EQ(release.selinux, "enforcing");
  EXPECT_EQ(release.fips, "enabled");
  node.put("sys/fs/selinux/enforce", "0");
  node.put("proc/sys/crypto/fips_enabled", "0\n");
  release = read_booted(node.root()).report.booted;
  EXPECT_EQ(release.selinux, "permissive");
  EXPECT_EQ(release.fips, "disabled");
}

TEST(Booted, ARootUnderVerityHasItsRootHash) {
  const NodeFixture node;
  node.put_verity("/", "root");
  const auto digest = part(read_booted(node.root()), "imageDigest");
  EXPECT_EQ(digest.value, "sha256:" + std::string(testing::kRootHash));
  EXPECT_EQ(digest.source, Source::Verity);
  EXPECT_THAT(digest.how, HasSubstr("root hash of /,"));
}

TEST(Booted, UnderVerityTheImagesOwnBillTellsItsPackages) {
  const NodeFixture node;
  node.put("usr/share/sbom/image.spdx.json", R"({"packages": [
    {"name": "host", "versionInfo": "1"},
    {"name": "base-files", "versionInfo": "13.8",
     "externalRefs": [{"referenceLocator": "pkg:deb/debian/base-files@13.8?arch=amd64&distro=debian-13"}]},
    {"name": "containerd", "versionInfo": "1.7.24~ds1-6+b4",
     "externalRefs": [{"referenceLocator": "pkg:deb/debian/containerd@1.7.24~ds1-6%2Bb4?arch=amd64"}]},
    {"name": "glibc", "versionInfo": "2", "externalRefs": [{"referenceLocator": "pkg:deb/debian/glibc@2?arch=source"}]}]})");
  // Where nothing protects it, it is as good as the database, which may be newer.
  EXPECT_EQ(part(read_booted(node.root()), "manifestHash").source, Source::Disk);
  const std::string by_database = read_booted(node.root()).report.booted.manifest_hash;
  node.put_verity("/", "root");
  node.put("var/lib/dpkg/status", "Package: other\nStatus: install ok installed\nVersion: 1\nArchitecture: all\n");
  const auto hash = part(read_booted(node.root()), "manifestHash");
  EXPECT_EQ(hash.source, Source::Verity);
  EXPECT_EQ(hash.value, by_database);
}

TEST(Booted, OnlyUsrUnderVerityIsSaid) {
  const NodeFixture node;
  node.put_verity("/usr", "usr");
  EXPECT_THAT(part(read_booted(node.root()), "imageDigest").how, HasSubstr("root hash of /usr,"));
}

TEST(Booted, ARootHashThatNothingEnforcesDoesNotCount) {
  const NodeFixture node;
  const auto digest = [&] { return read_booted(node.root()).report.booted.image_digest; };
  node.put_verity("/", "root");
  node.put("sys/dev/block/254:3/dm/uuid", "LVM-1122");  // no verity device
  EXPECT_EQ(digest(), "");
  node.put_verity("/", "root");
  node.put("sys/dev/block/254:3/dm/name", "other");  // not the one that the command line is about
  EXPECT_EQ(digest(), "");
  node.put_verity("/data", "root");  // not what is mounted there
  EXPECT_EQ(digest(), "");
  node.put_verity("/", "root");  // something lies over it
  node.put("proc/1/mountinfo", "22 1 254:3 / / ro - erofs /dev/mapper/root ro\n23 1 0:40 / / rw - overlay o rw\n");
  EXPECT_EQ(digest(), "");
  node.put_verity("/", "root");
  node.put("proc/cmdline", "roothash=zz");
  EXPECT_EQ(digest(), "");
}

TEST(Booted, WithoutVerityTheRecordOfTheDiskIsSaidToBeOne) {
  const NodeFixture node;
  const std::string a = "sha256:" + std::string(64, 'a');
  node.put("var/lib/keelson/installed.json",
           R"({"images": [{"commandLine": "root=PARTUUID=aaaa", "name": "r-1", "imageDigest": ")" + a +
               R"("}, {"commandLine": "root=PARTUUID=bbbb", "imageDigest": "sha256:)" + std::string(64, 'b') +
               R"("}]})");
  const auto booted = read_booted(node.root());
  EXPECT_EQ(booted.report.booted.image_digest, a);
  EXPECT_EQ(booted.report.booted.name, "r-1");
  EXPECT_EQ(part(booted, "imageDigest").source, Source::Disk);
}

TEST(Booted, ABrokenRecordIsToldAndNotBelieved) {
  const NodeFixture node;
  for (const char* text : {"{", "[]", R"({"images": [{"imageDigest": "sha256:abc"}]})", R"({"images": 3})"}) {
    node.put("var/lib/keelson/installed.json", text);
    const auto digest = part(read_booted(node.root()), "imageDigest");
    EXPECT_EQ(digest.value, "") << text;
    EXPECT_THAT(digest.how, HasSubstr("installed.json")) << text;
  }
}

TEST(Booted, NothingIsGuessed) {
  const NodeFixture node;
  for (const char* gone : {"usr/lib/os-release", "var/lib/dpkg", "proc/sys/kernel/osrelease", "proc/cmdline"})
    node.remove(gone);
  const auto release = read_booted(node.root()).report.booted;
  EXPECT_EQ(release.name + release.image_digest + release.manifest_hash + release.kernel + release.containerd, "");
  node.remove("proc/sys/kernel/random/boot_id");
  EXPECT_THROW(read_booted(node.root()), Error);
}

TEST(ContainerdVersion, IsReadFromTheAnswer) {
  EXPECT_EQ(version_in_answer("containerd github.com/containerd/containerd 1.7.24~ds1 1.7.24~ds1-6+b4\n"),
            "1.7.24~ds1");
  EXPECT_EQ(version_in_answer("containerd github.com/containerd/containerd/v2 v2.0.5 fb4c30d4\n"), "2.0.5");
  EXPECT_EQ(version_in_answer("containerd: not found"), "");
  EXPECT_EQ(version_in_answer(""), "");
}

}  // namespace
}  // namespace keelson::node
