#include "os/modules.h"

#include "base/error.h"
#include "os/test_root.h"

namespace keelson::os {
namespace {

using enum recipe::ModuleLoadMode;

class Modules : public RootTest {
 protected:
  void apply(const std::vector<recipe::Module>& modules) { apply_modules(modules, root_); }
};

TEST_F(Modules, EachModeChangesItsOwnFile) {
  put("etc/modprobe.d/modules-disabled.conf", "# ours\nblacklist br-netfilter\nblacklist vfio_pci\n");
  apply({{"br_netfilter", Always, {}}, {"floppy", Disable, {}}, {"kvm", Auto, {{"nested", "1"}}}});
  EXPECT_EQ(root_.read(kModulesLoadFile), "br_netfilter\n");
  EXPECT_EQ(root_.read(kModulesDisabledFile), "# ours\nblacklist vfio_pci\nblacklist floppy\n");
  EXPECT_EQ(root_.read(kModuleOptionsFile), "options kvm nested=1\n");
}

TEST_F(Modules, OptionsReplaceThoseOfTheirNameAndKeepTheOthers) {
  put("etc/modprobe.d/module-options.conf", "options vfio a=1 b=2 flag\noptions other x=y\n");
  apply({{"vfio", Inherit, {{"b", "3"}, {"c", "4"}}}});
  EXPECT_EQ(root_.read(kModuleOptionsFile), "options vfio a=1 b=3 flag c=4\noptions other x=y\n");
}

TEST_F(Modules, ApplyingTwiceChangesNothingAndNothingToSayWritesNothing) {
  apply({{"a", Inherit, {}}, {"b", Auto, {}}});
  EXPECT_FALSE(root_.exists("etc/modprobe.d"));
  apply({{"a", Always, {}}});
  apply({{"a", Always, {}}});
  EXPECT_EQ(root_.read(kModulesLoadFile), "a\n");
}

TEST_F(Modules, WhatModprobeWouldMisreadIsRefused) {
  put("etc/modprobe.d/modules-disabled.conf", "blacklist off\n");
  EXPECT_THROW(apply({{"a b", Always, {}}}), Error);
  EXPECT_THROW(apply({{"", Always, {}}}), Error);
  EXPECT_THROW(apply({{"a", Disable, {{"x", "1"}}}}), Error);
  EXPECT_THROW(apply({{"off", Inherit, {{"x", "1"}}}}), Error);
  EXPECT_THROW(apply({{"a", Auto, {{"x", "1\ninstall a /bin/sh"}}}}), Error);
  EXPECT_THROW(apply({{"a-b", Auto, {}}, {"a_b", Disable, {}}}), Error);
}

}  // namespace
}  // namespace keelson::os
