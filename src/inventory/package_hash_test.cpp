#include "inventory/package_hash.h"

#include <gtest/gtest.h>

namespace keelson::inventory {
namespace {

std::vector<Package> two() {
  return {{.name = "zlib1g", .version = "1:1.3.1-1", .architecture = "amd64"},
          {.name = "base-files", .version = "13.8", .architecture = "amd64"}};
}

// printf 'base-files\t13.8\tamd64\nzlib1g\t1:1.3.1-1\tamd64\n' | sha256sum
TEST(PackageHash, IsWhatSortAndSha256sumSay) {
  EXPECT_EQ(package_list_hash(two()).hex(), "7620659ded50d5d119a34c69906a7174b7702e94525e1649835f7f9760866906");
}

TEST(PackageHash, KnowsNoOrder) {
  auto other = two();
  std::swap(other[0], other[1]);
  EXPECT_EQ(package_list_hash(other), package_list_hash(two()));
}

TEST(PackageHash, SeesVersionsArchitecturesAndNames) {
  for (auto member : {&Package::name, &Package::version, &Package::architecture}) {
    auto other = two();
    other[1].*member += "x";
    EXPECT_NE(package_list_hash(other), package_list_hash(two()));
  }
  // What Keelson registers itself is in no manifest.
  auto more = two();
  more.push_back({.name = "keelson-initrd", .version = "1", .architecture = "all"});
  EXPECT_EQ(package_list_hash(more), package_list_hash(two()));
  // What is known besides does not count.
  auto other = two();
  other[0].summary = "x";
  EXPECT_EQ(package_list_hash(other), package_list_hash(two()));
}

}  // namespace
}  // namespace keelson::inventory
