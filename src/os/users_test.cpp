#include "os/users.h"

#include <gmock/gmock.h>

#include "base/error.h"
#include "os/test_root.h"

namespace keelson::os {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class Users : public RootTest {
 protected:
  void SetUp() override {
    RootTest::SetUp();
    if (IsSkipped()) return;
    if (!can_change_owners()) GTEST_SKIP() << "files cannot be given to other users here";
    put("etc/passwd", "root:x:0:0:root:/root:/bin/bash\n");
    put("etc/shadow", "root:*:1:0:99999:7:::\n", 0640);
    put("etc/group", "root:x:0:\nsudo:x:27:\n");
    put("etc/skel/.profile", "umask 022\n");
    put("bin/sh", "", 0755);
    put("root/.keep", "");
  }

  void apply(const recipe::User& user) {
    Accounts accounts = read_accounts(root_);
    apply_users(std::vector{user}, accounts, root_, {.epoch = 86400 * 100 + 5, .seed = {}}, reporter_);
    write_accounts(root_, accounts);
  }

  SilentReporter reporter_;
};

TEST_F(Users, ANewUserHasAGroupAHomeFromSkelAndNoPassword) {
  apply({.name = "alice", .secondary_groups = {"sudo"}});
  EXPECT_THAT(root_.read("etc/passwd"), HasSubstr("\nalice:x:1000:1000::/home/alice:/bin/sh\n"));
  EXPECT_THAT(root_.read("etc/shadow"), HasSubstr("\nalice:*:100:0:99999:7:::\n"));
  EXPECT_EQ(root_.read("etc/group"), "root:x:0:\nsudo:x:27:alice\nalice:x:1000:\n");
  EXPECT_EQ(root_.read("home/alice/.profile"), "umask 022\n");
  EXPECT_EQ(root_.status("home/alice")->st_uid, 1000u);
  EXPECT_EQ(root_.status("home/alice/.profile")->st_gid, 1000u);
  EXPECT_EQ(mode("home/alice"), 0700u);
  EXPECT_EQ(root_.status("home")->st_uid, 0u);
}

TEST_F(Users, KeysLandInAFileThatSshdAcceptsAndAreNotDoubled) {
  apply({.name = "alice", .ssh_public_keys = {"ssh-ed25519 AAAA a\nssh-ed25519 BBBB b\n"}});
  apply({.name = "alice", .ssh_public_keys = {"ssh-ed25519 BBBB b", "ssh-ed25519 CCCC c"}});
  EXPECT_EQ(root_.read("home/alice/.ssh/authorized_keys"),
            "ssh-ed25519 AAAA a\nssh-ed25519 BBBB b\nssh-ed25519 CCCC c\n");
  EXPECT_EQ(mode("home/alice/.ssh"), 0700u);
  EXPECT_EQ(mode("home/alice/.ssh/authorized_keys"), 0600u);
  EXPECT_EQ(root_.status("home/alice/.ssh/authorized_keys")->st_uid, 1000u);
}

TEST_F(Users, AnExistingUserKeepsWhatTheRecipeDoesNotMention) {
  apply({.name = "root",
         .password = recipe::Password{recipe::PasswordType::PlainText, "secret"},
         .password_expires_days = 30});
  EXPECT_EQ(root_.read("etc/passwd"), "root:x:0:0:root:/root:/bin/bash\n");
  EXPECT_THAT(root_.read("etc/shadow"), StartsWith("root:$y$"));
  EXPECT_THAT(root_.read("etc/shadow"), HasSubstr(":100:0:30:7:::"));
  apply({.name = "root", .password_expires_days = -1, .startup_command = "/bin/sh"});
  EXPECT_THAT(root_.read("etc/shadow"), HasSubstr(":100:0::7:::"));
  EXPECT_EQ(root_.read("etc/passwd"), "root:x:0:0:root:/root:/bin/sh\n");
  EXPECT_EQ(mode("etc/shadow"), 0640u);
}

TEST_F(Users, AnErrorNamesTheEntryOfTheRecipe) {
  for (const recipe::User& user : std::vector<recipe::User>{
           {.name = "root", .uid = 5},
           {.name = "root", .home_directory = "/h"},
           {.name = "alice", .uid = 0},
           {.name = "alice", .primary_group = "nobody-knows"},
           {.name = "alice", .home_directory = "relative"},
           {.name = "alice", .startup_command = "/bin/sh:x"},
           {.name = "a:b"},
       }) {
    try {
      apply(user);
      FAIL() << user.name;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::BadInput);
      ASSERT_EQ(error.context().size(), 1u);
      EXPECT_THAT(error.context()[0], HasSubstr("os.users[0]"));
    }
  }
  EXPECT_EQ(root_.read("etc/passwd"), "root:x:0:0:root:/root:/bin/bash\n");
}

TEST_F(Users, AHomeThatIsThereIsNotTakenOver) {
  put("srv/data/file", "x");
  apply({.name = "svc", .uid = 4000, .home_directory = "/srv/data"});
  EXPECT_EQ(root_.status("srv/data")->st_uid, 0u);
  EXPECT_FALSE(root_.exists("srv/data/.profile"));
}

}  // namespace
}  // namespace keelson::os
