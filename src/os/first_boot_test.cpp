#include "os/first_boot.h"

#include "os/test_root.h"

namespace keelson::os {
namespace {

class FirstBoot : public RootTest {};

TEST_F(FirstBoot, NothingIsLeftToAsk) {
  put("etc/passwd", "root::0:0:root:/root:/bin/bash\n");
  put("etc/machine-id", "0123456789abcdef0123456789abcdef\n");
  prepare_first_boot(root_, 86400 * 100);
  EXPECT_EQ(root_.read("etc/machine-id"), "uninitialized\n");
  EXPECT_EQ(mode("etc/machine-id"), 0444u);
  EXPECT_EQ(root_.read("etc/locale.conf"), "LANG=C.UTF-8\n");
  EXPECT_TRUE(root_.exists("etc/vconsole.conf"));
  EXPECT_TRUE(root_.exists("etc/hosts"));
  EXPECT_EQ(root_.read_link("etc/localtime"), "../usr/share/zoneinfo/Etc/UTC");
  EXPECT_EQ(root_.read("etc/passwd"), "root:x:0:0:root:/root:/bin/bash\n");
  EXPECT_EQ(root_.read("etc/shadow"), "root:*:100:0:99999:7:::\n");
}

TEST_F(FirstBoot, WhatTheRecipeSetIsKept) {
  put("etc/passwd", "root:x:0:0:root:/root:/bin/bash\n");
  put("etc/shadow", "root:$y$hash:50:0:99999:7:::\n");
  put("etc/locale.conf", "LANG=de_DE.UTF-8\n");
  root_.link("../usr/share/zoneinfo/Europe/Berlin", "etc/localtime");
  prepare_first_boot(root_, 86400 * 100);
  EXPECT_EQ(root_.read("etc/shadow"), "root:$y$hash:50:0:99999:7:::\n");
  EXPECT_EQ(root_.read("etc/locale.conf"), "LANG=de_DE.UTF-8\n");
  EXPECT_EQ(root_.read_link("etc/localtime"), "../usr/share/zoneinfo/Europe/Berlin");
}

TEST_F(FirstBoot, TheDayOfTheBuildDoesNotStayInShadow) {
  put("etc/shadow", "daemon:*:20780:0:99999:7:::\nold:*:99:0:99999:7:::\nnone:*::0:99999:7:::\n");
  prepare_first_boot(root_, 86400 * 100);
  EXPECT_EQ(root_.read("etc/shadow"), "daemon:*:100:0:99999:7:::\nold:*:99:0:99999:7:::\nnone:*::0:99999:7:::\n");
}

TEST_F(FirstBoot, PresetsSayWhatTheRecipeSaidOfServices) {
  put("etc/machine-id", "uninitialized\n");
  keep_services_at_first_boot(root_, {.enable = {"chrony", "x.timer"}, .disable = {"apt-daily.timer"}});
  EXPECT_EQ(root_.read(kRecipePreset), "disable apt-daily.timer\nenable chrony.service\nenable x.timer\n");
  keep_services_at_first_boot(root_, {.enable = {"apt-daily.timer"}, .disable = {"chrony"}});
  EXPECT_EQ(root_.read(kRecipePreset), "disable chrony.service\nenable apt-daily.timer\nenable x.timer\n");
}

TEST_F(FirstBoot, AnImageThatHasBootedGetsNoPresets) {
  for (const auto* id : {"0123456789abcdef0123456789abcdef\n", ""}) {  // an empty one is filled, and no first boot
    put("etc/machine-id", id);
    keep_services_at_first_boot(root_, {.disable = {"apt-daily.timer"}});
    EXPECT_FALSE(root_.exists(kRecipePreset));
  }
}

}  // namespace
}  // namespace keelson::os
