#include "inspect/cves.h"

#include <gmock/gmock.h>

#include <fstream>

#include "base/error.h"
#include "inspect/source_list.h"
#include "sys/temp_dir.h"

namespace keelson::inspect {
namespace {

using testing::HasSubstr;

namespace fs = std::filesystem;

constexpr std::string_view kStatus =
    "Package: libcurl4t64\nStatus: install ok installed\nArchitecture: amd64\nSource: curl\nVersion: 8.14.1-2\n\n"
    "Package: gone\nStatus: deinstall ok config-files\nArchitecture: amd64\nVersion: 1\n";

void put(const fs::path& file, std::string_view text) {
  fs::create_directories(file.parent_path());
  std::ofstream(file) << text;
}

class PackagedSystemTest : public testing::Test {
 protected:
  std::string refusal(const std::string& release = "") {
    try {
      read_packaged_system(path(), release);
    } catch (const Error& error) {
      return error.message();
    }
    return "nothing was thrown";
  }
  fs::path path() const { return folder_.path() / "root"; }

  TempDir folder_{"cves"};
};

TEST_F(PackagedSystemTest, AFolderHasTheReleaseOfItsOsRelease) {
  fs::create_directories(path() / "etc");
  fs::create_symlink("../usr/lib/os-release", path() / "etc/os-release");
  put(path() / "usr/lib/os-release",
      "PRETTY_NAME=\"Debian\"\nID=debian\nVERSION_CODENAME='trixie'\nVERSION_ID=\"13\"\n");
  put(path() / "var/lib/dpkg/status", kStatus);
  const auto system = read_packaged_system(path(), "");
  EXPECT_EQ(system.kind, "folder");
  EXPECT_EQ(system.release, (vulnerability::Release{"debian", "trixie", "13"}));
  ASSERT_EQ(system.packages.size(), 1u);
  EXPECT_EQ(system.packages[0].source, "curl");
  EXPECT_EQ(read_packaged_system(path(), "12").release.codename, "bookworm");
}

TEST_F(PackagedSystemTest, OneFilePerPackageIsADatabaseToo) {
  put(path() / "etc/os-release", "ID=debian\nVERSION_ID=13\n");
  put(path() / "var/lib/dpkg/status.d/base-files", "Package: base-files\nVersion: 13.8\nArchitecture: amd64\n");
  put(path() / "var/lib/dpkg/status.d/base-files.md5sums", "0123  usr/x\n");
  put(path() / "var/lib/dpkg/status.d/libc6", "Package: libc6\nSource: glibc\nVersion: 2.41-12\nArchitecture: amd64\n");
  const auto system = read_packaged_system(path(), "");
  ASSERT_EQ(system.packages.size(), 2u);
  EXPECT_EQ(system.packages[1].source, "glibc");
}

TEST_F(PackagedSystemTest, WhatCannotBeMatchedIsSaid) {
  put(path() / "etc/os-release", "ID=fedora\nVERSION_ID=43\n");
  EXPECT_THAT(refusal(), HasSubstr("the distribution is 'fedora'"));
  fs::create_directories(path() / "usr/lib/sysimage/rpm");
  EXPECT_THAT(refusal("trixie"), HasSubstr("RPM packages"));
  fs::remove_all(path() / "usr");
  EXPECT_THAT(refusal("trixie"), HasSubstr("no package database"));
  EXPECT_THAT(refusal("trixy"), HasSubstr("no such release"));
  fs::remove_all(path() / "etc");
  EXPECT_THAT(refusal(), HasSubstr("holds no system"));
}

TEST_F(PackagedSystemTest, AListNeedsItsRelease) {
  put(path(), "# made by hand\nlibcurl4t64 8.14.1-2+b1 amd64 curl 8.14.1-2\n\n");
  EXPECT_THAT(refusal(), HasSubstr("does not name its release"));
  const auto system = read_packaged_system(path(), "trixie");
  EXPECT_EQ(system.kind, "list");
  ASSERT_EQ(system.packages.size(), 1u);
  EXPECT_EQ(system.packages[0].source_version, "8.14.1-2");
}

TEST_F(PackagedSystemTest, AStatusFileIsAList) {
  put(path(), kStatus);
  EXPECT_EQ(read_packaged_system(path(), "trixie").packages.size(), 1u);
}

TEST_F(PackagedSystemTest, ListsWithoutSourcesAreRefusedWithTheRightCommand) {
  put(path(), "ii  curl  8.14.1-2  amd64  command line tool for transferring data\n");
  EXPECT_THAT(refusal("trixie"), HasSubstr("line 1 has 10 words, not 5"));
  put(path(), "bash-5.2.26-3.azl3.x86_64\n");
  EXPECT_THAT(refusal("trixie"), HasSubstr("line 1 has 1 words, not 5"));
  put(path(), "# nothing\n");
  EXPECT_THAT(refusal("trixie"), HasSubstr("it is empty"));
}

}  // namespace
}  // namespace keelson::inspect
