#include "machine/console.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace keelson::machine {
namespace {

using testing::HasSubstr;
using testing::Not;

Console fed(std::string_view text) {
  Console console;
  console.feed(text);
  return console;
}

// Pieces of real consoles: firmware, kernel and systemd 257 on a serial port.
constexpr std::string_view kFirmware =
    "\x1b[2J\x1b[01;01H\x1b[=3h\x1b[2J\x1b[01;01HBdsDxe: loading Boot0001 \"UEFI Misc Device\" from "
    "PciRoot(0x0)/Pci(0x2,0x0)\r\n";
constexpr std::string_view kKernel =
    "[    0.000000] Linux version 6.12.117+deb13-cloud-amd64 (x)\r\n[    1.312345] nvme nvme0: 2/0/0 queues\r\n";
constexpr std::string_view kInitrd = "\r\nWelcome to \x1b[1mDebian GNU/Linux 13 (trixie) (Initramfs)\x1b[0m!\r\n\r\n";
constexpr std::string_view kSystem =
    "\r\nWelcome to \x1b[1mDebian GNU/Linux 13 (trixie)\x1b[0m!\r\n\r\n[\x1b[0;32m  OK  \x1b[0m] Reached target "
    "basic.target - Basic System.\r\n";
constexpr std::string_view kWaiting =
    "\r\x1b[K[\x1b[0;31m*     \x1b[0m] (1 of 4) Job systemd-logind.service/start running (16s / 1min "
    "42s)\r\x1b[K[\x1b[0m\x1b[0;31m*    \x1b[0m] "
    "A start job is running for /dev/disk/by-uuid/1234 (17s / 1min 30s)\r";

TEST(Console, TheStageFollowsTheBoot) {
  Console console;
  EXPECT_EQ(console.stage(), Stage::Firmware);
  console.feed(kFirmware);
  EXPECT_EQ(console.stage(), Stage::Firmware);
  console.feed("systemd-boot 257.13\r\n");
  EXPECT_EQ(console.stage(), Stage::Loader);
  console.feed(kKernel);
  EXPECT_EQ(console.stage(), Stage::Kernel);
  console.feed(kInitrd);
  EXPECT_EQ(console.stage(), Stage::Initrd);
  console.feed(kSystem);
  EXPECT_EQ(console.stage(), Stage::Userspace);
  console.feed("\r\nDebian GNU/Linux 13 probe ttyS0\r\n\r\nprobe login: ");
  EXPECT_EQ(console.stage(), Stage::Login);
  EXPECT_EQ(console.fatal(), "");
}

TEST(Console, TheInitrdIsKnownByTheWordsOfOldAndNewSystemd) {
  EXPECT_EQ(fed("Booting initrd of Debian GNU/Linux 13 (trixie).\r\n").stage(), Stage::Initrd);
  EXPECT_EQ(fed(kInitrd).stage(), Stage::Initrd);
}

TEST(Console, AnInitrdThatGaveUpEndsTheRun) {
  const Console console = fed("[   12.0] systemd[1]: Failed to start x.\r\nId=emergency.service\r\n");
  EXPECT_EQ(console.fatal(), "it could not reach the root file system");
}

TEST(Console, AFirmwareThatFoundALoaderIsNoLongerTheStage) {
  EXPECT_EQ(fed("BdsDxe: loading Boot0001 \"x\"\r\n").stage(), Stage::Firmware);
  EXPECT_EQ(fed("BdsDxe: starting Boot0001 \"x\"\r\n").stage(), Stage::Loader);
}

TEST(Console, TheStageIsThatInWhichItEnded) {
  const Console console =
      fed("BdsDxe: failed to load Boot0001 \"UEFI QEMU NVMe Ctrl\" from PciRoot(0x0): Access Denied\r\n"
          "BdsDxe: starting Boot0002 \"EFI Internal Shell\" from Fv(7CB8BDC9)\r\n");
  EXPECT_NE(console.fatal(), "");
  EXPECT_EQ(console.stage(), Stage::Firmware);
}

TEST(Console, GrubsWelcomeIsNotTheSystems) { EXPECT_EQ(fed("Welcome to GRUB!\r\n").stage(), Stage::Loader); }

TEST(Console, AQuietKernelIsRecognisedByItsTimestamps) {
  EXPECT_EQ(fed("[    3.897742] random: crng init done\r\n").stage(), Stage::Kernel);
}

TEST(Console, WhatTheBootWaitsForIsKeptUntilSomethingMoves) {
  Console console;
  console.feed(kSystem);
  console.feed(kWaiting);
  EXPECT_EQ(console.waiting_for(), "A start job is running for /dev/disk/by-uuid/1234 (17s / 1min 30s)");
  console.feed("\x1b[K[\x1b[0;32m  OK  \x1b[0m] Found device x.\r\n");
  EXPECT_EQ(console.waiting_for(), "");
}

TEST(Console, APanicAndADeadEndAreFatalAtOnce) {
  EXPECT_THAT(fed("[    2.1] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)\n").fatal(),
              HasSubstr("VFS: Unable to mount root fs"));
  EXPECT_NE(fed("BdsDxe: No bootable option or device was found.\r\n").fatal(), "");
  EXPECT_EQ(fed("You are in emergency mode. After logging in, type \"journalctl -xb\"\r\n").fatal(),
            "systemd went into emergency mode");
  EXPECT_EQ(fed("BdsDxe: failed to load Boot0001 \"UEFI QEMU NVMe Ctrl\" from PciRoot(0x0): Access Denied\r\n").fatal(),
            "a program was refused: it is signed by no key that the firmware has");
  EXPECT_EQ(fed("Linux version 6.12\nx: Access denied\n").fatal(), "");
  EXPECT_EQ(fed(kSystem).fatal(), "");
}

TEST(Console, FailedUnitsAreListed) {
  const Console console =
      fed("[\x1b[0;1;31mFAILED\x1b[0m] Failed to start containerd.service - containerd.\r\n[\x1b[0;1;33mDEPEND\x1b[0m] "
          "Dependency failed for x.\r\n");
  EXPECT_EQ(console.failures(), "Failed to start containerd.service - containerd.; Dependency failed for x.");
}

TEST(Console, LastLinesAreThoseWithTextAndCannotSteerATerminal) {
  Console console;
  for (int i = 0; i < 100; ++i) console.feed("line " + std::to_string(i) + "\r\n\r\n");
  console.feed("\x1b]0;title\x07\x1b[31mred\x1b[0m \xff end\r\n");
  EXPECT_EQ(console.last_lines(3), "  line 98\n  line 99\n  red ? end");
  EXPECT_THAT(console.text(), Not(HasSubstr("\x1b")));
}

TEST(Console, AnEndlessConsoleStaysBounded) {
  Console console;
  const std::string piece(100000, 'x');
  for (int i = 0; i < 20; ++i) console.feed(piece);
  EXPECT_LE(console.text().size(), Console::kKept + 2048);
  EXPECT_GE(console.text().size(), Console::kKept / 2);
  console.feed("\nlast words\n");
  EXPECT_THAT(console.last_lines(1), HasSubstr("last words"));
}

}  // namespace
}  // namespace keelson::machine
