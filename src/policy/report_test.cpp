#include "policy/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace keelson::policy {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

constexpr std::int64_t kNow = 1795694400;  // 2026-11-26, noon

const json& sample() {
  static const json facts = json::parse(
      R"({"versions": {"kernel": "6.12.117+deb13-cloud-amd64"}, "cgroup": {"version": 2}, "odd": "<a & \"b\">"})");
  return facts;
}

// A rule of each verdict.
Report all_kinds() {
  const auto policy = parse_policy(
      "policy: keelson/1\nname: every & each\nrules:\n"
      "  - {id: pass, fact: cgroup.version, equals: 2}\n"
      "  - {id: fail, fact: odd, equals: plain, reason: why <it> is, hint: change it}\n"
      "  - {id: warn, fact: cgroup.version, equals: 1, severity: warning}\n"
      "  - {id: unknown, fact: nothing, known: true}\n"
      "  - {id: waived, fact: cgroup.version, equals: 1}\n"
      "  - {id: elsewhere, fact: cgroup.version, equals: 1, when: {fact: nothing, known: true}}\n"
      "waivers: [{rule: waived, owner: ada, reason: old switch, expires: 2026-12-31}]\n",
      "p");
  return judge(policy, sample(), {.now = kNow});
}

TEST(Report, PeopleSeeWhatIsWaivedAndWhatDoesNotApply) {
  const std::string table = render_report(all_kinds(), false);
  EXPECT_THAT(table, HasSubstr("~ waived     2               1\n    waiver: ada until 2026-12-31: old switch\n"));
  EXPECT_THAT(table,
              HasSubstr("- elsewhere  not applicable  1\nevery & each: 1 of 5 rules pass, 1 fails, 1 cannot be judged, "
                        "1 warning, 1 waived, 1 not applicable\n"));
}

TEST(Report, ALongDemandIsCutForPeopleAndWholeInJson) {
  const std::string pattern = "ä" + std::string(80, 'x');
  const auto policy =
      parse_policy("policy: keelson/1\nrules: [{id: a, fact: odd, noneMatches: '" + pattern + "'}]\n", "p");
  const Report report = judge(policy, sample(), {.now = kNow});
  EXPECT_THAT(render_report(report, false), HasSubstr("  none matches ä" + std::string(45, 'x') + "…\n"));
  EXPECT_EQ(report_json(report)["rows"][0]["expected"], "none matches " + pattern);
}

TEST(Report, SarifHasAResultForEveryRule) {
  const json log = sarif_json(all_kinds(), "out/a disk.raw");
  EXPECT_EQ(log["version"], "2.1.0");
  const json& run = log["runs"].at(0);
  ASSERT_EQ(run["results"].size(), 6U);
  ASSERT_EQ(run["tool"]["driver"]["rules"].size(), 6U);
  std::vector<std::string> kinds;
  for (const auto& result : run["results"]) {
    const auto& rule = run["tool"]["driver"]["rules"].at(result["ruleIndex"].get<std::size_t>());
    EXPECT_EQ(rule["id"], result["ruleId"]);
    EXPECT_EQ(result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "out/a%20disk.raw");
    kinds.push_back(result["kind"].get<std::string>() + " " + result["level"].get<std::string>());
  }
  // SARIF 2.1.0, 3.27.10: what is no "fail" has the level "none".
  EXPECT_THAT(kinds, testing::ElementsAre("pass none", "fail error", "fail warning", "fail error", "fail error",
                                          "notApplicable none"));
  EXPECT_EQ(run["results"][4]["suppressions"][0]["justification"], "ada until 2026-12-31: old switch");
  EXPECT_FALSE(run["results"][1].contains("suppressions"));
}

TEST(Report, JunitCountsWhatItHolds) {
  const std::string xml = junit_xml(all_kinds(), "out/disk.raw");
  EXPECT_THAT(xml, HasSubstr("<testsuites tests=\"6\" failures=\"2\" errors=\"0\">"));
  EXPECT_THAT(xml, HasSubstr("<testsuite name=\"every &amp; each\""));
  EXPECT_THAT(xml, HasSubstr("found &lt;a &amp; &quot;b&quot;&gt;, required plain"));
  EXPECT_THAT(xml, HasSubstr("why &lt;it&gt; is&#10;hint: change it"));
  EXPECT_THAT(xml, HasSubstr("<skipped>waived by ada until 2026-12-31: old switch</skipped>"));
}

TEST(Report, WhatXmlCannotHoldIsReplaced) {
  Report report{.policy = "p", .rows = {}};
  report.rows.push_back(
      {.id = "a", .fact = "f", .actual = "\xff\x01 \xed\xa0\x80 \xef\xbf\xbf \xc3\xa4", .expected = "x"});
  const std::string xml = junit_xml(report, "i");
  EXPECT_THAT(xml, HasSubstr("found ?? ??? ??? \xc3\xa4, required"));
  EXPECT_NO_THROW(sarif_json(report, "i").dump());
}

TEST(Report, TheTableIsAlignedAndSaysWhyAndWhatToDo) {
  const auto policy = parse_policy(
      "policy: keelson/1\nname: host\nrules:\n"
      "  - {id: kernel, fact: versions.kernel, versionAtLeast: 6.6, reason: not shown}\n"
      "  - {id: cgroup-version, fact: cgroup.version, equals: 1, reason: so it is, hint: change it}\n"
      "  - {id: runc, fact: versions.runc, known: true}\n",
      "p");
  EXPECT_EQ(render_report(judge(policy, sample(), {.now = kNow}), false),
            "  rule            found                       required\n"
            "✓ kernel          6.12.117+deb13-cloud-amd64  version 6.6 or later\n"
            "✗ cgroup-version  2                           1\n"
            "    why: so it is\n"
            "    hint: change it\n"
            "? runc            not known                   known\n"
            "host: 1 of 3 rules pass, 1 fails, 1 cannot be judged\n");
  EXPECT_THAT(render_report(judge(policy, sample(), {.now = kNow}), true),
              HasSubstr("\x1b[31m✗\x1b[0m cgroup-version"));
}

TEST(Report, JsonSaysTheSame) {
  const auto policy = parse_policy(
      "policy: keelson/1\nname: host\nrules: [{id: runc, fact: versions.runc, known: true, hint: h}]", "p");
  EXPECT_EQ(report_json(judge(policy, sample(), {.now = kNow})),
            json::parse(R"({"schema": "keelson-report/1", "policy": "host", "passed": false, "rows":
    [{"id": "runc", "fact": "versions.runc", "actual": null, "expected": "known", "verdict": "unknown", "hint": "h"}]})"));
}

}  // namespace
}  // namespace keelson::policy
