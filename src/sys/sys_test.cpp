#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <thread>

#include "base/error.h"
#include "sys/file.h"
#include "sys/parallel.h"
#include "sys/process.h"
#include "sys/root_dir.h"
#include "sys/supervise.h"
#include "sys/temp_dir.h"

namespace keelson {
namespace {

namespace fs = std::filesystem;

TEST(AtomicFile, AppearsOnlyWhenCommittedAndLeavesNothingOtherwise) {
  const TempDir dir("test");
  {
    AtomicFile file(dir.path() / "result");
    file.write("half");
    EXPECT_FALSE(fs::exists(dir.path() / "result"));
  }
  EXPECT_TRUE(fs::is_empty(dir.path()));
  write_file_atomically(dir.path() / "result", "whole");
  EXPECT_EQ(read_file(dir.path() / "result"), "whole");
}

TEST(AtomicFile, WhatAKilledRunLeftIsRemovedAndWhatALivingOneOwnsStays) {
  const TempDir dir("test");
  write_file(dir.path() / ".keelson-tmp-999999999-0-x", "");  // beyond the largest process id
  const std::string mine = unique_temporary_name("x");
  write_file(dir.path() / mine, "");
  EXPECT_EQ(remove_stale_temporaries(dir.path()), 1u);
  EXPECT_TRUE(fs::exists(dir.path() / mine));
}

TEST(File, AFileOverTheLimitIsRefused) {
  const TempDir dir("test");
  write_file(dir.path() / "f", std::string(200000, 'x'));
  EXPECT_EQ(read_file(dir.path() / "f").size(), 200000u);
  EXPECT_THROW(read_file(dir.path() / "f", kibibytes(100)), Error);
  EXPECT_EQ(MappedFile(dir.path() / "f").bytes().size(), 200000u);
}

TEST(Process, GivesOutputErrorsExitCodeAndFeedsInput) {
  const auto result =
      run_process({.arguments = {"sh", "-c", "cat; echo no >&2; exit 3"}, .standard_input = std::string(300000, 'a')});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_EQ(result.output.size(), 300000u);
  EXPECT_EQ(result.error_output, "no\n");
}

TEST(Process, IsKilledWithItsChildrenWhenTimeIsOver) {
  const auto result =
      run_process({.arguments = {"sh", "-c", "sleep 60 & sleep 60"}, .timeout = std::chrono::milliseconds(100)});
  EXPECT_TRUE(result.timed_out);
  EXPECT_EQ(result.exit_code, 137);
}

TEST(Process, AMissingProgramIsNotFoundAndAFailureShowsItsLastWords) {
  EXPECT_THROW(run_process({.arguments = {"keelson-no-such-program"}}), Error);
  try {
    require_process({.arguments = {"sh", "-c", "echo disk on fire >&2; exit 1"}}, "format", "disk");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.message(), "cannot format 'disk': sh ended with exit code 1\n  disk on fire");
  }
}

TEST(Supervise, GivesTheExitCodeAndCleansUpOnlyAfterADeath) {
  bool cleaned = false;
  EXPECT_EQ(run_supervised([] { return 7; }, [&] { cleaned = true; }), 7);
  EXPECT_FALSE(cleaned);
  EXPECT_EQ(run_supervised([] { return ::raise(SIGKILL); }, [&] { cleaned = true; }), 128 + SIGKILL);
  EXPECT_TRUE(cleaned);
}

TEST(Supervise, AnInterruptEndsTheWorkAndWhatItStarted) {
  bool cleaned = false;
  const auto began = std::chrono::steady_clock::now();
  const int code = run_supervised(
      [] {
        ::kill(::getppid(), SIGINT);
        return run_process({.arguments = {"sleep", "60"}}).exit_code;
      },
      [&] { cleaned = true; });
  EXPECT_EQ(code, 128 + SIGINT);
  EXPECT_TRUE(cleaned);
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(30));
}

TEST(Parallel, RunsEachItemOnceAndRethrowsTheFirstFailure) {
  std::atomic<int> sum{0};
  parallel_for(100, 4, [&](std::size_t i) { sum += static_cast<int>(i); });
  EXPECT_EQ(sum, 4950);
  EXPECT_THROW(parallel_for(100, 4,
                            [](std::size_t i) {
                              if (i == 50) throw Error(ErrorKind::Usage, "x");
                            }),
               Error);
}

TEST(RootDir, NoSymlinkLeadsOutOfIt) {
  const TempDir dir("test");
  fs::create_directories(dir.path() / "root/etc");
  write_file(dir.path() / "secret", "outside");
  fs::create_symlink("../secret", dir.path() / "root/up");
  fs::create_symlink(dir.path() / "secret", dir.path() / "root/absolute");
  fs::create_symlink("/", dir.path() / "root/slash");
  const RootDir root(dir.path() / "root");
  EXPECT_FALSE(root.exists("up"));
  EXPECT_FALSE(root.exists("absolute"));
  root.write("slash/etc/hostname", "inside", 0644, ::getuid(), ::getgid());
  EXPECT_EQ(read_file(dir.path() / "root/etc/hostname"), "inside");
  EXPECT_THROW(root.write("..", "x"), Error);
}

TEST(RootDir, ASymlinkToAFolderOutsideIsNeitherFollowedNorChangedWhenFoldersAreMade) {
  const TempDir dir("test");
  fs::create_directories(dir.path() / "root");
  fs::create_directory(dir.path() / "victim");
  fs::permissions(dir.path() / "victim", fs::perms::owner_all);
  fs::create_symlink(dir.path() / "victim", dir.path() / "root/x");
  const RootDir root(dir.path() / "root");
  EXPECT_THROW(root.make_folders("x/y", 0777, ::getuid(), ::getgid()), Error);
  EXPECT_EQ(fs::status(dir.path() / "victim").permissions(), fs::perms::owner_all);
  EXPECT_TRUE(fs::is_empty(dir.path() / "victim"));
}

TEST(RootDir, WritesReplacesLinksAndClears) {
  const TempDir dir("test");
  const RootDir root(dir.path());
  root.make_folders("a/b/c", 0750, ::getuid(), ::getgid());
  EXPECT_EQ(root.status("a/b")->st_mode & 07777, 0750u);
  root.write("a/b/f", "1", 0600, ::getuid(), ::getgid());
  root.link("f", "/a/b/l");
  EXPECT_EQ(root.read("a/b/l"), "1");
  EXPECT_EQ(root.read_link("a/b/l"), "f");
  root.clear_folder("a");
  EXPECT_TRUE(fs::is_empty(dir.path() / "a"));
  EXPECT_FALSE(root.find_text("a/b/f").has_value());
  root.remove("a");
  root.remove("a");
  EXPECT_FALSE(root.exists("a"));
}

TEST(RootDirRaces, RenamesElsewhereDoNotDisturb) {
  const TempDir dir("root-dir-test");
  const RootDir root(dir.path());
  root.make_folders("a/b");
  root.write("a/file", "x");
  const std::jthread other([&](const std::stop_token& stop) {
    const TempDir elsewhere("root-dir-test");
    std::filesystem::create_directory(elsewhere.path() / "1");
    for (int i = 0; !stop.stop_requested(); ++i) {
      const bool there = i % 2 == 0;
      std::filesystem::rename(elsewhere.path() / (there ? "1" : "2"), elsewhere.path() / (there ? "2" : "1"));
    }
  });
  for (int i = 0; i < 20'000; ++i) ASSERT_TRUE(root.exists("a/b/../b/../file")) << i;
}

}  // namespace
}  // namespace keelson
