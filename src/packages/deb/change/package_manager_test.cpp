#include "packages/deb/change/package_manager.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "sys/temp_dir.h"

namespace keelson::deb {
namespace {

class PackageManager : public testing::Test {
 protected:
  void put(const std::string& path, std::string_view content = "x") const {
    root_.make_folders(path.substr(0, path.rfind('/')), 0755, ::geteuid(), ::getegid());
    root_.write(path, content, 0644, ::geteuid(), ::getegid());
  }

  TempDir dir_{"package-manager-test"};
  RootDir root_{dir_.path()};
};

TEST_F(PackageManager, WhatIsItsOwnGoesAndWhatIsSharedStays) {
  put("var/lib/dpkg/status");
  put("var/lib/dpkg/info/dpkg.list", "/.\n/usr\n/usr/bin\n/usr/bin/dpkg\n/usr/share/shared\n");
  put("var/lib/dpkg/info/libapt-pkg7.0:amd64.list", "/lib/x86_64-linux-gnu/libapt-pkg.so.7\n");
  put("var/lib/dpkg/info/apt.list", "/usr/lib/systemd/system/apt-daily.timer\n/etc/apt/apt.conf\n");
  put("var/lib/dpkg/info/base-files.list", "/usr/bin\n/usr/bin/tool\n/usr/share/shared\n");
  put("usr/bin/dpkg");
  put("usr/bin/tool");
  put("usr/share/shared");
  put("usr/lib/x86_64-linux-gnu/libapt-pkg.so.7");
  root_.link("usr/lib", "lib");
  put("usr/lib/systemd/system/apt-daily.timer");
  put("etc/apt/apt.conf");
  put("etc/systemd/system/timers.target.wants/placeholder");
  root_.link("/usr/lib/systemd/system/apt-daily.timer", "etc/systemd/system/timers.target.wants/apt-daily.timer");
  remove_package_manager(root_);
  EXPECT_FALSE(root_.exists("usr/bin/dpkg"));
  EXPECT_FALSE(root_.exists("usr/lib/x86_64-linux-gnu/libapt-pkg.so.7"));
  EXPECT_FALSE(root_.status("etc/systemd/system/timers.target.wants/apt-daily.timer"));
  EXPECT_FALSE(root_.exists("etc/apt"));
  EXPECT_FALSE(root_.exists("var/lib/dpkg"));
  EXPECT_TRUE(root_.exists("usr/bin/tool"));
  EXPECT_TRUE(root_.exists("usr/share/shared"));
  EXPECT_TRUE(root_.status("etc/systemd/system/timers.target.wants/placeholder"));
}

TEST_F(PackageManager, AHostileListLeadsNowhereElse) {
  const TempDir outside("package-manager-outside");
  const RootDir elsewhere(outside.path());
  elsewhere.write("file", "x", 0644, ::geteuid(), ::getegid());
  put("var/lib/dpkg/status");
  put("var/lib/dpkg/info/dpkg.list", "/../../../.." + outside.path().native() + "/file\n/way/file\n");
  root_.link(outside.path().native(), "way");
  EXPECT_NO_THROW(remove_package_manager(root_));
  EXPECT_TRUE(elsewhere.exists("file"));
}

TEST_F(PackageManager, ASystemWithoutDpkgIsToldSo) { EXPECT_THROW(remove_package_manager(root_), Error); }

}  // namespace
}  // namespace keelson::deb
