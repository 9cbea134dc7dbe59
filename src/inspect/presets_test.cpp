#include "inspect/presets.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "inspect/inspect.h"
#include "inspect/sample_system.h"
#include "sys/temp_dir.h"

namespace keelson::inspect {
namespace {

using nlohmann::json;

constexpr const char* kUnit = "[Unit]\nDescription=a\n[Install]\nWantedBy=multi-user.target\n";

class Presets : public testing::Test {
 protected:
  Presets() {
    put_file(root_, "etc/os-release", "ID=a\n");
    put_file(root_, "etc/machine-id", "uninitialized\n");
    for (const char* name : {"a.service", "b.service", "c.timer", "d@.service"}) unit(name, kUnit);
    unit("static.service", "[Unit]\nWantedBy=nothing\n");
    unit("alias-only.service", "[Install]\nAlias=other.service\n");
    put_link(root_, "usr/lib/systemd/system/alias.service", "a.service");
  }

  void unit(const std::string& name, const std::string& text) {
    put_file(root_, "usr/lib/systemd/system/" + name, text);
  }
  void preset(const std::string& folder, const std::string& name, const std::string& text) {
    put_file(root_, folder + "/systemd/system-preset/" + name, text);
  }
  json units() const { return inspect({.target = root_})["units"]; }

  TempDir folder_{"presets-test"};
  std::filesystem::path root_ = folder_.path() / "root";
};

TEST_F(Presets, WithoutARuleEveryUnitThatCanBeIsEnabledByTheFirstBoot) {
  EXPECT_EQ(units()["firstBoot"], json({"a.service", "b.service", "c.timer"}));
}

TEST_F(Presets, TheFirstRuleThatFitsCounts) {
  preset("usr/lib", "90-distribution.preset", "# enable b.service\nenable b.*\ndisable *\n");
  preset("etc", "10-ours.preset", "ignore a.service\n; x\nenable c.timer\n");
  const json found = units();
  EXPECT_EQ(found["firstBoot"], json({"b.service", "c.timer"}));
  EXPECT_EQ(found["presets"], json({"/etc/systemd/system-preset/10-ours.preset",
                                    "/usr/lib/systemd/system-preset/90-distribution.preset"}));
}

TEST_F(Presets, AFileOfTheSameNameInEtcTakesThePlaceOfThePackages) {
  preset("usr/lib", "90-a.preset", "disable *\n");
  put_link(root_, "etc/systemd/system-preset/90-a.preset", "/dev/null");
  const json found = units();
  EXPECT_EQ(found["presets"], json::array());
  EXPECT_EQ(found["firstBoot"].size(), 3U);
}

TEST_F(Presets, WhatIsEnabledOrMaskedAlreadyIsNotToldAgain) {
  put_link(root_, "etc/systemd/system/multi-user.target.wants/a.service", "/usr/lib/systemd/system/a.service");
  put_link(root_, "etc/systemd/system/b.service", "/dev/null");
  EXPECT_EQ(units()["firstBoot"], json({"c.timer"}));
}

TEST_F(Presets, ASystemThatHasBootedBeforeHasNoFirstBoot) {
  put_file(root_, "etc/machine-id", "0123456789abcdef0123456789abcdef\n");
  EXPECT_FALSE(units().contains("firstBoot"));
}

}  // namespace
}  // namespace keelson::inspect
