#include <gmock/gmock.h>

#include <algorithm>
#include <set>

#include "os/hardening.h"
#include "os/service_sandboxes.h"
#include "os/test_root.h"

namespace keelson::os {
namespace {

using recipe::Profile;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kBus = "usr/lib/systemd/system/dbus.service";
constexpr const char* kBusSandbox = "etc/systemd/system/dbus.service.d/50-hardening.conf";

class ServiceSandboxTest : public RootTest {
 protected:
  std::string text(std::string_view path) { return root_.find_text(path).value_or("(none)"); }
};

TEST(ServiceSandboxes, AreSortedAndNameEachUnitAndDirectiveOnce) {
  std::string_view before;
  for (const auto& sandbox : service_sandboxes()) {
    EXPECT_LT(before, sandbox.unit);
    before = sandbox.unit;
    std::set<std::string_view> names;
    for (const auto& directive : sandbox.directives) EXPECT_TRUE(names.insert(directive.name).second) << directive.name;
  }
}

TEST(ServiceSandboxes, WhatOthersInheritIsStrictAndKeepsTheMountsOfAll) {
  constexpr std::string_view kOwnView[] = {"Private", "Protect", "ReadOnly", "ReadWrite", "Inaccessible", "Root"};
  for (const auto& sandbox : service_sandboxes()) {
    for (const auto& directive : sandbox.directives) {
      EXPECT_NE(directive.name, "NoNewPrivileges") << sandbox.unit;
      if (sandbox.from != Profile::Strict) continue;
      EXPECT_TRUE(std::none_of(std::begin(kOwnView), std::end(kOwnView),
                               [&](auto prefix) { return directive.name.starts_with(prefix); }))
          << sandbox.unit << " " << directive.name;
    }
  }
}

TEST_F(ServiceSandboxTest, NothingHappensWithoutTheKeyOrTheUnits) {
  sandbox_services(Profile::Strict, root_);
  put(kBus, "[Service]\nExecStart=/usr/bin/dbus-daemon\n");
  sandbox_services(Profile::None, root_);
  EXPECT_FALSE(root_.exists("etc"));
}

TEST_F(ServiceSandboxTest, AUnitGetsWhatItDoesNotSayItself) {
  put(kBus, "[Service]\nExecStart=/usr/bin/dbus-daemon\n  PrivateTmp = no\n[Unit]\nProtectHome=yes\n");
  put("usr/lib/systemd/system/dbus.service.d/distribution.conf", "[Service]\nSystemCallFilter=\n");
  put("etc/systemd/system/service.d/all.conf", "[Service]\nLockPersonality=no\n");
  sandbox_services(Profile::Default, root_);
  const auto sandbox = text(kBusSandbox);
  EXPECT_TRUE(sandbox.starts_with("# From the image's recipe (os.hardening).\n[Service]\n"));
  EXPECT_THAT(sandbox, HasSubstr("\nProtectSystem=strict\nReadWritePaths=-/run/dbus\n"));
  EXPECT_THAT(sandbox, HasSubstr("\nProtectHome=yes\n"));  // what stood in another section did nothing
  EXPECT_THAT(sandbox, Not(HasSubstr("PrivateTmp")));
  EXPECT_THAT(sandbox, Not(HasSubstr("LockPersonality")));
  EXPECT_THAT(sandbox, Not(HasSubstr("SystemCallFilter")));
  EXPECT_THAT(sandbox, Not(HasSubstr("SystemCallErrorNumber")));  // it goes with the filter
}

TEST_F(ServiceSandboxTest, ASecondRunWritesTheSameAndAMilderOneTakesBack) {
  put(kBus, "[Service]\n");
  put("usr/lib/systemd/system/getty@.service", "[Service]\n");
  sandbox_services(Profile::Strict, root_);
  const auto first = text(kBusSandbox);
  EXPECT_THAT(text("etc/systemd/system/getty@.service.d/50-hardening.conf"), HasSubstr("LockPersonality=yes\n"));
  sandbox_services(Profile::Default, root_);
  EXPECT_EQ(text(kBusSandbox), first);
  EXPECT_FALSE(root_.exists("etc/systemd/system/getty@.service.d/50-hardening.conf"));
}

TEST_F(ServiceSandboxTest, WhatAnInstanceOfATemplateSaysStays) {
  put("usr/lib/systemd/system/serial-getty@.service", "[Service]\n");
  put("etc/systemd/system/serial-getty@ttyS0.service.d/own.conf", "[Service]\nRestrictRealtime=no\n");
  put("usr/lib/systemd/system/serial-.service.d/own.conf", "[Service]\nLockPersonality=no\n");
  sandbox_services(Profile::Strict, root_);
  const auto sandbox = text("etc/systemd/system/serial-getty@.service.d/50-hardening.conf");
  EXPECT_THAT(sandbox, HasSubstr("SystemCallArchitectures=native\n"));
  EXPECT_THAT(sandbox, Not(HasSubstr("RestrictRealtime")));
  EXPECT_THAT(sandbox, Not(HasSubstr("LockPersonality")));
}

TEST_F(ServiceSandboxTest, MaskedUnitsOtherProgramsAndFilesOfTheRecipeAreLeftAlone) {
  put("usr/lib/systemd/system/dbus-broker.service", "[Service]\n");
  put("usr/lib/systemd/system/fstrim.service", "[Service]\n");
  put("usr/lib/systemd/system/dpkg-db-backup.service", "[Service]\n");
  const std::string own = "etc/systemd/system/dpkg-db-backup.service.d/50-hardening.conf";
  put(own, "[Service]\nNice=5\n");
  root_.link("/usr/lib/systemd/system/dbus-broker.service", "etc/systemd/system/dbus.service");
  root_.link("/dev/null", "etc/systemd/system/fstrim.service");
  sandbox_services(Profile::Strict, root_);
  EXPECT_FALSE(root_.exists(kBusSandbox));
  EXPECT_FALSE(root_.exists("etc/systemd/system/fstrim.service.d"));
  EXPECT_EQ(text(own), "[Service]\nNice=5\n");
}

}  // namespace
}  // namespace keelson::os
