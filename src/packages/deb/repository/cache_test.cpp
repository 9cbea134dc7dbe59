#include "packages/deb/repository/cache.h"

#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "crypto/hash.h"
#include "sys/file.h"
#include "sys/temp_dir.h"

namespace keelson::deb {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

TEST(Cache, AnObjectStandsUnderItsDigest) {
  const TempDir folder("cache");
  const Cache cache(folder.path() / "new" / "cache");
  const Sha256 digest = sha256("content");
  EXPECT_FALSE(cache.has(digest, {7}));
  write_file(cache.partial_folder() / "x", "content");
  cache.commit(cache.partial_folder() / "x", digest);
  EXPECT_TRUE(cache.has(digest, {7}));
  EXPECT_FALSE(cache.has(digest, {8}));
  EXPECT_TRUE(cache.has_intact(digest, {7}));
  write_file(cache.object_path(digest), "CONTENT");
  EXPECT_TRUE(cache.has(digest, {7}));
  EXPECT_FALSE(cache.has_intact(digest, {7}));
  EXPECT_EQ(cache.object_path(digest), cache.root() / "objects" / digest.hex().substr(0, 2) / digest.hex());
  cache.remove(digest);
  cache.remove(digest);
  EXPECT_FALSE(cache.has(digest, {7}));
}

TEST(Cache, WhatAKilledRunLeftIsClearedButPartsAreKept) {
  const TempDir folder("cache");
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  ::waitpid(child, nullptr, 0);
  const fs::path partial = folder.path() / "partial";
  fs::create_directories(partial);
  write_file(partial / (".keelson-tmp-" + std::to_string(child) + "-0-x"), "left");
  write_file(partial / (sha256("x").hex() + ".part"), "part");
  const Cache cache(folder.path());
  EXPECT_EQ(std::distance(fs::directory_iterator(partial), {}), 1);
}

TEST(Cache, AFileIsNoCache) {
  const TempDir folder("cache");
  write_file(folder.path() / "file", "");
  try {
    const Cache cache(folder.path() / "file");
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::BadInput);
    EXPECT_THAT(error.hint(), HasSubstr("--cache-dir"));
  }
}

// Root may write everywhere, so the test becomes somebody else, in a child.
TEST(Cache, AReadOnlyCacheServesReadersAndRefusesWriters) {
  const TempDir folder("cache");
  { const Cache cache(folder.path()); }
  const Sha256 digest = sha256("content");
  fs::create_directories(folder.path() / "objects" / digest.hex().substr(0, 2));
  write_file(folder.path() / "objects" / digest.hex().substr(0, 2) / digest.hex(), "content");
  fs::permissions(folder.path(), fs::perms(0555));
  const pid_t child = ::fork();
  if (child == 0) {
    if (::geteuid() == 0 && ::setresuid(65534, 65534, 65534) != 0) ::_exit(3);
    const Cache cache(folder.path());
    if (cache.is_writable() || !cache.has(digest, {7})) ::_exit(1);
    try {
      cache.require_writable();
    } catch (const Error& error) {
      ::_exit(error.kind() == ErrorKind::Refused && error.hint().find("--cache-dir") != std::string::npos ? 0 : 2);
    }
    ::_exit(4);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  fs::permissions(folder.path(), fs::perms(0755));
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST(Cache, SuitesOfTwoArchivesHaveTwoFolders) {
  const TempDir folder("cache");
  const Cache cache(folder.path());
  EXPECT_NE(cache.suite_folder("http://a.invalid", "trixie"), cache.suite_folder("http://b.invalid", "trixie"));
  EXPECT_TRUE(fs::is_directory(cache.suite_folder("http://a.invalid", "trixie")));
}

}  // namespace
}  // namespace keelson::deb
