#include "packages/deb/version.h"

#include <gtest/gtest.h>

#include <vector>

#include "sys/process.h"

namespace keelson::deb {
namespace {

const std::vector<std::string> kVersions{
    "1.0~rc1",    "1.0~rc1-1", "1.0",  "1.0-0", "1.0-1", "1.0-1+b1", "1.0-1~deb13u1",        "1.0+dfsg-1",
    "1.0a",       "1.00",      "1.10", "1.9",   "1:0.1", "0:9",      "2.36-9+deb12u10",      "2.41-12",
    "6.12.117-1", "1.0.",      "a",    "",      "1-1-1", "000001",   "18446744073709551617", "1~~",
    "1~~a",       "1~"};

TEST(Version, OrdersAsDebVersionSevenSays) {
  EXPECT_TRUE(compare_versions("1.0~rc1", "1.0") < 0);
  EXPECT_TRUE(compare_versions("1.9", "1.10") < 0);
  EXPECT_TRUE(compare_versions("1:0.1", "9") > 0);
  EXPECT_TRUE(compare_versions("1.0-0", "1.0") == 0);
  EXPECT_TRUE(compare_versions("1.00", "1.0") == 0);
}

TEST(Version, AgreesWithDpkgOnEveryPairOfAwkwardVersions) {
  if (!find_program("dpkg")) GTEST_SKIP() << "dpkg is not installed";
  for (const auto& a : kVersions) {
    for (const auto& b : kVersions) {
      if (a == "" || b == "" || a == "a" || b == "a") continue;  // dpkg warns about versions without a digit
      const bool less = run_process({.arguments = {"dpkg", "--compare-versions", a, "lt", b}}).exit_code == 0;
      EXPECT_EQ(compare_versions(a, b) < 0, less) << a << " against " << b;
    }
  }
}

}  // namespace
}  // namespace keelson::deb
