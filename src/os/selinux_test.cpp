#include "os/selinux.h"

#include <gmock/gmock.h>

#include "base/error.h"
#include "os/test_root.h"

namespace keelson::os {
namespace {

using enum recipe::SelinuxMode;
using testing::ElementsAre;

class Selinux : public RootTest {
 protected:
  void put_policy(std::string_view type = "default") {
    put("etc/selinux/config", fmt::format("# SELINUX= can be\nSELINUX=permissive\nSELINUXTYPE={}\n", type));
    put("etc/selinux/default/policy/policy.33", "compiled");
    put("etc/selinux/default/contexts/files/file_contexts", "/.*\tu:o:default_t:s0\n/bin/x\tu:o:bin_t:s0\n");
    put("etc/selinux/default/contexts/files/file_contexts.subs_dist", "/sbin /bin\n");
  }

  std::string refusal(recipe::SelinuxMode mode) {
    try {
      apply_selinux_mode(mode, root_);
    } catch (const Error& error) {
      EXPECT_EQ(error.hint(), "add selinux-policy-default to os.packages.install");
      return error.message();
    }
    return "";
  }
};

TEST_F(Selinux, TheModeIsWrittenIntoItsConfiguration) {
  put_policy();
  apply_selinux_mode(Enforcing, root_);
  EXPECT_EQ(root_.read("etc/selinux/config"), "# SELINUX= can be\nSELINUX=enforcing\nSELINUXTYPE=default\n");
  apply_selinux_mode(ForceEnforcing, root_);
  EXPECT_EQ(root_.read("etc/selinux/config"), "# SELINUX= can be\nSELINUX=enforcing\nSELINUXTYPE=default\n");
  apply_selinux_mode(Disabled, root_);
  EXPECT_EQ(root_.read("etc/selinux/config"), "# SELINUX= can be\nSELINUX=disabled\nSELINUXTYPE=default\n");
}

TEST_F(Selinux, WithoutAPolicyOnlyDisabledIsPossible) {
  EXPECT_EQ(refusal(Enforcing),
            "cannot set 'os.selinux.mode': the image has no SELinux policy (no /etc/selinux/config)");
  EXPECT_EQ(refusal(Disabled), "");
  EXPECT_FALSE(root_.exists("etc/selinux/config"));
}

TEST_F(Selinux, APolicyIsWholeOrRefused) {
  put_policy("mls");
  EXPECT_EQ(refusal(Permissive),
            "cannot set 'os.selinux.mode': the image has no /etc/selinux/mls/contexts/files/file_contexts");
  put_policy("../../etc");
  EXPECT_EQ(refusal(Permissive), "cannot set 'os.selinux.mode': /etc/selinux/config names no policy, but '../../etc'");
  put_policy();
  root_.remove("etc/selinux/default/policy/policy.33");
  EXPECT_EQ(refusal(Permissive),
            "cannot set 'os.selinux.mode': no compiled policy is in the image's /etc/selinux/default/policy");
}

TEST_F(Selinux, TheKernelIsToldTheModeOnlyWhenItIsForced) {
  EXPECT_THAT(selinux_arguments(Disabled), ElementsAre("selinux=0"));
  EXPECT_THAT(selinux_arguments(Permissive), ElementsAre("security=selinux", "selinux=1"));
  EXPECT_THAT(selinux_arguments(Enforcing), ElementsAre("security=selinux", "selinux=1"));
  EXPECT_THAT(selinux_arguments(ForceEnforcing), ElementsAre("security=selinux", "selinux=1", "enforcing=1"));
}

TEST_F(Selinux, LabelsComeFromTheTextsOfThePolicy) {
  put_policy();
  put("etc/selinux/default/contexts/files/file_contexts.bin", "not to be trusted");
  const auto contexts = read_file_contexts(root_);
  EXPECT_EQ(contexts.find("/sbin/x", file_contexts::FileKind::File), "u:o:bin_t:s0");
  EXPECT_EQ(contexts.find("/other", file_contexts::FileKind::File), "u:o:default_t:s0");
}

}  // namespace
}  // namespace keelson::os
