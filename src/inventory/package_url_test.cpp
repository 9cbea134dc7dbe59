#include "inventory/package_url.h"

#include <gmock/gmock.h>

namespace keelson::inventory {
namespace {

const Distribution kDebian{.id = "debian", .version = "13", .codename = "trixie", .name = "Debian GNU/Linux 13"};

Package package(std::string name, std::string version) {
  return {.name = name, .version = version, .architecture = "amd64", .source = name, .source_version = version};
}

TEST(PackageUrl, NamesPackageVersionArchitectureAndDistribution) {
  EXPECT_EQ(package_url(package("bash", "5.2.37-2"), kDebian),
            "pkg:deb/debian/bash@5.2.37-2?arch=amd64&distro=debian-13");
}

TEST(PackageUrl, EncodesWhatTheSpecificationSays) {
  EXPECT_EQ(package_url(package("libstdc++6", "1:2~rc1+b1"), {.id = "debian"}),
            "pkg:deb/debian/libstdc%2B%2B6@1:2~rc1%2Bb1?arch=amd64");
  EXPECT_EQ(package_url(package("a/b@c", "1 2\xff"), {}), "pkg:deb/a%2Fb%40c@1%202%FF?arch=amd64");
}

TEST(PackageUrl, NamesTheSourceWhereItDiffers) {
  Package library = package("libssl3t64", "3.5.1-1+b1");
  library.source = "openssl";
  EXPECT_EQ(
      package_url({.name = "libc6", .version = "2", .architecture = "all", .source = "glibc", .source_version = "2"},
                  kDebian),
      "pkg:deb/debian/libc6@2?arch=all&distro=debian-13&upstream=glibc");
  library.source_version = "3.5.1-1";
  EXPECT_EQ(package_url(library, kDebian),
            "pkg:deb/debian/libssl3t64@3.5.1-1%2Bb1?arch=amd64&distro=debian-13&upstream=openssl%403.5.1-1");
  EXPECT_EQ(source_package_url("openssl", "3.5.1-1", kDebian),
            "pkg:deb/debian/openssl@3.5.1-1?arch=source&distro=debian-13");
}

}  // namespace
}  // namespace keelson::inventory
