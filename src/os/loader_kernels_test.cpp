#include "os/loader_kernels.h"

#include <gtest/gtest.h>

#include "os/test_root.h"

namespace keelson::os {
namespace {

class LoaderKernels : public RootTest {
 protected:
  void SetUp() override {
    RootTest::SetUp();
    put("boot/vmlinuz-6.1", "old kernel");
    put("boot/efi/abc/6.1/linux", "old kernel");
    put("boot/efi/abc/6.1/initrd", "old initrd");
    put("boot/efi/loader/entries/abc-6.1.conf",
        "title Debian\nversion 6.1\noptions root=UUID=1 ro\nlinux /abc/6.1/linux\ninitrd /abc/6.1/initrd\n");
  }
};

TEST_F(LoaderKernels, ANewKernelGetsAnEntryLikeTheOldOnes) {
  const auto before = kernels_in_boot(root_);
  EXPECT_EQ(before, std::vector<std::string>{"6.1"});
  put("boot/vmlinuz-6.12", "new kernel");
  put("boot/initrd.img-6.12", "new initrd");
  follow_kernels(root_, before);
  EXPECT_EQ(root_.read("boot/efi/loader/entries/abc-6.12.conf"),
            "title Debian\nversion 6.12\noptions root=UUID=1 ro\nlinux /abc/6.12/linux\ninitrd /abc/6.12/initrd\n");
  EXPECT_EQ(root_.read("boot/efi/abc/6.12/linux"), "new kernel");
  EXPECT_EQ(root_.read("boot/efi/abc/6.12/initrd"), "new initrd");
  EXPECT_TRUE(root_.exists("boot/efi/loader/entries/abc-6.1.conf"));
}

TEST_F(LoaderKernels, ARemovedKernelLosesItsEntryAndFiles) {
  put("boot/vmlinuz-6.12", "new kernel");
  put("boot/initrd.img-6.12", "new initrd");
  const auto before = kernels_in_boot(root_);
  follow_kernels(root_, {"6.1"});
  root_.remove("boot/vmlinuz-6.1");
  follow_kernels(root_, before);
  EXPECT_FALSE(root_.exists("boot/efi/loader/entries/abc-6.1.conf"));
  EXPECT_FALSE(root_.exists("boot/efi/abc/6.1/linux"));
  EXPECT_TRUE(root_.exists("boot/efi/abc/6.12/linux"));
}

TEST_F(LoaderKernels, EntriesThatNameNoReleaseStayAsTheyAre) {
  root_.remove("boot/efi/loader/entries/abc-6.1.conf");
  put("boot/efi/loader/entries/debian.conf", "title Debian\nlinux /vmlinuz\ninitrd /initrd\n");
  put("boot/vmlinuz-6.12", "new kernel");
  follow_kernels(root_, {"6.1"});
  EXPECT_FALSE(root_.exists("boot/efi/loader/entries/6.12.conf"));
  EXPECT_EQ(root_.read("boot/efi/loader/entries/debian.conf"), "title Debian\nlinux /vmlinuz\ninitrd /initrd\n");
}

}  // namespace
}  // namespace keelson::os
