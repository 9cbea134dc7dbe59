#include "sys/sandbox.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <functional>

#include "base/error.h"
#include "sys/file.h"
#include "sys/namespaces.h"
#include "sys/temp_dir.h"

namespace keelson {
namespace {

namespace fs = std::filesystem;

// Namespaces are entered once per process, so each test runs in a child; its exit code is the verdict.
int in_child(const std::function<int()>& body) {
  const pid_t child = ::fork();
  if (child == 0) {
    try {
      enter_private_namespaces();
      ::_exit(body());
    } catch (const Error& error) {
      std::fputs(render(error).c_str(), stderr);
      ::_exit(99);
    }
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WEXITSTATUS(status);
}

// A root with nothing but a static busybox.
class SandboxTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!fs::exists("/bin/busybox")) GTEST_SKIP() << "busybox-static is not installed";
    fs::create_directories(dir_.path() / "root/bin");
    fs::create_directories(dir_.path() / "root/etc");
    fs::copy_file("/bin/busybox", dir_.path() / "root/bin/busybox");
  }
  SandboxOptions shell(const std::string& script) const {
    return {.root = dir_.path() / "root",
            .arguments = {"/bin/busybox", "sh", "-c", script},
            .environment = {"PATH=/bin", "A=b"}};
  }
  TempDir dir_{"sandbox-test"};
};

TEST_F(SandboxTest, SeesTheImageAsRootAndNothingOfTheHost) {
  EXPECT_EQ(in_child([&] {
              const auto result =
                  run_in_sandbox(shell("echo $A $$ >&2; busybox ls / | busybox tr '\\n' ' '; echo hi > /etc/made; "
                                       "busybox chown 33:44 /etc/made; exit 3"));
              std::fputs(result.output.c_str(), stderr);
              return result.exit_code == 3 && result.output.starts_with("b ") &&
                             result.output.find("home") == std::string::npos
                         ? 0
                         : 1;
            }),
            0);
  EXPECT_EQ(read_file(dir_.path() / "root/etc/made"), "hi\n");
}

TEST_F(SandboxTest, LeavesNoProcessBehindAndHasNoNetworkAndMayNotMount) {
  EXPECT_EQ(in_child([&] {
              const auto result =
                  run_in_sandbox(shell("busybox sleep 1000 & busybox ifconfig -a | busybox grep -c eth; busybox mount "
                                       "-t tmpfs x /etc && echo mounted; exit 0"));
              std::fputs(result.output.c_str(), stderr);
              return result.exit_code == 0 && result.output.find("mounted") == std::string::npos ? 0 : 1;
            }),
            0);
}

TEST_F(SandboxTest, MakesNoUserNamespaceToGetItsPrivilegesBack) {
  EXPECT_EQ(in_child([&] {
              const auto result = run_in_sandbox(
                  shell("busybox unshare -U true && echo got-one; busybox unshare -m true && echo got-mounts; exit 0"));
              std::fputs(result.output.c_str(), stderr);
              return result.exit_code == 0 && result.output.find("got-") == std::string::npos ? 0 : 1;
            }),
            0);
}

TEST_F(SandboxTest, AScriptThatNeverEndsIsKilledWithAllItStarted) {
  EXPECT_EQ(in_child([&] {
              auto options = shell("(trap '' TERM; busybox sleep 1000) & busybox sleep 1000");
              options.timeout = std::chrono::seconds(1);
              const auto result = run_in_sandbox(options);
              return result.timed_out && result.exit_code == 137 ? 0 : 1;
            }),
            0);
}

TEST(Namespaces, SubordinateIdsOfThisUserByNameOrNumberAreFound) {
  const auto ranges =
      parse_subordinate_ids("ann:100000:65536\nbob:1:2\n1000:300000:10\nbroken\nann:4294967295:2\n", "ann", 1000);
  ASSERT_EQ(ranges.size(), 2u);
  EXPECT_EQ(ranges[0].outside, 100000u);
  EXPECT_EQ(ranges[1].count, 10u);
}

TEST(Namespaces, AWorkspaceIsSeenOnlyFromInside) {
  const TempDir dir("workspace-test");
  EXPECT_EQ(in_child([&] {
              mount_workspace(dir.path(), mebibytes(16));
              write_file(dir.path() / "inside", "x");
              return 0;
            }),
            0);
  EXPECT_TRUE(fs::is_empty(dir.path()));
}

}  // namespace
}  // namespace keelson
