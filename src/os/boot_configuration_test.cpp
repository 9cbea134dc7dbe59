#include "os/boot_configuration.h"

#include <gmock/gmock.h>

#include "base/error.h"
#include "os/test_root.h"

namespace keelson::os {
namespace {

constexpr std::string_view kGrub =
    "set timeout=1\n"
    "menuentry 'Debian' {\n"
    "\tlinux\t/boot/vmlinuz-6.12 root=UUID=abc ro  console=ttyS0 \n"
    "\tinitrd\t/boot/initrd.img-6.12\n"
    "}\n"
    "menuentry 'rescue' {\n"
    "\tlinux\t/boot/vmlinuz-6.12 root=UUID=abc ro single\n"
    "}\n";

class BootConfiguration : public RootTest {
 protected:
  void put(const std::string& path, std::string_view content) const {
    root_.make_folders(path.substr(0, path.rfind('/')));
    root_.write(path, content);
  }
};

TEST_F(BootConfiguration, GrubsKernelsGetTheArgumentsAndItsRescueEntryDoesNot) {
  put("boot/grub/grub.cfg", kGrub);
  put("etc/default/grub", "GRUB_TIMEOUT=1\n");
  add_kernel_arguments(root_, std::vector<std::string>{"quiet audit=0"});
  const std::string changed = root_.read("boot/grub/grub.cfg");
  EXPECT_THAT(changed, testing::HasSubstr("console=ttyS0  quiet audit=0\n"));
  EXPECT_THAT(changed, testing::HasSubstr("ro single\n"));
  EXPECT_THAT(root_.read("etc/default/grub.d/90-keelson.cfg"),
              testing::HasSubstr("GRUB_CMDLINE_LINUX=\"$GRUB_CMDLINE_LINUX audit=0\"\n"));
}

TEST_F(BootConfiguration, AddingTwiceIsAddingOnce) {
  put("boot/grub/grub.cfg", kGrub);
  put("etc/default/grub", "GRUB_TIMEOUT=1\n");
  const std::vector<std::string> arguments{"quiet"};
  add_kernel_arguments(root_, arguments);
  const std::string first = root_.read("boot/grub/grub.cfg") + root_.read("etc/default/grub.d/90-keelson.cfg");
  add_kernel_arguments(root_, arguments);
  EXPECT_EQ(root_.read("boot/grub/grub.cfg") + root_.read("etc/default/grub.d/90-keelson.cfg"), first);
}

TEST_F(BootConfiguration, LoaderEntriesAndTheNextKernelGetThem) {
  put("boot/efi/loader/entries/debian.conf", "title Debian\nlinux /vmlinuz\noptions root=UUID=abc ro\n");
  put("boot/efi/loader/entries/bare.conf", "title Bare\nlinux /vmlinuz\n");
  put("etc/kernel/cmdline", "root=UUID=abc ro\n");
  add_kernel_arguments(root_, std::vector<std::string>{"quiet"});
  EXPECT_THAT(root_.read("boot/efi/loader/entries/debian.conf"), testing::HasSubstr("ro quiet\n"));
  EXPECT_THAT(root_.read("boot/efi/loader/entries/bare.conf"), testing::HasSubstr("options quiet\n"));
  EXPECT_EQ(root_.read("etc/kernel/cmdline"), "root=UUID=abc ro quiet\n");
}

TEST_F(BootConfiguration, AnImageWithNeitherIsRefusedUnlessThereIsNothingToAdd) {
  EXPECT_NO_THROW(add_kernel_arguments(root_, {}));
  EXPECT_THROW(add_kernel_arguments(root_, std::vector<std::string>{"quiet"}), Error);
}

TEST_F(BootConfiguration, AnArgumentThatWouldRunACommandIsRefused) {
  put("boot/grub/grub.cfg", kGrub);
  EXPECT_THROW(add_kernel_arguments(root_, std::vector<std::string>{"a=$(reboot)"}), Error);
  EXPECT_EQ(root_.read("boot/grub/grub.cfg"), kGrub);
}

}  // namespace
}  // namespace keelson::os
