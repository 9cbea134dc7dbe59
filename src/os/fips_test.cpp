#include "os/fips.h"

#include <gmock/gmock.h>

#include "base/error.h"
#include "os/test_root.h"

namespace keelson::os {
namespace {

using testing::HasSubstr;

constexpr std::string_view kDebian =
    "HOME = .\nopenssl_conf = openssl_init # the start\n\n[openssl_init]\nproviders = provider_sect\n\n"
    "[provider_sect]\ndefault = default_sect\n\n[ca]\nopenssl_conf = not_this";
constexpr std::string_view kModule = "[fips_sect]\nactivate = 1\nmodule-mac = 23:F5\n";

class Fips : public RootTest {
 protected:
  void SetUp() override {
    RootTest::SetUp();
    if (IsSkipped()) return;
    put("usr/bin/openssl", "a program", 0755);
    put("usr/lib/x86_64-linux-gnu/ossl-modules/fips.so", "a module");
    put("etc/ssl/openssl.cnf", kDebian);
    put("usr/lib/systemd/system/multi-user.target", "");
    put("etc/apt/apt.conf.d/70debconf", "");
    put("boot/config-6.12.1", "CONFIG_CRYPTO=y\nCONFIG_CRYPTO_FIPS=y\n");
  }

  void replace_openssl_config(std::string_view text) { put("etc/ssl/openssl.cnf", text); }

  std::string message() {
    try {
      require_fips(root_);
    } catch (const Error& error) {
      return error.message() + " | " + error.hint();
    }
    return "";
  }

  std::string everything() const {
    std::string text;
    for (const auto path :
         {std::string_view("etc/ssl/openssl.cnf"), kFipsModuleConfig, kFipsConfig, kFipsUnit, kFipsAptHook})
      text += root_.find_text(path).value_or("none\n");
    return text;
  }
};

TEST_F(Fips, TheProviderIsWhatEveryProgramGets) {
  bind_fips(root_, kModule, {});
  EXPECT_TRUE(is_fips_enabled(root_));
  EXPECT_EQ(root_.read("etc/ssl/openssl.cnf"),
            std::string(kDebian) +
                "\n# FIPS mode, as the image's recipe says (os.fips.mode).\n.include /etc/ssl/fips-mode.cnf\n");
  EXPECT_EQ(root_.read(kFipsModuleConfig), kModule);
  const std::string mode = root_.read(kFipsConfig);
  EXPECT_THAT(mode, HasSubstr(".include /etc/ssl/fipsmodule.cnf\n"));
  EXPECT_THAT(mode, HasSubstr("[openssl_init]\nproviders = fips_mode_providers\n"));  // as openssl.cnf calls it
  EXPECT_THAT(mode, HasSubstr("default_properties = fips=yes\n"));
}

TEST_F(Fips, ItIsTestedAtBootAndAfterApt) {
  bind_fips(root_, kModule, {});
  EXPECT_THAT(root_.read(kFipsUnit), HasSubstr("-module /usr/lib/x86_64-linux-gnu/ossl-modules/fips.so\n"));
  EXPECT_EQ(root_.read_link("usr/lib/systemd/system/multi-user.target.wants/fips-self-test.service"),
            "../fips-self-test.service");
  EXPECT_THAT(root_.read(kFipsAptHook), HasSubstr("OPENSSL_CONF=/dev/null /usr/bin/openssl fipsinstall"));
}

TEST_F(Fips, TwiceIsOnceAndTakingItBackLeavesTheBytesThatWereThere) {
  const std::string before = everything();
  bind_fips(root_, kModule, {});
  const std::string enabled = everything();
  bind_fips(root_, kModule, {});
  EXPECT_EQ(everything(), enabled);
  suspend_fips(root_);
  EXPECT_EQ(root_.read("etc/ssl/openssl.cnf"), kDebian);
  bind_fips(root_, kModule, {});
  EXPECT_EQ(everything(), enabled);
  disable_fips(root_);
  EXPECT_EQ(everything(), before);
  EXPECT_FALSE(is_fips_enabled(root_));
  EXPECT_FALSE(root_.status("usr/lib/systemd/system/multi-user.target.wants/fips-self-test.service"));
  disable_fips(root_);
  EXPECT_EQ(everything(), before);
}

TEST_F(Fips, AnotherModuleIsTakenOnlyFromAPackage) {
  bind_fips(root_, kModule, {});
  const std::string_view other = "[fips_sect]\nactivate = 1\nmodule-mac = 42:00\n";
  EXPECT_THROW(bind_fips(root_, other, {}), Error);
  EXPECT_EQ(root_.read(kFipsModuleConfig), kModule);
  bind_fips(root_, other, {.new_module = true});
  EXPECT_EQ(root_.read(kFipsModuleConfig), other);
  // Another version of OpenSSL may write other settings for the same module.
  bind_fips(root_, "[fips_sect]\nsecurity-checks = 1\nmodule-mac = 42:00\n", {});
}

TEST_F(Fips, AConfigurationWithoutAStartSectionGetsOne) {
  replace_openssl_config("[default]\nopenssl_conf =\n[ca]\nx = y\n");
  bind_fips(root_, kModule, {});
  EXPECT_THAT(root_.read(kFipsConfig), HasSubstr("openssl_conf = fips_mode\n"));
  EXPECT_THAT(root_.read(kFipsConfig), HasSubstr("[fips_mode]\nproviders"));
}

TEST_F(Fips, AStartSectionThatIsNoPlainNameIsRefusedBeforeAnythingIsWritten) {
  for (const auto* name : {"${ENV::x}", "a]b", "a b"}) {
    replace_openssl_config(std::string("openssl_conf = ") + name + "\n");
    EXPECT_THROW(bind_fips(root_, kModule, {}), Error) << name;
    EXPECT_FALSE(root_.exists(kFipsModuleConfig));
  }
  replace_openssl_config("[\n[]\n[a\n=\n=x\nopenssl_conf\n");  // nonsense names no section
  EXPECT_NO_THROW(bind_fips(root_, kModule, {}));
}

TEST_F(Fips, WhatIsMissingIsNamed) {
  EXPECT_EQ(message(), "");
  put("boot/config-6.13.0", "# CONFIG_CRYPTO_FIPS is not set\n");
  EXPECT_THAT(message(), HasSubstr("the kernel 6.13.0 is built without CONFIG_CRYPTO_FIPS"));
  root_.remove("etc/ssl/openssl.cnf");
  EXPECT_THAT(message(), HasSubstr("the image has no /etc/ssl/openssl.cnf | add openssl to os.packages.install"));
  root_.remove("usr/bin/openssl");
  EXPECT_THAT(message(), HasSubstr("the image has no /usr/bin/openssl | add openssl to os.packages.install"));
  root_.remove("usr/lib/x86_64-linux-gnu/ossl-modules/fips.so");
  EXPECT_EQ(message(),
            "cannot set 'os.fips.mode: enabled': the image has no FIPS provider of OpenSSL (ossl-modules/fips.so) | "
            "add openssl-provider-fips to os.packages.install");
}

}  // namespace
}  // namespace keelson::os
