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

TEST_F(BootConfiguration, WhatGrubsSettingsGiveAlreadyIsNotGivenTwice) {
  put("boot/grub/grub.cfg", kGrub);
  put("etc/default/grub", "GRUB_CMDLINE_LINUX=\"console=ttyS0 audit=0\"\n");
  add_kernel_arguments(root_, std::vector<std::string>{"console=ttyS0 quiet"});
  const std::string kept = root_.read("etc/default/grub.d/90-keelson.cfg");
  EXPECT_THAT(kept, testing::HasSubstr("quiet"));
  EXPECT_THAT(kept, testing::Not(testing::HasSubstr("console=ttyS0")));
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

TEST_F(BootConfiguration, GrubsEntriesAreReadWithoutWhatGrubAdds) {
  put("boot/grub/grub.cfg",
      "menuentry 'Ubuntu' {\n\tlinux\t/boot/vmlinuz-6.12-a BOOT_IMAGE=/boot/vmlinuz-6.12-a root=UUID=abc ro  quiet "
      "$vt_handoff\n}\nmenuentry 'old' {\n linux /vmlinuz-6.1-b root=UUID=abc ro\n}\n"
      "menuentry 'rescue' {\n linux /vmlinuz-6.12-a root=UUID=abc single\n}\n");
  const auto entries = kernel_entries(root_);
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[0].release, "6.12-a");
  EXPECT_EQ(entries[0].arguments, "root=UUID=abc ro quiet");
  EXPECT_EQ(kernel_arguments(entries, "6.1-b"), "root=UUID=abc ro");
}

TEST_F(BootConfiguration, LoaderEntriesTellTheirFilesAndAllTheirOptions) {
  put("boot/efi/loader/entries/a.conf",
      "title Debian\nversion 6.12-a\nlinux /m/6.12-a/linux\ninitrd /m/6.12-a/initrd\noptions root=UUID=abc\n"
      "options ro initrd=\\x\n");
  put("boot/efi/loader/entries/shell.conf", "title Shell\nefi /shell.efi\n");
  const auto entries = kernel_entries(root_);
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(entries[0].release, "6.12-a");
  EXPECT_EQ(entries[0].arguments, "root=UUID=abc ro");
  EXPECT_THAT(entries[0].files, testing::ElementsAre("/m/6.12-a/linux", "/m/6.12-a/initrd"));
}

TEST(KernelArguments, ANewKernelGetsWhatTheOthersShare) {
  const std::vector<KernelEntry> same{{"boot/grub/grub.cfg", "1", {}, "ro a"}, {"boot/grub/grub.cfg", "2", {}, "ro a"}};
  EXPECT_EQ(kernel_arguments(same, "3"), "ro a");
  const std::vector<KernelEntry> others{{"boot/grub/grub.cfg", "1", {}, "ro a"}, {"boot/grub/grub.cfg", "2", {}, "ro"}};
  EXPECT_EQ(kernel_arguments(others, "2"), "ro");
  EXPECT_THROW(kernel_arguments(others, "3"), Error);
  EXPECT_THROW(kernel_arguments({}, "3"), Error);
}

TEST(KernelArguments, WhatGrubWouldComputeIsRefusedAndWhatOthersTakeIsNot) {
  EXPECT_THROW(kernel_arguments(std::vector<KernelEntry>{{"boot/grub/grub.cfg", "1", {}, "ro $more"}}, "1"), Error);
  EXPECT_EQ(kernel_arguments(std::vector<KernelEntry>{{"EFI/Linux/a.efi", "1", {}, "a=$b"}}, "1"), "a=$b");
}

TEST(KernelArguments, WhatIsThereIsNotAddedAgain) {
  EXPECT_EQ(with_kernel_arguments(" ro  quiet ", std::vector<std::string>{"quiet audit=0", "b"}),
            "ro  quiet audit=0 b");
  const std::vector<std::string> quoted{"dyndbg=\"file a b\""};
  EXPECT_EQ(with_kernel_arguments("x=\"c b\"", quoted), "x=\"c b\" dyndbg=\"file a b\"");
  EXPECT_EQ(with_kernel_arguments("dyndbg=\"file a b\"", quoted), "dyndbg=\"file a b\"");
}

TEST(KernelArguments, AModeTakesTheOtherOnesPlace) {
  const auto with = [](std::string_view line, const std::string& argument) {
    return with_kernel_arguments(line, std::vector<std::string>{argument});
  };
  EXPECT_EQ(with("ro fips=1 quiet", "fips=0"), "ro quiet fips=0");
  EXPECT_EQ(with("fips=1 quiet", "fips=0"), "quiet fips=0");
  EXPECT_EQ(with("fips=1", "fips=0"), "fips=0");
  EXPECT_EQ(with("fips=1 quiet", "fips=1"), "fips=1 quiet");
  EXPECT_EQ(with("ro fips=0 x.fips=0 fips=1", "fips=1"), "ro x.fips=0 fips=1");
  EXPECT_EQ(with("lockdown=integrity ro", "lockdown=confidentiality"), "ro lockdown=confidentiality");
  EXPECT_EQ(with("enforcing=1 ro security=apparmor selinux=1", "selinux=1"), "ro selinux=1");
  EXPECT_EQ(with("ro enforcing=1 security=selinux selinux=1", "selinux=0"), "ro selinux=0");
  EXPECT_EQ(with("ro enforcing=1", "quiet"), "ro enforcing=1 quiet");
  EXPECT_EQ(with("console=tty0", "console=ttyS0"), "console=tty0 console=ttyS0");
}

TEST_F(BootConfiguration, AModeThatIsChangedBackLeavesNoTrace) {
  put("boot/grub/grub.cfg", kGrub);
  put("boot/efi/loader/entries/debian.conf", "linux /vmlinuz\noptions root=UUID=abc ro\n");
  put("etc/default/grub", "GRUB_TIMEOUT=1\n");
  put("etc/kernel/cmdline", "root=UUID=abc ro\n");
  const auto everything = [&] {
    std::string text;
    for (const auto* path : {"boot/grub/grub.cfg", "boot/efi/loader/entries/debian.conf",
                             "etc/default/grub.d/90-keelson.cfg", "etc/kernel/cmdline"})
      text += root_.read(path);
    return text;
  };
  add_kernel_arguments(root_, std::vector<std::string>{"fips=1"});
  const std::string enabled = everything();
  EXPECT_THAT(enabled, testing::Not(testing::HasSubstr("fips=0")));
  add_kernel_arguments(root_, std::vector<std::string>{"fips=0"});
  EXPECT_THAT(everything(), testing::Not(testing::HasSubstr("fips=1")));
  add_kernel_arguments(root_, std::vector<std::string>{"fips=1"});
  EXPECT_EQ(everything(), enabled);
}

}  // namespace
}  // namespace keelson::os
