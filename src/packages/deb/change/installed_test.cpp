#include "packages/deb/change/installed.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "sys/file.h"
#include "sys/temp_dir.h"

namespace keelson::deb {
namespace {

constexpr std::string_view kStatus =
    "Package: dpkg\nEssential: yes\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.22\n\n"
    "Package: gone\nStatus: deinstall ok config-files\nArchitecture: amd64\nVersion: 1\n\n"
    "Package: init\nProtected: yes\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n\n"
    "Package: app\nStatus: hold ok unpacked\nArchitecture: all\nVersion: 2\nPre-Depends: dpkg (>= 1)\n"
    "Depends: lib | other\nProvides: tool (= 3)\n\n"
    "Package: lib\nStatus: install ok installed\nArchitecture: i386\nMulti-Arch: same\nVersion: 1\n\n"
    "Package: lib\nStatus: install ok installed\nArchitecture: amd64\nMulti-Arch: same\nVersion: 1\n";

TEST(Installed, ListsWhatHasFilesWithItsStateAndNeeds) {
  const InstalledSystem system{std::string(kStatus), ""};
  EXPECT_EQ(system.architecture(), "amd64");
  ASSERT_EQ(system.packages().size(), 5u);
  EXPECT_EQ(system.find("gone"), nullptr);
  EXPECT_TRUE(system.find("dpkg")->record.essential);
  EXPECT_TRUE(system.find("init")->record.essential);  // protected
  const auto* app = system.find("app");
  ASSERT_NE(app, nullptr);
  EXPECT_TRUE(app->held);
  EXPECT_EQ(app->state, "unpacked");
  EXPECT_TRUE(app->record.installed);
  EXPECT_EQ(app->record.depends.at(0).size(), 2u);
  EXPECT_EQ(app->record.pre_depends.at(0).at(0).name, "dpkg");
  EXPECT_EQ(app->record.provides.at(0).version, "3");
}

TEST(Installed, KnowsPackagesOfAnotherArchitectureApart) {
  const InstalledSystem system{std::string(kStatus), ""};
  EXPECT_EQ(system.find("lib")->record.architecture, "amd64");
  EXPECT_TRUE(system.has_foreign("lib"));
  EXPECT_FALSE(system.has_foreign("app"));
}

TEST(Installed, ReadsWhichPackagesNobodyAskedFor) {
  const InstalledSystem system{std::string(kStatus),
                               "Package: lib\nArchitecture: amd64\nAuto-Installed: 1\n\n"
                               "Package: app\nArchitecture: amd64\nAuto-Installed: 1\n\n"
                               "Package: init\nArchitecture: amd64\nAuto-Installed: 0\n"};
  EXPECT_TRUE(system.find("lib")->automatic);
  EXPECT_TRUE(system.find("app")->automatic);  // "all" counts as the system's own
  EXPECT_FALSE(system.find("init")->automatic);
}

TEST(Installed, StaysValidWhenItIsMoved) {
  InstalledSystem first{std::string(kStatus), ""};
  const InstalledSystem second = std::move(first);
  EXPECT_EQ(second.find("app")->record.name, "app");
}

TEST(Installed, RefusesADatabaseThatBreaksTheRules) {
  const auto refused = [](const std::string& text) { EXPECT_THROW(InstalledSystem(text, ""), Error) << text; };
  refused("Package: a\nStatus: install ok\nArchitecture: amd64\nVersion: 1\n");
  refused("Package: a\nArchitecture: amd64\nVersion: 1\n");
  refused("Package: a\nStatus: install ok installed\nVersion: 1\n");
  refused("Package: a\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\nDepends: (\n");
  refused(
      "Package: a\nStatus: install ok installed\nArchitecture: all\nVersion: 1\n\n"
      "Package: a\nStatus: install ok installed\nArchitecture: all\nVersion: 2\n");
}

TEST(Installed, AnInterruptedDpkgIsSaid) {
  const TempDir folder("installed");
  const RootDir root(folder.path());
  EXPECT_THROW(read_installed(root), Error);
  root.make_folders("var/lib/dpkg/updates");
  root.write("var/lib/dpkg/status", kStatus);
  EXPECT_EQ(read_installed(root).packages().size(), 5u);
  root.write("var/lib/dpkg/updates/0000", "");
  EXPECT_THROW(read_installed(root), Error);
}

}  // namespace
}  // namespace keelson::deb
