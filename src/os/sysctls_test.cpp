#include "os/sysctls.h"

#include <gmock/gmock.h>

#include "base/error.h"
#include "os/test_root.h"

namespace keelson::os {
namespace {

class Sysctls : public RootTest {};

TEST_F(Sysctls, AreWrittenInOrderOverEarlierOnes) {
  put("usr/lib/systemd/systemd-sysctl", "");
  apply_sysctls({{"net.ipv4.ip_forward", "1"}, {"kernel.kptr_restrict", "2"}}, root_);
  EXPECT_EQ(
      root_.read(kSysctlFile),
      "# Kernel settings from the image's recipe (os.sysctls).\nkernel.kptr_restrict = 2\nnet.ipv4.ip_forward = 1\n");
  apply_sysctls({{"kernel.kptr_restrict", "1"}, {"net.ipv4.tcp_rmem", "4096 131072 6291456"}}, root_);
  EXPECT_EQ(
      root_.read(kSysctlFile),
      "# Kernel settings from the image's recipe (os.sysctls).\nkernel.kptr_restrict = 1\nnet.ipv4.ip_forward = 1\n"
      "net.ipv4.tcp_rmem = 4096 131072 6291456\n");
}

TEST_F(Sysctls, NeedSomebodyWhoAppliesThem) {
  apply_sysctls({}, root_);
  EXPECT_FALSE(root_.exists(kSysctlFile));
  EXPECT_THAT(
      [&] {
        apply_sysctls({{"a.b", "1"}}, root_);
      },
      testing::ThrowsMessage<Error>(testing::HasSubstr("systemd-sysctl")));
}

}  // namespace
}  // namespace keelson::os
