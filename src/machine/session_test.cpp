#include "machine/session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "machine/boot.h"
#include "sys/file.h"
#include "sys/temp_dir.h"

namespace keelson::machine {
namespace {

using testing::HasSubstr;

// A program in QEMU's place: what it writes to standard output is the console, to descriptor 3 the facts.
class FakeMachine : public testing::Test {
 protected:
  Session& start(std::string_view script, bool facts = true) {
    write_file(folder_.path() / "qemu", "#!/bin/sh\n" + std::string(script), 0755);
    MachinePlan plan;
    plan.program = (folder_.path() / "qemu").native();
    plan.facts_port = facts;
    session_ = std::make_unique<Session>(plan, folder_.path());
    return *session_;
  }
  std::string account(Outcome outcome) const {
    return account_of(outcome, session_->console(), session_->complaints(), std::chrono::seconds(1));
  }

  TempDir folder_{"session"};
  std::unique_ptr<Session> session_;
};

constexpr std::chrono::seconds kLong{60};

TEST_F(FakeMachine, FactsEndTheRunAlthoughTheMachineGoesOn) {
  auto& session = start("printf 'KEELSON-FACTS 1\\n@uname 2\\nL\\n\\n@end 0\\n' >&3; exec sleep 60\n");
  EXPECT_EQ(session.run(kLong), Outcome::Facts);
  EXPECT_EQ(session.sections().take().at("uname"), "L\n");
  EXPECT_LT(session.seconds(), 50);
}

TEST_F(FakeMachine, FactsOfAMachineThatEndsAtOnceAreNotLost) {
  EXPECT_EQ(start("printf 'KEELSON-FACTS 1\\n@end 0\\n' >&3\n").run(kLong), Outcome::Facts);
}

TEST_F(FakeMachine, TheLoginPromptIsEnoughWhenNobodyWantsFacts) {
  EXPECT_EQ(start("printf 'Welcome to Debian!\\r\\nhost login: '; exec sleep 60\n", false).run(kLong), Outcome::Login);
}

TEST_F(FakeMachine, APanicIsToldAtOnceWithTheLinesThatFollow) {
  EXPECT_EQ(start("echo '[    1.5] Kernel panic - not syncing: no init'; sleep 0.1; echo '[    1.6] the reason'; exec "
                  "sleep 60\n")
                .run(kLong),
            Outcome::Fatal);
  EXPECT_LT(session_->seconds(), 50);
  EXPECT_THAT(account(Outcome::Fatal), HasSubstr("it stopped in the kernel: Kernel panic - not syncing: no init"));
  EXPECT_THAT(account(Outcome::Fatal), HasSubstr("  [    1.6] the reason"));
}

TEST_F(FakeMachine, ATimeOutSaysWhereItWasAndWhatItWaitedFor) {
  EXPECT_EQ(start("printf 'Welcome to Debian!\\r\\n[FAILED] Failed to start a.service.\\r\\n[ *** ] A start job is "
                  "running for b (9s / 90s)\\r'; exec sleep 60\n")
                .run(std::chrono::seconds(1)),
            Outcome::TimedOut);
  EXPECT_EQ(account(Outcome::TimedOut),
            "it was still in userspace after 1 s, waiting: A start job is running for b (9s / 90s)\n"
            "units that failed: Failed to start a.service.\n"
            "the console's last lines:\n  Welcome to Debian!\n  [FAILED] Failed to start a.service.");
}

TEST_F(FakeMachine, AQemuThatEndsIsToldWithItsOwnWords) {
  EXPECT_EQ(start("echo 'qemu: cannot do it' >&2; exit 1\n").run(kLong), Outcome::Ended);
  EXPECT_EQ(account(Outcome::Ended),
            "the machine ended by itself in the firmware\nQEMU said:\n  qemu: cannot do it\nthe console stayed silent");
}

TEST_F(FakeMachine, FactsThatNeverEndAreRefused) {
  EXPECT_THROW(start("{ printf 'KEELSON-FACTS 1\\n@a 8000000\\n'; yes; } >&3\n").run(kLong), Error);
}

TEST_F(FakeMachine, FactsThatAreCutShortAreNotTaken) {
  EXPECT_EQ(start("printf 'KEELSON-FACTS 1\\n@uname 20\\nL' >&3\n").run(kLong), Outcome::Ended);
}

TEST_F(FakeMachine, AConsoleThatNeverStopsDoesNotKeepTheTimeOut) {
  EXPECT_EQ(start("exec yes\n").run(std::chrono::seconds(1)), Outcome::TimedOut);
  EXPECT_LE(session_->console().text().size(), Console::kKept + 2048);
}

TEST(Boot, AnImageThatIsNotThereIsNotFound) {
  SilentReporter reporter;
  try {
    boot({.image = "/nonexistent/image"}, reporter);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::NotFound);
  }
}

TEST(Emulation, ItsOwnFaultIsToldFromTheImages) {
  EXPECT_TRUE(
      is_fault_of_emulation("[   65.6] Oops: int3: 0000 [#1] PREEMPT SMP NOPTI\n[   65.7] CPU: 1 UID: 0 PID: 1\n"));
  EXPECT_FALSE(is_fault_of_emulation("[    2.1] Oops: general protection fault: 0000 [#1] SMP\n"));
  EXPECT_FALSE(is_fault_of_emulation("[    2.1] Kernel panic - not syncing: VFS: Unable to mount root fs\n"));
}

}  // namespace
}  // namespace keelson::machine
