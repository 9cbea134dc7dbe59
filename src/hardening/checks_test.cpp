#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "hardening/assess.h"
#include "hardening/sample_facts.h"

namespace keelson::hardening {
namespace {

const Finding* finding_of(const Assessment& assessment, const std::string& id) {
  for (const auto& finding : assessment.findings) {
    if (id_of(finding.check) == id) return &finding;
  }
  return nullptr;
}

class EveryCheck : public testing::TestWithParam<std::size_t> {
 protected:
  Finding judge(const std::string& value) const {
    const auto assessment = assess(facts_for(check_, value));
    const Finding* finding = finding_of(assessment, id_of(check_));
    return finding == nullptr ? Finding{} : *finding;
  }
  Check check_ = all_checks().at(GetParam());
};

TEST_P(EveryCheck, PassesWhereItIsSo) {
  const auto finding = judge(good_value(check_));
  EXPECT_EQ(finding.result, Result::Pass) << id_of(check_) << ": " << finding.reason;
}

TEST_P(EveryCheck, DoesNotPassWhereItIsNot) {
  const auto finding = judge(bad_value(check_));
  const bool forgiven = check_.subject == Subject::KernelOption || !check_.excused.empty();
  EXPECT_EQ(finding.result, forgiven ? Result::NotApplicable : Result::Fail) << id_of(check_) << finding.reason;
  EXPECT_EQ(finding.reason.empty(), !forgiven) << finding.reason;
}

TEST_P(EveryCheck, DoesNotPassWhereNothingIsKnown) {
  for (const auto& facts : {nlohmann::json::object(), nlohmann::json("text"), nlohmann::json()}) {
    const auto assessment = assess(facts);
    const auto* finding = finding_of(assessment, id_of(check_));
    EXPECT_NE(finding->result, Result::Pass) << id_of(check_);
  }
}

std::string test_name(const testing::TestParamInfo<std::size_t>& parameter) {
  std::string name = std::to_string(parameter.param) + id_of(all_checks()[parameter.param]);
  std::replace_if(
      name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Tables, EveryCheck, testing::Range<std::size_t>(0, all_checks().size()), test_name);

TEST(Tables, HaveNoRowTwiceAndATitleForEach) {
  std::map<std::string, int> ids;
  for (const auto& check : all_checks()) {
    ++ids[id_of(check)];
    EXPECT_FALSE(check.title.empty()) << check.name;
    EXPECT_FALSE(check.wanted.empty()) << check.name;
  }
  for (const auto& [id, count] : ids) EXPECT_EQ(count, 1) << id;
}

TEST(Tables, SayWhatACollectorMustAsk) {
  EXPECT_THAT(asked(Subject::Sysctl), testing::IsSupersetOf({"kernel.kptr_restrict", "net.ipv4.tcp_syncookies"}));
  EXPECT_THAT(asked(Subject::KernelOption),
              testing::IsSupersetOf({"CONFIG_BUG", "CONFIG_ARCH_MMAP_RND_BITS_MAX", "CONFIG_INIT_ON_FREE_DEFAULT_ON"}));
  for (const auto& path : asked(Subject::File)) EXPECT_EQ(path.find_first_of(" '\"$`"), std::string::npos) << path;
}

}  // namespace
}  // namespace keelson::hardening
