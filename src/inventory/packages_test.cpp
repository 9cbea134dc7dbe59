#include "inventory/packages.h"

#include <gmock/gmock.h>

#include "base/error.h"

namespace keelson::inventory {
namespace {

constexpr std::string_view kStatus =
    R"(Package: zlib1g
Status: install ok installed
Installed-Size: 168
Maintainer: Mark <mark@example.org>
Architecture: amd64
Source: zlib
Version: 1:1.3.dfsg+really1.3.1-1+b1
Homepage: https://example.org/
Description: compression library - runtime
 zlib is a library.

Package: bash
Essential: yes
Status: install ok installed
Architecture: amd64
Version: 5.2.37-2+b5
Source: bash (5.2.37-2)

Package: gone
Status: deinstall ok config-files
Architecture: all
Version: 1
)";

TEST(Packages, AreThoseThatAreInstalledByName) {
  const auto packages = read_dpkg_status(kStatus);
  ASSERT_EQ(packages.size(), 2U);
  EXPECT_EQ(packages[0].name, "bash");
  EXPECT_TRUE(packages[0].essential);
  EXPECT_EQ(packages[1].version, "1:1.3.dfsg+really1.3.1-1+b1");
  EXPECT_EQ(packages[1].installed_size, 168U);
  EXPECT_EQ(packages[1].summary, "compression library - runtime");
}

TEST(Packages, SayTheirSource) {
  const auto packages = read_dpkg_status(kStatus);
  EXPECT_EQ(packages[0].source, "bash");
  EXPECT_EQ(packages[0].source_version, "5.2.37-2");
  EXPECT_EQ(packages[1].source, "zlib");
  EXPECT_EQ(packages[1].source_version, packages[1].version);
  const auto plain = read_dpkg_status("Package: tini\nVersion: 0.19-1\nArchitecture: amd64\n");
  EXPECT_EQ(plain.at(0).source, "tini");
}

TEST(Packages, RefusesWhatHasNoNameOrVersion) {
  EXPECT_THROW(read_dpkg_status("Status: install ok installed\nVersion: 1\n"), Error);
  EXPECT_THROW(read_dpkg_status("Package: a\nStatus: install ok installed\n"), Error);
}

}  // namespace
}  // namespace keelson::inventory
