#include "sys/sandbox.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <functional>
#include <map>

#include "base/error.h"
#include "sys/file.h"
#include "sys/namespaces.h"
#include "sys/open_watcher.h"
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

TEST_F(SandboxTest, WhenTimeIsUpNothingOfItIsLeftAnyMore) {
  EXPECT_EQ(in_child([&] {
              ::prctl(PR_SET_CHILD_SUBREAPER, 1);  // what the sandbox left running would become ours
              auto options = shell(
                  "trap '' TERM INT HUP; i=0; while [ $i -lt 50 ]; do (trap '' TERM; exec >/dev/null 2>&1; "
                  "busybox setsid busybox sleep 1000) & i=$((i+1)); done; exec >/dev/null 2>&1; while :; do :; done");
              options.timeout = std::chrono::seconds(1);
              const auto result = run_in_sandbox(options);
              const bool none_left = ::waitpid(-1, nullptr, WNOHANG) < 0 && errno == ECHILD;
              return result.timed_out && none_left ? 0 : 1;
            }),
            0);
}

// Files of the root that are holes until somebody asks for them, and what was asked for.
class Holes final : public LazyFiles {
 public:
  Holes(const fs::path& root, std::map<std::string, std::string> contents) {
    for (auto& [path, content] : contents) {
      fs::create_directories((root / path).parent_path());
      write_file(root / path, "");
      fs::resize_file(root / path, content.size());
      fs::permissions(root / path, fs::perms(0755));
      struct stat status {};
      ::stat((root / path).c_str(), &status);
      holes_[status.st_ino] = {path, content};
    }
  }
  void fill(int file, const struct stat& status) override {
    const auto hole = holes_.find(status.st_ino);
    if (hole == holes_.end()) return;
    if (hole->second.second.starts_with("broken")) throw Error(ErrorKind::BadInput, "cannot read 'broken'");
    write_file(fmt::format("/proc/self/fd/{}", file), hole->second.second);
    filled += hole->second.first + " ";
    holes_.erase(hole);
  }
  void expand(int, const struct stat&) override {}
  void forget(ino_t) override {}
  bool is_whole() const override { return holes_.empty(); }

  std::string filled;

 private:
  std::map<ino_t, std::pair<std::string, std::string>> holes_;
};

class LazySandboxTest : public SandboxTest {
 protected:
  // What the script said, then what was filled.
  std::string run(const std::string& script, const std::map<std::string, std::string>& contents) {
    const fs::path answer = dir_.path() / "answer";
    const int code = in_child([&] {
      Holes holes(dir_.path() / "root", contents);
      RootDir root(dir_.path() / "root");
      root.set_lazy_files(&holes);
      auto options = shell(script);
      options.lazy_root = &root;
      try {
        const auto result = run_in_sandbox(options);
        write_file(answer, result.output + "| " + holes.filled);
      } catch (const Error& error) {
        write_file(answer, error.message());
      }
      return 0;
    });
    EXPECT_EQ(code, 0);
    return read_file(answer);
  }
};

TEST_F(LazySandboxTest, AFileGetsItsContentWhenItIsOpenedAndNoOtherDoes) {
  EXPECT_EQ(run("busybox cat /etc/a", {{"etc/a", "one\n"}, {"etc/b", "two\n"}}), "one\n| etc/a ");
  EXPECT_EQ(run("cd /etc; busybox cat ../etc/./a", {{"etc/a", "one\n"}}), "one\n| etc/a ");
  EXPECT_EQ(run("busybox ln -s /etc/a /link; busybox cat link", {{"etc/a", "one\n"}}), "one\n| etc/a ");
}

TEST_F(LazySandboxTest, AppendingAndTruncatingBeginWithTheContent) {
  EXPECT_EQ(run("echo more >> /etc/a; busybox cat /etc/a", {{"etc/a", "one\n"}}), "one\nmore\n| etc/a ");
  EXPECT_EQ(run("busybox truncate -s 2 /etc/a; busybox cat /etc/a", {{"etc/a", "one\n"}}), "on| etc/a ");
}

TEST_F(LazySandboxTest, AProgramComesWithItsInterpreters) {
  const std::string busybox = read_file("/bin/busybox");
  EXPECT_EQ(
      run("/etc/script", {{"etc/script", "#! /bin/inner -x\n"}, {"bin/inner", busybox}}).find("| etc/script bin/inner"),
      std::string("inner: applet not found\n").size());
}

TEST_F(LazySandboxTest, WhoSaysNothingMoreStillGetsItsFiles) {
  EXPECT_EQ(
      run("exec >/dev/null 2>&1; busybox cat /etc/a > /etc/copy; busybox sleep 0.2; busybox cat /etc/b >> /etc/copy",
          {{"etc/a", "one\n"}, {"etc/b", "two\n"}}),
      "| etc/a etc/b ");
  EXPECT_EQ(read_file(dir_.path() / "root/etc/copy"), "one\ntwo\n");
}

TEST_F(LazySandboxTest, ContentThatCannotBeReadIsTheErrorOfTheRun) {
  EXPECT_EQ(run("busybox cat /etc/a /etc/b", {{"etc/a", "broken"}, {"etc/b", "two\n"}}), "cannot read 'broken'");
}

TEST(OpenWatcher, KnowsWhetherItCanWatch) {
  EXPECT_TRUE(can_watch_opens());
  EXPECT_EQ(in_child([] {
              // As a container's manager forbids it.
              scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
              seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(seccomp), 0);
              if (seccomp_load(filter) != 0) return 1;
              return can_watch_opens() ? 2 : 0;
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
