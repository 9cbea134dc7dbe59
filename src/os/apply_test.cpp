#include "os/apply.h"

#include "base/error.h"
#include "os/test_root.h"

namespace keelson::os {
namespace {

class Apply : public RootTest {};

TEST_F(Apply, AUnitThatTheRecipeCopiesCanBeEnabledByIt) {
  SilentReporter reporter;
  recipe::Os os{.hostname = "host"};
  os.additional_files.push_back(
      {.content = "[Install]\nWantedBy=multi-user.target\n", .destination = "/etc/systemd/system/mine.service"});
  os.services.enable = {"mine"};
  os.groups = {{"team", std::nullopt}};
  os.modules = {{"loop", recipe::ModuleLoadMode::Always, {}}};
  apply_os(os, root_, {}, reporter);
  EXPECT_EQ(root_.read_link("etc/systemd/system/multi-user.target.wants/mine.service"),
            "/etc/systemd/system/mine.service");
  EXPECT_EQ(root_.read("etc/group"), "team:x:1000:\n");
  EXPECT_EQ(root_.read("etc/hostname"), "host\n");
  EXPECT_EQ(root_.read("etc/modules-load.d/modules-load.conf"), "loop\n");
}

TEST_F(Apply, AnErrorNamesTheEntry) {
  SilentReporter reporter;
  recipe::Os os;
  os.services.enable = {"missing"};
  try {
    apply_os(os, root_, {}, reporter);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.context().at(0), "enabling 'os.services.enable[0]'");
  }
}

}  // namespace
}  // namespace keelson::os
