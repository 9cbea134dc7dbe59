#include "sys/guarded_process.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include "base/error.h"
#include "sys/temp_dir.h"

namespace keelson {
namespace {

using namespace std::chrono_literals;
using End = GuardedResult::End;
using testing::HasSubstr;

GuardedOptions script(std::string text) {
  return {.arguments = {"/bin/sh", "-c", std::move(text)}, .timeout = 60s, .grace = 10s};
}

/// The number that a program writes into a file.
pid_t process_in(const std::filesystem::path& path) {
  for (int i = 0; i < 6000; ++i) {
    pid_t process = 0;
    if (std::ifstream(path) >> process && process > 0) return process;
    std::this_thread::sleep_for(10ms);
  }
  return -1;
}

/// Zombies of others count as gone.
bool is_gone(pid_t process) {
  for (int i = 0; i < 6000; ++i) {
    std::ifstream file("/proc/" + std::to_string(process) + "/stat");
    std::string number;
    std::string name;
    std::string state;
    if (!(file >> number >> name >> state) || state == "Z" || state == "X") return true;
    std::this_thread::sleep_for(10ms);
  }
  return false;
}

TEST(GuardedProcess, TellsWhatItSaidAndHowItEnded) {
  auto options = script("read line; echo \"<$line>\"; echo wrong >&2; exit 3");
  options.standard_input = "hello\n";
  auto result = run_guarded(options);
  EXPECT_EQ(result.end, End::Exited);
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_EQ(result.output, "<hello>\nwrong\n");
  options.separate_errors = true;
  result = run_guarded(options);
  EXPECT_EQ(result.output, "<hello>\n");
  EXPECT_EQ(result.error_output, "wrong\n");
  EXPECT_EQ(run_guarded(script("kill -9 $$")).exit_code, 137);
  EXPECT_THROW(run_guarded({.arguments = {"/no/such/program"}}), Error);
}

TEST(GuardedProcess, KeepsTheLastOfMuch) {
  auto options = script("head -c 1000000 /dev/zero | tr '\\0' x; echo; echo the end");
  options.output_limit = 1000;
  const auto result = run_guarded(options);
  EXPECT_EQ(result.output.size(), 1000U);
  EXPECT_TRUE(result.output.ends_with("x\nthe end\n"));
}

TEST(GuardedProcess, AProgramThatReadsNothingIsNoProblem) {
  auto options = script("exec 0<&-; echo done");
  options.standard_input = std::string(1 << 20, 'x');
  EXPECT_EQ(run_guarded(options).output, "done\n");
}

TEST(GuardedProcess, WhatTakesTooLongIsStoppedWithItsChildren) {
  const TempDir folder("guarded");
  auto options =
      script("sleep 1000 & echo $! > " + (folder.path() / "child").string() + "; exec 1>&- 2>&-; sleep 1000");
  options.timeout = 500ms;
  const auto result = run_guarded(options);
  EXPECT_EQ(result.end, End::TimedOut);
  EXPECT_EQ(result.exit_code, 128 + SIGTERM);
  EXPECT_TRUE(is_gone(process_in(folder.path() / "child")));
}

TEST(GuardedProcess, WhoDoesNotListenIsKilled) {
  auto options = script("trap '' TERM; while :; do sleep 0.1; done");
  options.timeout = 300ms;
  options.grace = 300ms;
  const auto result = run_guarded(options);
  EXPECT_EQ(result.end, End::TimedOut);
  EXPECT_EQ(result.exit_code, 128 + SIGKILL);
}

TEST(GuardedProcess, CanBeStopped) {
  const TempDir folder("guarded");
  const auto file = folder.path() / "self";
  std::stop_source source;
  std::jthread stopper([&] {
    process_in(file);
    source.request_stop();
  });
  const auto result = run_guarded(
      script("trap 'echo cleaned; exit 7' TERM; echo $$ > " + file.string() + "; while :; do sleep 0.1; done"),
      source.get_token());
  EXPECT_EQ(result.end, End::Stopped);
  EXPECT_EQ(result.exit_code, 7);
  EXPECT_TRUE(result.output.ends_with("cleaned\n")) << result.output;
}

TEST(GuardedProcess, NothingStaysBehindInTheBackground) {
  const TempDir folder("guarded");
  const auto file = folder.path() / "child";
  const auto result =
      run_guarded(script("setsid sh -c 'echo $$ > " + file.string() + "; exec sleep 1000' & while ! test -s " +
                         file.string() + "; do sleep 0.05; done; echo started"));
  EXPECT_EQ(result.end, End::Exited);
  EXPECT_EQ(result.output, "started\n");
  EXPECT_TRUE(is_gone(process_in(file)));
}

TEST(GuardedProcess, DiesWithUsWithAllThatItStarted) {
  const TempDir folder("guarded");
  const auto path = folder.path();
  const pid_t us = ::fork();
  ASSERT_GE(us, 0);
  if (us == 0) {
    // Two at once: neither may keep the other's pipe open.
    const auto run = [&](const std::string& name) {
      run_guarded(script("echo $$ > " + (path / name).string() + "; setsid sh -c 'echo $$ > " +
                         (path / (name + "-child")).string() + "; exec sleep 1000' & sleep 1000"));
    };
    std::thread first([&] { run("first"); });
    std::thread second([&] { run("second"); });
    first.join();
    second.join();
    ::_exit(0);
  }
  std::vector<pid_t> all;
  for (const char* name : {"first", "first-child", "second", "second-child"}) all.push_back(process_in(path / name));
  EXPECT_THAT(all, testing::Each(testing::Gt(0)));
  ::kill(us, SIGKILL);
  ::waitpid(us, nullptr, 0);
  for (const pid_t process : all) EXPECT_TRUE(is_gone(process)) << process;
}

}  // namespace
}  // namespace keelson
