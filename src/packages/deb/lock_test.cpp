#include "packages/deb/lock.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "crypto/hash.h"

namespace keelson::deb {
namespace {

Lock sample() {
  Lock lock{.architecture = "amd64", .snapshot_time = "2026-06-01T00:00:00Z", .requested = {"runc"}};
  lock.suites.push_back(
      {.suite = "trixie", .url = "http://mirror.invalid/debian", .release_sha256 = sha256("r"), .date = 1700000000});
  lock.packages.push_back({.name = "libc6",
                           .version = "2.41-12",
                           .architecture = "amd64",
                           .source = "glibc",
                           .source_version = "2.41-12",
                           .sha256 = sha256("l"),
                           .size = {2847000},
                           .url = "http://mirror.invalid/debian/pool/l.deb"});
  lock.packages.push_back({.name = "runc",
                           .version = "1.1.15",
                           .architecture = "amd64",
                           .source = "runc",
                           .source_version = "1.1.15",
                           .sha256 = sha256("x"),
                           .size = {3},
                           .url = "http://mirror.invalid/r.deb",
                           .requested = true});
  return lock;
}

TEST(Lock, ReadsBackWhatItWroteAndWritesTheSameBytesAgain) {
  const std::string text = write_lock(sample());
  EXPECT_EQ(parse_lock(text, "l"), sample());
  EXPECT_EQ(write_lock(parse_lock(text, "l")), text);
  EXPECT_EQ(sample().epoch(), 1700000000);
}

TEST(Lock, EveryMissingOrMistypedFieldIsNamed) {
  const std::string text = write_lock(sample());
  for (const std::string key :
       {"name", "version", "architecture", "source", "sourceVersion", "sha256", "size", "url"}) {
    std::string broken = text;
    const auto at = broken.rfind("\"" + key + "\"");
    broken.replace(at + 1, 1, "_");
    try {
      parse_lock(broken, "l");
      ADD_FAILURE() << key;
    } catch (const Error& error) {
      EXPECT_NE(error.message().find(key), std::string::npos) << error.message();
    }
  }
  EXPECT_THROW(parse_lock("", "l"), Error);
  EXPECT_THROW(parse_lock("[]", "l"), Error);
  EXPECT_THROW(parse_lock("{\"keelsonLock\": 2}", "l"), Error);
}

}  // namespace
}  // namespace keelson::deb
