#include "os/password.h"

#include <crypt.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "crypto/hash.h"
#include "sys/file.h"
#include "sys/temp_dir.h"

namespace keelson::os {
namespace {

const Sha256 kSeed = sha256("seed");

TEST(Password, IsTheSameInEveryBuildAndDiffersBetweenAccountsAndSeeds) {
  const auto hash = hash_password("secret", kSeed, "alice");
  EXPECT_EQ(hash, hash_password("secret", kSeed, "alice"));
  EXPECT_NE(hash, hash_password("secret", kSeed, "bob"));
  EXPECT_NE(hash, hash_password("secret", sha256("other"), "alice"));
  EXPECT_THAT(hash, ::testing::StartsWith("$y$j9T$"));
}

TEST(Password, OpensWithTheRightPasswordOnly) {
  const auto hash = hash_password("secret", kSeed, "alice");
  const auto data = std::make_unique<crypt_data>();
  EXPECT_EQ(::crypt_r("secret", hash.c_str(), data.get()), hash);
  EXPECT_NE(::crypt_r("Secret", hash.c_str(), data.get()), hash);
}

TEST(Password, EveryKindOfTheRecipeBecomesAShadowField) {
  const TempDir dir("test");
  write_file(dir.path() / "plain", "secret\n");
  write_file(dir.path() / "hashed", "$6$abc$def\n");
  using enum recipe::PasswordType;
  EXPECT_EQ(shadow_hash({Locked, ""}, kSeed, "a"), "*");
  EXPECT_EQ(shadow_hash({PlainTextFile, dir.path() / "plain"}, kSeed, "a"),
            shadow_hash({PlainText, "secret"}, kSeed, "a"));
  EXPECT_EQ(shadow_hash({HashedFile, dir.path() / "hashed"}, kSeed, "a"), "$6$abc$def");
  EXPECT_EQ(shadow_hash({Hashed, "$6$abc$def"}, kSeed, "a"), "$6$abc$def");
}

TEST(Password, WhatWouldOpenTheAccountOrBreakTheFileIsRefused) {
  using enum recipe::PasswordType;
  EXPECT_THROW(shadow_hash({PlainText, ""}, kSeed, "a"), Error);
  EXPECT_THROW(shadow_hash({Hashed, ""}, kSeed, "a"), Error);
  EXPECT_THROW(shadow_hash({Hashed, "secret"}, kSeed, "a"), Error);
  EXPECT_THROW(shadow_hash({Hashed, "$6$a:0:0:root"}, kSeed, "a"), Error);
  EXPECT_THROW(shadow_hash({PlainTextFile, "/nonexistent/file"}, kSeed, "a"), Error);
  EXPECT_THROW(hash_password(std::string(600, 'x'), kSeed, "a"), Error);
}

}  // namespace
}  // namespace keelson::os
