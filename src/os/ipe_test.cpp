#include "os/ipe.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/text.h"
#include "os/test_root.h"

namespace keelson::os {
namespace {

class Ipe : public RootTest {};

TEST_F(Ipe, APolicyLiesWherePidOneLooksForItUnderItsOwnName) {
  const std::string name = require_ipe_policy_name(default_ipe_policy(), "own");
  EXPECT_EQ(name, "keelson");
  install_ipe_policy(root_, name, as_bytes(std::string_view("signed")));
  EXPECT_EQ(root_.read("usr/lib/ipe/keelson.p7b"), "signed");
}

TEST_F(Ipe, ANameThatMakesNoFileIsRefused) {
  EXPECT_EQ(require_ipe_policy_name("policy_version=0.0.1 policy_name=a-b_1\nDEFAULT action=DENY\n", "x"), "a-b_1");
  for (const std::string_view text :
       {"", "DEFAULT action=DENY\npolicy_name=late\n", "policy_name= policy_version=1.0.0\n",
        "policy_name=../../etc/x policy_version=1.0.0\n", "policy_name=a.b policy_version=1.0.0\n"})
    EXPECT_THROW(require_ipe_policy_name(text, "x"), Error) << text;
  EXPECT_THROW(require_ipe_policy_name("policy_name=" + std::string(201, 'a'), "x"), Error);
}

TEST_F(Ipe, AKernelOrSystemdThatWouldNotApplyItIsRefused) {
  const auto refusal = [&]() -> std::string {
    try {
      check_loads_ipe_policies(root_);
      return "accepted";
    } catch (const Error& error) {
      return error.message();
    }
  };
  EXPECT_EQ(refusal(), "accepted");  // nothing tells
  put("boot/config-6.12", "CONFIG_X=y\nCONFIG_SECURITY_IPE=y\n");
  put("usr/lib/x86_64-linux-gnu/systemd/libsystemd-core-257.so", "");
  EXPECT_EQ(refusal(), "accepted");
  put("boot/config-6.1", "# CONFIG_SECURITY_IPE is not set\n");
  EXPECT_EQ(refusal(), "cannot apply 'os.ipe': the kernel 6.1 is built without it");
  root_.remove("boot/config-6.1");
  put("usr/lib/x86_64-linux-gnu/systemd/libsystemd-core-252.so", "");
  EXPECT_EQ(refusal(), "cannot apply 'os.ipe': systemd 252 loads no policies");
}

// What is not said is denied: a kernel to start by kexec, keys, policies of IMA.
TEST_F(Ipe, KeelsonsPolicyAllowsOnlyWhatIsVerified) {
  std::size_t rules = 0;
  for (const auto line : split(default_ipe_policy(), '\n')) {
    if (!line.starts_with("op=")) continue;
    ++rules;
    EXPECT_TRUE(line.find(" boot_verified=TRUE ") != std::string_view::npos ||
                line.find(" dmverity_signature=TRUE ") != std::string_view::npos)
        << line;
  }
  EXPECT_EQ(rules, 6u);
  EXPECT_NE(default_ipe_policy().find("\nDEFAULT action=DENY\n"), std::string_view::npos);
}

}  // namespace
}  // namespace keelson::os
