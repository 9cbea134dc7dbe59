#include "factory/ukis.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "crypto/sample_signer.h"
#include "factory/pcr_policies.h"
#include "formats/uki/sample_pe.h"
#include "formats/uki/uki.h"
#include "sys/file.h"
#include "sys/temp_dir.h"

namespace keelson::factory {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

class Ukis : public testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root: files of an image belong to root";
    put("etc/os-release", "ID=debian\n");
    put("usr/lib/systemd/boot/efi/linuxx64.efi.stub", uki::sample_pe());
    put("usr/lib/systemd/boot/efi/systemd-bootx64.efi", "systemd-boot");
    put("boot/vmlinuz-6.9-a", uki::sample_pe());
    put("boot/initrd.img-6.9-a", "initrd of 6.9");
    put("boot/vmlinuz-6.12-a", uki::sample_pe());
    put("boot/initrd.img-6.12-a", "initrd of 6.12");
    put("boot/efi/EFI/BOOT/BOOTX64.EFI", "shim");
  }

  void put(const std::string& path, std::string_view content) const {
    fs::create_directories((folder_.path() / path).parent_path());
    write_file(folder_.path() / path, content);
  }
  void put_grub() const {
    put("boot/grub/grub.cfg",
        "linux /boot/vmlinuz-6.12-a root=UUID=abc ro quiet\nlinux /boot/vmlinuz-6.9-a root=UUID=abc ro\n");
  }
  std::string text(const std::string& path) const { return read_file(folder_.path() / path); }
  bool exists(const std::string& path) const { return fs::exists(folder_.path() / path); }

  void apply(recipe::UkiMode mode, std::vector<std::string> arguments = {}) {
    recipe_.os.uki = mode;
    recipe_.os.extra_kernel_command_line = std::move(arguments);
    check_uki_mode(recipe_, &esp_, false);
    change_ukis({.recipe = recipe_, .root_arguments = {"root=UUID=of-the-disk"}, .pcr_key = pcr_key_, .epoch = 1},
                root_, &esp_, reporter_);
  }
  std::string refusal(recipe::UkiMode mode) {
    try {
      apply(mode);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::BadInput);
      return error.message();
    }
    return "accepted";
  }
  std::string command_line(const std::string& path) const {
    const std::string bytes = text(path);
    return std::string(uki::parse_uki(as_bytes(bytes), path).cmdline);
  }

  TempDir folder_{"ukis"};
  RootDir root_{folder_.path()};
  EspTree esp_{root_, "/boot/efi"};
  recipe::Recipe recipe_;
  const PrivateKey* pcr_key_ = nullptr;
  SilentReporter reporter_;
};

TEST_F(Ukis, EveryKernelGetsOneWithItsInitrdAndItsArguments) {
  put_grub();
  apply(recipe::UkiMode::Create, {"audit=0"});
  EXPECT_THAT(esp_.ukis(), ElementsAre("EFI/Linux/vmlinuz-6.12-a.efi", "EFI/Linux/vmlinuz-6.9-a.efi"));
  const std::string bytes = text("boot/efi/EFI/Linux/vmlinuz-6.12-a.efi");
  const auto view = uki::parse_uki(as_bytes(bytes), "x");
  EXPECT_EQ(as_text(view.initrd), "initrd of 6.12");
  EXPECT_EQ(view.cmdline, "root=UUID=abc ro quiet audit=0");
  EXPECT_EQ(view.uname, "6.12-a");
  EXPECT_EQ(view.os_release, "ID=debian\n");
  EXPECT_EQ(command_line("boot/efi/EFI/Linux/vmlinuz-6.9-a.efi"), "root=UUID=abc ro audit=0");
  EXPECT_EQ(text("etc/kernel/cmdline"), "root=UUID=abc ro quiet audit=0\n");  // of the newest
}

TEST_F(Ukis, SystemdBootIsTheOnlyBootLoaderThatIsLeft) {
  put("boot/efi/loader/entries/a.conf", "version 6.12-a\nlinux /m/linux\ninitrd /m/initrd\noptions ro\n");
  put("boot/efi/m/linux", "old kernel");
  put("boot/efi/m/initrd", "old initrd");
  put("boot/efi/EFI/debian/shimx64.efi", "shim");
  put("boot/efi/EFI/debian/grub.cfg", "configfile …");
  put("boot/efi/EFI/debian/notes", "kept");
  put("boot/efi/efi/BOOT/fbx64.efi", "fallback");
  apply(recipe::UkiMode::Create);
  EXPECT_THAT(esp_.files(),
              ElementsAre("EFI/BOOT/BOOTX64.EFI", "EFI/Linux/vmlinuz-6.12-a.efi", "EFI/Linux/vmlinuz-6.9-a.efi",
                          "EFI/debian/notes", "EFI/systemd/systemd-bootx64.efi", "loader/loader.conf"));
  EXPECT_EQ(text("boot/efi/EFI/BOOT/BOOTX64.EFI"), "systemd-boot");
  EXPECT_EQ(command_line("boot/efi/EFI/Linux/vmlinuz-6.12-a.efi"), "root=UUID=of-the-disk ro");
}

TEST_F(Ukis, WhatIsThereIsReplacedAndItsArgumentsAndThoseOfItsAddonsStay) {
  put_grub();
  apply(recipe::UkiMode::Create, {"one"});
  put("boot/grub/grub.cfg", "linux /boot/vmlinuz-6.12-a $computed\n");  // no longer asked
  std::string addon;
  uki::write_with_command_line([&](ByteView piece) { addon += as_text(piece); }, as_bytes(uki::sample_pe()), "a",
                               "two");
  put("boot/efi/EFI/Linux/vmlinuz-6.12-a.efi.extra.d/a.addon.efi", addon);
  put("boot/efi/EFI/Linux/old.efi", text("boot/efi/EFI/Linux/vmlinuz-6.9-a.efi"));
  apply(recipe::UkiMode::Create, {"three"});
  EXPECT_EQ(command_line("boot/efi/EFI/Linux/vmlinuz-6.12-a.efi"), "root=UUID=abc ro quiet one two three");
  EXPECT_FALSE(exists("boot/efi/EFI/Linux/old.efi"));
  EXPECT_FALSE(exists("boot/efi/EFI/Linux/vmlinuz-6.12-a.efi.extra.d/a.addon.efi"));
}

TEST_F(Ukis, ModifyChangesTheCommandLineOrTheAddonAndNothingElse) {
  put_grub();
  apply(recipe::UkiMode::Create);
  const std::string main = "boot/efi/EFI/Linux/vmlinuz-6.12-a.efi";
  const std::string before = text(main);
  apply(recipe::UkiMode::Modify, {"audit=0 quiet"});
  const std::string after = text(main);
  const auto view = uki::parse_uki(as_bytes(after), "x");
  EXPECT_EQ(view.cmdline, "root=UUID=abc ro quiet audit=0");
  EXPECT_EQ(as_text(view.initrd), "initrd of 6.12");
  EXPECT_EQ(text("etc/kernel/cmdline"), "root=UUID=abc ro quiet audit=0\n");

  std::string addon;
  uki::write_with_command_line([&](ByteView piece) { addon += as_text(piece); }, as_bytes(uki::sample_pe()), "a",
                               "two");
  put(main + ".extra.d/a.addon.efi", addon);
  apply(recipe::UkiMode::Modify, {"four"});
  EXPECT_EQ(text(main), after);
  const std::string changed = text(main + ".extra.d/a.addon.efi");
  EXPECT_EQ(as_text(*uki::find_section(as_bytes(changed), uki::parse_pe(as_bytes(changed), "a"), ".cmdline")),
            "two four");
}

// What systemd-stub hands on holds for what it measures, whatever was said before.
TEST_F(Ukis, EachImageThatIsMadeOrChangedGetsPoliciesForWhatItMeasures) {
  put_grub();
  const std::string main = "boot/efi/EFI/Linux/vmlinuz-6.12-a.efi";
  const auto check = [&](const PrivateKey& key) {
    const std::string bytes = text(main);
    const auto image = uki::parse_pe(as_bytes(bytes), main);
    EXPECT_EQ(as_text(uki::find_section(as_bytes(bytes), image, ".pcrpkey").value()), key.public_pem());
    EXPECT_EQ(as_text(uki::find_section(as_bytes(bytes), image, ".pcrsig").value()),
              signed_policies(key, as_bytes(bytes), main));
  };
  pcr_key_ = &sample_signer().key;
  apply(recipe::UkiMode::Create);
  check(*pcr_key_);
  apply(recipe::UkiMode::Modify, {"audit=0"});
  EXPECT_EQ(command_line(main), "root=UUID=abc ro quiet audit=0");
  check(*pcr_key_);
  pcr_key_ = &other_signer().key;
  apply(recipe::UkiMode::Modify);
  check(*pcr_key_);

  std::string addon;
  uki::write_with_command_line([&](ByteView piece) { addon += as_text(piece); }, as_bytes(uki::sample_pe()), "a",
                               "two");
  put(main + ".extra.d/a.addon.efi", addon);
  pcr_key_ = &sample_signer().key;
  apply(recipe::UkiMode::Modify, {"four"});
  EXPECT_EQ(command_line(main), "root=UUID=abc ro quiet audit=0");
  check(*pcr_key_);
  const std::string changed = text(main + ".extra.d/a.addon.efi");
  const auto image = uki::parse_pe(as_bytes(changed), "a");
  EXPECT_EQ(as_text(*uki::find_section(as_bytes(changed), image, ".cmdline")), "two four");
  EXPECT_FALSE(uki::find_section(as_bytes(changed), image, ".pcrsig"));
}

TEST_F(Ukis, ABaseThatHasThemNeedsARecipeThatSaysWhatBecomesOfThem) {
  put("boot/efi/efi/linux/DEBIAN.EFI", "a unified kernel image");
  try {
    check_uki_mode(recipe_, &esp_, false);
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_THAT(error.message(), HasSubstr("the recipe has no 'os.uki'"));
  }
  recipe_.os.uki = recipe::UkiMode::Passthrough;
  check_uki_mode(recipe_, &esp_, false);
}

TEST_F(Ukis, WhatIsMissingIsNamed) {
  EXPECT_THAT(refusal(recipe::UkiMode::Modify), HasSubstr("no unified kernel image in EFI/Linux"));
  EXPECT_THAT(refusal(recipe::UkiMode::Create), HasSubstr("no grub.cfg and no boot loader entries"));
  put_grub();
  fs::remove(folder_.path() / "usr/lib/systemd/boot/efi/systemd-bootx64.efi");
  EXPECT_THAT(refusal(recipe::UkiMode::Create),
              HasSubstr("the image has no /usr/lib/systemd/boot/efi/systemd-bootx64.efi"));
  fs::remove(folder_.path() / "usr/lib/systemd/boot/efi/linuxx64.efi.stub");
  EXPECT_THAT(refusal(recipe::UkiMode::Create),
              HasSubstr("the image has no /usr/lib/systemd/boot/efi/linuxx64.efi.stub"));
  put("boot/vmlinuz-6.12-a", "no program");
  EXPECT_THAT(refusal(recipe::UkiMode::Create), HasSubstr("cannot read UEFI program 'boot/vmlinuz-6.12-a'"));
  fs::remove_all(folder_.path() / "boot");
  EXPECT_THAT(refusal(recipe::UkiMode::Create), HasSubstr("there is no kernel in /boot"));
  recipe_.os.uki = recipe::UkiMode::Create;
  EXPECT_THROW(check_uki_mode(recipe_, nullptr, false), Error);
}

}  // namespace
}  // namespace keelson::factory
