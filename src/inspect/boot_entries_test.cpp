#include "inspect/boot_entries.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace keelson::inspect {
namespace {

using testing::ElementsAre;

TEST(LoaderEntry, SaysItsKernelAndCommandLine) {
  const auto entry = parse_loader_entry(
      "# a comment\ntitle  Debian GNU/Linux\nversion 6.12.1-cloud\nlinux /abc/6.12.1/linux\ninitrd /abc/initrd\n"
      "options root=UUID=1 ro\noptions quiet\nnonsense\n");
  EXPECT_EQ(entry.title, "Debian GNU/Linux");
  EXPECT_EQ(entry.version, "6.12.1-cloud");
  EXPECT_EQ(entry.linux, "/abc/6.12.1/linux");
  EXPECT_THAT(entry.initrds, ElementsAre("/abc/initrd"));
  EXPECT_EQ(entry.options, "root=UUID=1 ro quiet");
}

constexpr std::string_view kGrub = R"(set default="1"
menuentry 'Debian' --class debian {
  linux /boot/vmlinuz-6.12 root=/dev/vda1 ro
  initrd /boot/initrd.img-6.12
}
submenu 'Advanced' {
  menuentry 'Debian, older' {
    linux /boot/vmlinuz-6.1 root=/dev/vda1 ro single
  }
}
)";

TEST(GrubMenu, HasTheKernelsInTheirOrderAndTheDefault) {
  const auto entries = parse_grub_menu(kGrub);
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[0].title, "Debian");
  EXPECT_EQ(entries[0].options, "root=/dev/vda1 ro");
  EXPECT_THAT(entries[0].initrds, ElementsAre("/boot/initrd.img-6.12"));
  EXPECT_FALSE(entries[0].is_default);
  EXPECT_TRUE(entries[1].is_default);
}

TEST(GrubMenu, BootsTheFirstWhenTheDefaultIsComputed) {
  const auto entries = parse_grub_menu(
      "set default=\"${next_entry}\"\nset default=\"0\"\nset default=\"${saved}\"\nlinux /vmlinuz a\nlinux /old b\n");
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_TRUE(entries[0].is_default);
}

TEST(GrubMenu, OfNonsenseIsEmptyAndALongOneIsCut) {
  EXPECT_TRUE(parse_grub_menu("initrd x\nlinux\nmenuentry\nset\nset default=\n").empty());
  std::string many;
  for (int i = 0; i < 1000; ++i) many += "linux /vmlinuz x\n";
  EXPECT_EQ(parse_grub_menu(many).size(), 64U);
}

TEST(LoaderPattern, IsThatOfTheShell) {
  EXPECT_TRUE(fits_pattern("debian-6.12.conf", "debian-*.conf"));
  EXPECT_TRUE(fits_pattern("a", "?"));
  EXPECT_TRUE(fits_pattern("", "*"));
  EXPECT_FALSE(fits_pattern("ubuntu.conf", "debian-*"));
  EXPECT_FALSE(fits_pattern("", "?"));
  EXPECT_FALSE(fits_pattern(std::string(200, 'a'), "*a*a*a*a*a*a*a*a*a*b"));  // and comes to an end
}

}  // namespace
}  // namespace keelson::inspect
