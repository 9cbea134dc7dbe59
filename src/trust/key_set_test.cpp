#include "trust/key_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "base/error.h"
#include "sys/file.h"
#include "sys/temp_dir.h"

namespace keelson::trust {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr std::int64_t kNow = 1'800'000'000;

// Made once: three RSA keys take a while.
const fs::path& sample_folder() {
  static const TempDir dir("keelson-test");
  static const fs::path folder = [] {
    const fs::path made = dir.path() / "keys";
    create_key_set(made, {.name = "Test", .now = kNow, .days = 30});
    return made;
  }();
  return folder;
}

class KeySetCopy : public testing::Test {
 protected:
  KeySetCopy() { fs::copy(sample_folder(), folder()); }
  fs::path folder() const { return dir_.path() / "keys"; }
  std::string attempt() const {
    try {
      read_key_set(folder());
    } catch (const Error& error) {
      return error.message();
    }
    return "no error";
  }

  TempDir dir_{"keelson-test"};
};

TEST_F(KeySetCopy, HoldsWhatItWasAskedFor) {
  const KeySet set = read_key_set(folder());
  ASSERT_EQ(set.entries.size(), 3U);
  EXPECT_EQ(set.entries[0].certificate.subject(), "CN=Test Secure Boot signing key");
  EXPECT_EQ(set.entries[2].certificate.subject(), "CN=Test Secure Boot platform key");
  EXPECT_EQ(set.owner, uuid_from_digest(set.entries[2].certificate.key_fingerprint()));
  for (const auto& entry : set.entries) {
    EXPECT_TRUE(entry.has_key);
    EXPECT_EQ(entry.certificate.not_after() - entry.certificate.not_before(), 30 * 86400);
  }
}

TEST(KeySet, PrivateKeysAreTheirOwnersOnlyAndNothingElseIsLeft) {
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(sample_folder())) {
    names.insert(entry.path().filename());
    const auto expected = entry.path().extension() == ".key" ? fs::perms(0600) : fs::perms(0644);
    EXPECT_EQ(entry.status().permissions() & ~fs::perms(022), expected & ~fs::perms(022)) << entry.path();
  }
  EXPECT_EQ(names.size(), 12U);
  EXPECT_EQ(fs::status(sample_folder()).permissions(), fs::perms(0700));
  EXPECT_EQ(std::distance(fs::directory_iterator(sample_folder().parent_path()), {}), 1);
}

TEST(KeySet, NothingIsOverwritten) {
  const TempDir dir("keelson-test");
  write_file(dir.path() / "file", "mine");
  EXPECT_THROW(create_key_set(dir.path() / "file", {.now = kNow}), Error);
  EXPECT_THROW(create_key_set(dir.path(), {.now = kNow}), Error);
  EXPECT_EQ(read_file(dir.path() / "file"), "mine");
  EXPECT_EQ(std::distance(fs::directory_iterator(dir.path()), {}), 1);
}

TEST(KeySet, WhatCanNotBeIsRefused) {
  const TempDir dir("keelson-test");
  const fs::path folder = dir.path() / "keys";
  EXPECT_THROW(create_key_set(folder, {.name = "", .now = kNow}), Error);
  EXPECT_THROW(create_key_set(folder, {.name = "a\nb", .now = kNow}), Error);
  EXPECT_THROW(create_key_set(folder, {.bits = 1024, .now = kNow}), Error);
  EXPECT_THROW(create_key_set(folder, {.now = kNow, .days = 0}), Error);
  EXPECT_FALSE(fs::exists(folder));
}

TEST_F(KeySetCopy, WithoutPrivateKeysIsGoodForEnrolment) {
  for (const char* name : {"PK.key", "KEK.key", "db.key"}) fs::remove(folder() / name);
  EXPECT_FALSE(read_key_set(folder()).entries[0].has_key);
}

TEST_F(KeySetCopy, WhoseFilesDoNotBelongTogetherIsRefused) {
  const auto replaced = [&](const char* file, const char* by) {
    const std::string kept = read_file(folder() / file);
    write_file(folder() / file, read_file(folder() / by));
    const std::string message = attempt();
    write_file(folder() / file, kept);
    return message;
  };
  EXPECT_THAT(replaced("db.key", "PK.key"), HasSubstr("'db.crt' is for another key"));
  EXPECT_THAT(replaced("db.esl", "PK.esl"), HasSubstr("'db.crt' is not in it"));
  EXPECT_THAT(replaced("db.auth", "KEK.auth"), HasSubstr("it holds another value than 'db.esl'"));
  EXPECT_EQ(attempt(), "no error");
  fs::remove(folder() / "KEK.auth");
  EXPECT_THAT(attempt(), HasSubstr("KEK.auth"));
}

TEST_F(KeySetCopy, WithASignatureOfAnotherTimeIsRefused) {
  std::string changed = read_file(folder() / "db.auth");
  changed[6] = static_cast<char>(changed[6] ^ 1);  // the second of its time
  write_file(folder() / "db.auth", changed);
  EXPECT_THAT(attempt(), HasSubstr("it is not signed by KEK"));
}

}  // namespace
}  // namespace keelson::trust
