#include "hardening/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "hardening/sample_facts.h"

namespace keelson::hardening {
namespace {

using testing::Contains;

TEST(Report, CountsEveryCheckOnce) {
  const auto report = to_json(assess(empty_facts()));
  EXPECT_EQ(report["checks"].size(), all_checks().size());
  EXPECT_EQ(report["passed"].get<std::size_t>() + report["failed"].get<std::size_t>() +
                report["notApplicable"].get<std::size_t>(),
            all_checks().size());
  EXPECT_EQ(report["failing"].size(), report["failed"]);
}

TEST(Report, SaysTheScoreInALineAndWhatFails) {
  auto facts = empty_facts();
  facts["kernel"]["sysctls"]["kernel"]["sysrq"] = "4\x1b[31m";
  facts["hardening"] = to_json(assess(facts));
  EXPECT_THAT(summary_line(facts), testing::StartsWith("hardening: "));
  EXPECT_THAT(failing_lines(facts), Contains("sysctl:kernel.sysrq: found 4 [31m, wanted 0: magic keys do nothing"));
}

TEST(Report, OfFactsWithoutIsEmpty) {
  EXPECT_EQ(summary_line(nlohmann::json::object()), "");
  EXPECT_EQ(summary_line({{"hardening", 3}}), "");
  EXPECT_TRUE(failing_lines({{"hardening", {{"checks", {1, "a"}}}}}).empty());
}

}  // namespace
}  // namespace keelson::hardening
