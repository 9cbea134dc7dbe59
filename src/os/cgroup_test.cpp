#include "os/cgroup.h"

#include <gmock/gmock.h>

#include "base/error.h"
#include "os/test_root.h"

namespace keelson::os {
namespace {

class Cgroup : public RootTest {
 protected:
  void check(recipe::CgroupVersion version) {
    recipe::Os os;
    os.cgroup = version;
    check_cgroup(os, root_);
  }
  void expect_refused(const std::string& why) {
    EXPECT_THAT([&] { check(recipe::CgroupVersion::V1); }, testing::ThrowsMessage<Error>(testing::HasSubstr(why)));
  }
};

TEST_F(Cgroup, Version1NeedsAKernelThatHasIt) {
  put("usr/lib/systemd/libsystemd-shared-252.so", "");
  put("boot/config-6.1.0", "CONFIG_MEMCG=y\nCONFIG_CPUSETS=y\n");
  check(recipe::CgroupVersion::V1);
  put("boot/config-6.12.1", "CONFIG_MEMCG=y\n# CONFIG_MEMCG_V1 is not set\n");
  expect_refused("the kernel 6.12.1 is built without CONFIG_MEMCG_V1");
  check(recipe::CgroupVersion::V2);
}

TEST_F(Cgroup, Version1NeedsASystemdThatHasIt) {
  put("boot/config-6.12.1", "CONFIG_MEMCG_V1=y\nCONFIG_CPUSETS_V1=y\n");
  put("usr/lib/x86_64-linux-gnu/systemd/libsystemd-shared-257.9-1.so", "");
  check(recipe::CgroupVersion::V1);
  root_.remove("usr/lib/x86_64-linux-gnu/systemd/libsystemd-shared-257.9-1.so");
  put("usr/lib/x86_64-linux-gnu/systemd/libsystemd-shared-258.so", "");
  expect_refused("systemd 258 has no version 1 any more");
}

}  // namespace
}  // namespace keelson::os
