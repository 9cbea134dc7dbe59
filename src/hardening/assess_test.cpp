#include "hardening/assess.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "hardening/sample_facts.h"

namespace keelson::hardening {
namespace {

Finding find(const nlohmann::json& facts, std::string_view id) {
  for (auto& finding : assess(facts).findings) {
    if (id_of(finding.check) == id) return finding;
  }
  ADD_FAILURE() << "no check " << id;
  return {};
}

nlohmann::json with_command_line(const char* line) {
  auto facts = empty_facts();
  facts["kernel"]["commandLine"] = line;
  return facts;
}

TEST(Arguments, AreWhatTheKernelWasBuiltForWhereTheLineIsSilent) {
  auto facts = empty_facts();
  EXPECT_EQ(find(facts, "argument:init_on_alloc").result, Result::Fail);
  facts["kernel"]["configuration"]["CONFIG_INIT_ON_ALLOC_DEFAULT_ON"] = "y";
  EXPECT_EQ(find(facts, "argument:init_on_alloc").result, Result::Pass);
  EXPECT_EQ(find(facts, "argument:init_on_alloc").observed, "built in");
  facts["kernel"]["commandLine"] = "init_on_alloc=0";
  EXPECT_EQ(find(facts, "argument:init_on_alloc").result, Result::Fail);
}

TEST(Arguments, OfWhichTheLastCountsAndNoneBehindTheTwoDashes) {
  EXPECT_EQ(find(with_command_line("vsyscall=emulate vsyscall=none"), "argument:vsyscall").result, Result::Pass);
  EXPECT_EQ(find(with_command_line("vsyscall=none vsyscall=emulate"), "argument:vsyscall").result, Result::Fail);
  EXPECT_EQ(find(with_command_line("quiet -- vsyscall=none"), "argument:vsyscall").result, Result::Fail);
}

TEST(Arguments, HaveDashesAndUnderscoresForTheSame) {
  EXPECT_EQ(find(with_command_line("page-alloc.shuffle=1"), "argument:page_alloc.shuffle").result, Result::Pass);
}

TEST(Sysctls, ThatTheKernelHasNotAreNotApplicable) {
  const auto finding = find(empty_facts(), "sysctl:kernel.io_uring_disabled");
  EXPECT_EQ(finding.result, Result::NotApplicable);
  EXPECT_EQ(finding.reason, "this kernel has no such setting");
}

TEST(Mounts, TheLastOneAtAPlaceCounts) {
  auto facts = empty_facts();
  facts["mounts"] = {{{"target", "/tmp"}, {"options", "rw,nodev"}}, {{"target", "/tmp"}, {"options", "rw"}}};
  EXPECT_EQ(find(facts, "mount:/tmp:nodev").result, Result::Fail);
  EXPECT_EQ(find(facts, "mount:/home:nodev").reason, "/home is not a file system of its own");
}

TEST(KernelOptions, ThatAreBuiltOtherwiseAreCountedApart) {
  auto facts = empty_facts();
  facts["kernel"]["configuration"]["CONFIG_BUG"] = "y";
  const auto before = assess(facts);
  facts["kernel"]["configuration"]["CONFIG_VMAP_STACK"] = "n";
  EXPECT_EQ(find(facts, "option:CONFIG_VMAP_STACK").reason, "the distribution's kernel is built so");
  EXPECT_FALSE(find(facts, "option:CONFIG_VMAP_STACK").changeable);
  EXPECT_EQ(assess(facts).all.failed, before.all.failed);
  EXPECT_GT(before.built_so, 0u);
  EXPECT_GT(before.all.passed, before.settings.passed);
  EXPECT_EQ(before.all.failed, before.settings.failed);
}

TEST(KernelOptions, OfAConfigurationThatIsNotKnownFail) {
  auto facts = empty_facts();
  facts["kernel"].erase("configuration");
  const auto finding = find(facts, "option:CONFIG_BUG");
  EXPECT_EQ(finding.result, Result::Fail);
  EXPECT_EQ(finding.reason, "the facts do not tell");
}

TEST(SshSettings, MatterOnlyWhereAServerRuns) {
  auto facts = empty_facts();
  EXPECT_EQ(find(facts, "ssh:permitrootlogin").result, Result::Fail);
  facts["ssh"]["running"] = false;
  EXPECT_EQ(find(facts, "ssh:permitrootlogin").reason, "no SSH server runs");
}

TEST(AScore, IsRoundedDown) {
  EXPECT_EQ((Score{.passed = 17, .failed = 3}).percent(), 85);
  EXPECT_EQ((Score{.passed = 8499, .failed = 1501}).percent(), 84.9);
  EXPECT_EQ(Score{}.percent(), 0);
}

}  // namespace
}  // namespace keelson::hardening
