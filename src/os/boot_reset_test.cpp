#include "os/boot_reset.h"

#include <gtest/gtest.h>

#include "os/test_root.h"

namespace keelson::os {
namespace {

TEST(BootReset, OnlyWhatAMachineNeedsToBeReachedStays) {
  EXPECT_EQ(reset_arguments("root=UUID=1 ro quiet console=ttyS0,115200 audit=1", {}),
            "root=UUID=1 ro console=ttyS0,115200");
  EXPECT_EQ(reset_arguments("ro security=selinux selinux=1 enforcing=1 audit=1", {"root=UUID=2"}),
            "root=UUID=2 ro security=selinux selinux=1 enforcing=1");
}

TEST(BootReset, ANewRootTakesTheOldOnesPlace) {
  EXPECT_EQ(reset_arguments("root=UUID=1 rootflags=subvol=a rw", {"root=UUID=2"}), "root=UUID=2 rw");
}

class BootResetFiles : public RootTest {};

TEST_F(BootResetFiles, GrubsSettingsLoseTheirArgumentsAndKeepTheRest) {
  root_.make_folders("etc/default/grub.d");
  root_.write(
      "etc/default/grub",
      "GRUB_TIMEOUT=1\nGRUB_CMDLINE_LINUX_DEFAULT=\"quiet splash\"\nGRUB_CMDLINE_LINUX='console=tty0 audit=1'\n");
  root_.write("etc/default/grub.d/cloud.cfg", "GRUB_CMDLINE_LINUX=\"$GRUB_CMDLINE_LINUX net.ifnames=0\"\n");
  reset_kernel_arguments(root_, {});
  EXPECT_EQ(root_.read("etc/default/grub"),
            "GRUB_TIMEOUT=1\nGRUB_CMDLINE_LINUX_DEFAULT=\"\"\nGRUB_CMDLINE_LINUX='console=tty0'\n");
  EXPECT_EQ(root_.read("etc/default/grub.d/cloud.cfg"), "GRUB_CMDLINE_LINUX=\"$GRUB_CMDLINE_LINUX\"\n");
}

TEST_F(BootResetFiles, EntriesOfSystemdBootGetTheNewRoot) {
  root_.make_folders("boot/efi/loader/entries");
  root_.make_folders("etc/kernel");
  root_.write("boot/efi/loader/entries/a.conf", "title A\nlinux /linux\noptions root=UUID=1 ro quiet\n");
  root_.write("etc/kernel/cmdline", "root=UUID=1 ro quiet\n");
  reset_kernel_arguments(root_, {"root=UUID=2"});
  EXPECT_EQ(root_.read("boot/efi/loader/entries/a.conf"), "title A\nlinux /linux\noptions root=UUID=2 ro\n");
  EXPECT_EQ(root_.read("etc/kernel/cmdline"), "root=UUID=2 ro\n");
}

}  // namespace
}  // namespace keelson::os
