#include "factory/secure_boot.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/error.h"
#include "crypto/sample_signer.h"
#include "formats/uki/authenticode.h"
#include "formats/uki/sample_pe.h"
#include "sys/file.h"
#include "sys/temp_dir.h"
#include "trust/key_set.h"

namespace keelson::factory {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr std::int64_t kNow = 1'800'000'000;

// Made once: RSA keys take a while.
const fs::path& sample_keys() {
  static const TempDir dir("keelson-test");
  static const fs::path folder = [] {
    const fs::path made = dir.path() / "keys";
    trust::create_key_set(made, {.now = kNow});
    return made;
  }();
  return folder;
}

recipe::Recipe sample_recipe() {
  recipe::Recipe recipe;
  recipe.os.secure_boot = recipe::SecureBoot{.key = sample_keys() / "db.key",
                                             .certificate = sample_keys() / "db.crt",
                                             .enroll_keys = sample_keys(),
                                             .enroll_mode = "force"};
  return recipe;
}

Bytes bytes_of(std::string_view text) { return {as_bytes(text).begin(), as_bytes(text).end()}; }

std::string refusal(const recipe::Recipe& recipe, std::int64_t now = kNow) {
  try {
    read_secure_boot(recipe, now);
  } catch (const Error& error) {
    return error.message();
  }
  return "no error";
}

TEST(SecureBoot, SignsProgramsAndAddsWhatEnrollsTheKeys) {
  SilentReporter reporter;
  const auto secure_boot = read_secure_boot(sample_recipe(), kNow);
  ASSERT_TRUE(secure_boot);
  const TempDir dir("keelson-test");
  write_file(dir.path() / "kernel.efi", uki::sample_pe());
  std::vector<image::EspFile> esp{{.path = "EFI/BOOT/BOOTX64.EFI", .source = {}, .content = bytes_of(uki::sample_pe())},
                                  {.path = "EFI/Linux/kernel.efi", .source = dir.path() / "kernel.efi", .content = {}},
                                  {.path = "loader/loader.conf", .source = {}, .content = bytes_of("timeout 0\n")}};
  sign_boot_files(*secure_boot, esp, reporter);
  const auto certificate = read_certificate(sample_keys() / "db.crt");
  for (std::size_t i = 0; i < 2; ++i)
    EXPECT_TRUE(uki::is_program_signed_by(esp[i].content.value(), esp[i].path, certificate));
  EXPECT_EQ(as_text(*esp[2].content), "timeout 0\nsecure-boot-enroll force\n");
  std::vector<std::string> paths;
  for (const auto& file : esp) paths.push_back(file.path);
  EXPECT_THAT(paths, testing::IsSupersetOf(
                         {"loader/keys/auto/PK.auth", "loader/keys/auto/KEK.auth", "loader/keys/auto/db.auth"}));
}

TEST(SecureBoot, ARecipeWithoutItAsksForNothing) { EXPECT_FALSE(read_secure_boot({}, kNow)); }

TEST(SecureBoot, KeysThatDoNotFitAreRefused) {
  recipe::Recipe recipe = sample_recipe();
  recipe.os.secure_boot->key = sample_keys() / "KEK.key";
  EXPECT_THAT(refusal(recipe), HasSubstr("is for another key"));
  EXPECT_THAT(refusal(sample_recipe(), kNow - 1), HasSubstr("is not valid before"));
  EXPECT_THAT(refusal(sample_recipe(), kNow + 3651 * 86400LL), HasSubstr("has expired on"));
  recipe = sample_recipe();
  recipe.os.secure_boot->key = sample_keys() / "KEK.key";
  recipe.os.secure_boot->certificate = sample_keys() / "KEK.crt";
  EXPECT_THAT(refusal(recipe), HasSubstr("their db does not hold certificate"));
}

TEST(SecureBoot, LoaderSettingsKeepTheirOtherLines) {
  EXPECT_EQ(with_enrollment("", "if-safe"), "secure-boot-enroll if-safe\n");
  EXPECT_EQ(with_enrollment("a 1\nsecure-boot-enroll off\nb 2", "manual"), "a 1\nb 2\nsecure-boot-enroll manual\n");
}

}  // namespace
}  // namespace keelson::factory
