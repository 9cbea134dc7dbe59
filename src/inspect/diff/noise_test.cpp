#include "inspect/diff/noise.h"

#include <gtest/gtest.h>

namespace keelson::inspect {
namespace {

std::string_view noise(std::string path, std::vector<std::string> what) {
  FileChange change;
  change.path = std::move(path);
  change.what = std::move(what);
  return noise_of(change);
}

TEST(Noise, IsWhatDiffersBetweenAnyTwoImages) {
  EXPECT_EQ(noise("/usr/bin/tool", {"time"}), "times");
  EXPECT_EQ(noise("/var/cache/ldconfig/aux-cache", {"content"}), "caches");
  EXPECT_EQ(noise("/usr/lib/python3/x.pyc", {"content"}), "caches");
  EXPECT_EQ(noise("/var/log/dpkg.log", {}), "logs");
  EXPECT_EQ(noise("/etc/machine-id", {"content"}), "identities");
}

TEST(Noise, IsNeitherAnotherProgramNorAnotherMode) {
  EXPECT_EQ(noise("/usr/bin/tool", {"content"}), "");
  EXPECT_EQ(noise("/usr/bin/tool", {}), "");
  EXPECT_EQ(noise("/var/cache/x", {"mode"}), "");
  EXPECT_EQ(noise("/var/log/x", {"content", "owner"}), "");
  EXPECT_EQ(noise("/var/cached", {"content"}), "");
  EXPECT_EQ(noise("/home/x.pyc", {"content"}), "");
}

}  // namespace
}  // namespace keelson::inspect
