#include "os/accounts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "os/test_root.h"

namespace keelson::os {
namespace {

constexpr std::string_view kPasswd =
    "root:x:0:0:root:/root:/bin/bash\n"
    "# kept\n"
    "+nis\n"
    "app:x:1000:1000:An app,,,:/home/app:/bin/sh\n"
    "odd:x:007:7::/:/bin/sh\n"
    "broken:x:not-a-number:0::/:/bin/sh\n";

TEST(Accounts, WhatIsNotUnderstoodComesOutAsItWentIn) {
  EXPECT_EQ(AccountTable<PasswdEntry>(kPasswd).text(), kPasswd);
  constexpr std::string_view shadow = "root:*:20000:0:99999:7:::\nx:!:::::::\nshort:*:1\n";
  EXPECT_EQ(AccountTable<ShadowEntry>(shadow).text(), shadow);
  constexpr std::string_view group = "a:x:1:\nb:x:2:u,v\nc:x:3:u,,v\n";
  EXPECT_EQ(AccountTable<GroupEntry>(group).text(), group);
  EXPECT_EQ(AccountTable<GroupEntry>("").text(), "");
}

TEST(Accounts, EntriesAreFoundAndChangedInPlace) {
  AccountTable<PasswdEntry> table(kPasswd);
  ASSERT_NE(table.find("app"), nullptr);
  EXPECT_EQ(table.find("app")->uid, 1000u);
  EXPECT_EQ(table.find("broken"), nullptr);
  table.find("app")->shell = "/usr/sbin/nologin";
  EXPECT_THAT(table.text(), ::testing::HasSubstr("\napp:x:1000:1000:An app,,,:/home/app:/usr/sbin/nologin\nodd"));
}

TEST(Accounts, NewGroupsTakeTheLowestFreeIdAndTakenOnesAreRefused) {
  Accounts accounts{.group = AccountTable<GroupEntry>("a:x:1000:\nb:x:1001:\n")};
  EXPECT_EQ(accounts.add_group("c", std::nullopt).gid, 1002u);
  EXPECT_EQ(accounts.add_group("d", std::nullopt, 1500).gid, 1500u);
  EXPECT_EQ(accounts.add_group("e", 77).gid, 77u);
  EXPECT_EQ(accounts.add_group("f", std::nullopt, 1000).gid, 1003u);
  EXPECT_THROW(accounts.add_group("g", 1001), Error);
  EXPECT_THROW(accounts.add_group("a", std::nullopt), Error);
  EXPECT_THROW(accounts.add_group("no:colon", std::nullopt), Error);
  EXPECT_EQ(accounts.gshadow.text(), "c:!::\nd:!::\ne:!::\nf:!::\n");
}

TEST(Accounts, JoiningAGroupTwiceAddsOneMemberAndAnUnknownGroupGetsASuggestion) {
  Accounts accounts{.group = AccountTable<GroupEntry>("docker:x:999:\n"),
                    .gshadow = AccountTable<GshadowEntry>("docker:!::\n")};
  accounts.join_group("u", "docker");
  accounts.join_group("u", "docker");
  EXPECT_EQ(accounts.group.text(), "docker:x:999:u\n");
  EXPECT_EQ(accounts.gshadow.text(), "docker:!::u\n");
  try {
    accounts.join_group("u", "dokcer");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.hint(), "did you mean 'docker'?");
  }
}

TEST(Accounts, NamesThatUseraddRefusesAreRefused) {
  for (const auto* name : {"", "-a", "1a", "a b", "a:b", "a\n", ".", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}) {
    EXPECT_THROW(check_account_name("user", name), Error) << name;
  }
  EXPECT_NO_THROW(check_account_name("user", "_svc-1.x"));
}

class AccountFiles : public RootTest {};

TEST_F(AccountFiles, SecretsKeepTheirModeAndNewSecretsAreNotReadableByAll) {
  put("etc/shadow", "root:*:1:0:99999:7:::\n", 0600);
  Accounts accounts = read_accounts(root_);
  accounts.shadow.find("root")->last_change = 2;
  accounts.add_group("g", 5);
  write_accounts(root_, accounts);
  EXPECT_EQ(root_.read("etc/shadow"), "root:*:2:0:99999:7:::\n");
  EXPECT_EQ(mode("etc/shadow"), 0600u);
  EXPECT_EQ(mode("etc/gshadow"), 0640u);
  EXPECT_EQ(mode("etc/group"), 0644u);
  EXPECT_FALSE(root_.exists("etc/passwd"));
}

}  // namespace
}  // namespace keelson::os
