#include "policy/judge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "policy/report.h"

namespace keelson::policy {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

constexpr std::int64_t kNow = 1795694400;  // 2026-11-26, noon

const json& sample() {
  static const json facts = json::parse(R"({
    "versions": {"kernel": "6.12.117+deb13-cloud-amd64", "containerd": "1.7.24~ds1"},
    "cgroup": {"version": 2}, "system": {"state": "running", "failedUnits": [], "declared": "running"},
    "checks": [{"id": "a.1", "level": 1, "result": "pass"}, {"id": "b", "level": 2, "result": "fail"}],
    "security": {"lsm": ["lockdown", "landlock", "yama"], "fips": {"enabled": false}},
    "services": {}, "setuid": {"count": 10, "paths": ["/usr/bin/su", "/usr/bin/mount"]}, "evil": "a\u001b[31mb", "none": null})");
  return facts;
}

Row judged(std::string_view fact, std::string_view operator_line) {
  const std::string text = "policy: keelson/1\nname: t\nrules:\n  - id: a\n    fact: " + std::string(fact) + "\n    " +
                           std::string(operator_line) + "\n";
  return judge(parse_policy(text, "p"), sample(), {.now = kNow}).rows.at(0);
}
Verdict verdict(std::string_view fact, std::string_view operator_line) { return judged(fact, operator_line).verdict; }

TEST(Judge, EveryOperatorSaysYesAndNo) {
  struct Case {
    const char* fact;
    const char* yes;
    const char* no;
  };
  const Case cases[] = {
      {"system.state", "equals: running", "equals: degraded"},
      {"system.state", "notEquals: degraded", "notEquals: running"},
      {"cgroup.version", "equals: 2", "equals: 1"},
      {"cgroup.version", "equals: 2.0", "equals: \"2\""},
      {"security.fips.enabled", "equals: false", "equals: true"},
      {"system.state", "oneOf: [running, degraded]", "oneOf: [starting]"},
      {"setuid.count", "atLeast: 10", "atLeast: 10.5"},
      {"setuid.count", "atMost: 10", "atMost: 9"},
      {"versions.kernel", "versionAtLeast: 6.6", "versionAtLeast: 6.13"},
      {"versions.containerd", "versionBelow: 1.7.24", "versionBelow: 1.7"},
      {"versions.kernel", "matches: '^6\\.\\d+'", "matches: '^5'"},
      {"setuid.count", "between: [10, 12]", "between: [11, 12]"},
      {"setuid.count", "between: [8, 10]", "between: [8, 9]"},
      {"versions.kernel", "versionBetween: [6.6, 6.13]", "versionBetween: [6.6, 6.12]"},
      {"setuid.paths", "eachMatches: '^/usr/bin/'", "eachMatches: 'su$'"},
      {"setuid.paths", "noneMatches: sudo", "noneMatches: 'mo.nt'"},
      {"system.state", "noneMatches: degraded", "noneMatches: run"},
      {"setuid.paths", "minItems: 2", "minItems: 3"},
      {"security.lsm", "onlyFrom: [yama, lockdown, landlock, bpf]", "onlyFrom: [yama, lockdown]"},
      {"system.state", "onlyFrom: [running, degraded]", "onlyFrom: [degraded]"},
      {"checks[id=a.1].result", "equals: pass", "equals: fail"},
      {"checks[level=2].result", "equals: fail", "equals: pass"},
      {"system.state", "sameAs: system.declared", "sameAs: checks"},
      {"security.lsm", "contains: [yama, lockdown]", "contains: [yama, selinux]"},
      {"versions.kernel", "contains: [cloud]", "contains: [cloud, arm64]"},
      {"security.lsm", "noneOf: [selinux]", "noneOf: [selinux, yama]"},
      {"system.failedUnits", "empty: true", "maxItems: 0\n    id: b"},
      {"setuid.paths", "maxItems: 2", "maxItems: 1"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(verdict(c.fact, c.yes), Verdict::Pass) << c.fact << " " << c.yes;
    if (std::string_view(c.no).find("id: b") != std::string_view::npos) continue;  // an empty list has no other side
    EXPECT_EQ(verdict(c.fact, c.no), Verdict::Fail) << c.fact << " " << c.no;
  }
  EXPECT_EQ(verdict("setuid.paths", "empty: true"), Verdict::Fail);
  EXPECT_EQ(verdict("services", "known: true"), Verdict::Pass);
}

TEST(Judge, AVersionIsComparedAsDpkgDoesAndNotAsText) {
  EXPECT_EQ(verdict("versions.kernel", "versionAtLeast: 6.9"), Verdict::Pass);
  EXPECT_EQ(verdict("versions.containerd", "versionAtLeast: 1.7.24"), Verdict::Fail);  // ~ds1 comes before
}

TEST(Judge, AMissingFactIsUnknownAndThePolicyDoesNotPass) {
  for (const char* fact : {"versions.runc", "nothing.at.all", "system.state.deeper", "none"}) {
    EXPECT_EQ(verdict(fact, "notEquals: x"), Verdict::Unknown) << fact;
  }
  EXPECT_FALSE(
      judge(parse_policy("policy: keelson/1\nrules: [{id: a, fact: x, known: true}]", "p"), sample(), {.now = kNow})
          .passed());
}

TEST(Judge, AFactOfTheWrongTypeFailsInsteadOfThrowing) {
  for (const auto& info : operators()) {
    if (info.op == Operator::Known || info.op == Operator::NotEquals || info.op == Operator::NoneOf) continue;
    const bool is_pair = info.operand == OperandKind::NumberPair || info.operand == OperandKind::VersionPair;
    const std::string operand = is_pair                             ? "[1, 2]"
                                : info.operand == OperandKind::List ? "[x]"
                                : info.operand == OperandKind::True ? "true"
                                                                    : "1";
    EXPECT_EQ(verdict("security.fips.enabled", std::string(info.name) + ": " + operand), Verdict::Fail) << info.name;
    if (info.op == Operator::NoneMatches || info.op == Operator::MinItems) continue;  // they take a map's names
    EXPECT_EQ(verdict("system", std::string(info.name) + ": " + operand), Verdict::Fail) << info.name;
  }
}

TEST(Judge, AMapIsLookedAtAsTheListOfItsNames) {
  const std::pair<const char*, const char*> cases[] = {
      {"noneOf: [openssl]", "noneOf: [kernel]"},
      {"onlyFrom: [kernel, containerd, runc]", "onlyFrom: [kernel]"},
      {"contains: [kernel]", "contains: [runc]"},
      {"noneMatches: '^k$'", "noneMatches: '^kern'"},
      {"eachMatches: 'n'", "eachMatches: '^k'"},
      {"maxItems: 2", "maxItems: 1"},
      {"minItems: 2", "minItems: 3"},
  };
  for (const auto& [yes, no] : cases) {
    EXPECT_EQ(verdict("versions", yes), Verdict::Pass) << yes;
    EXPECT_EQ(verdict("versions", no), Verdict::Fail) << no;
  }
  EXPECT_EQ(verdict("services", "empty: true"), Verdict::Pass);
  EXPECT_EQ(judged("versions", "empty: true").actual, "containerd, kernel");
}

TEST(Judge, OfAListThatFailsTheEntriesByWhichItDoesAreShown) {
  EXPECT_EQ(judged("setuid.paths", "onlyFrom: [/usr/bin/su]").actual, "/usr/bin/mount");
  EXPECT_EQ(judged("setuid.paths", "noneOf: [/usr/bin/su]").actual, "/usr/bin/su");
  EXPECT_EQ(judged("setuid.paths", "noneMatches: mount").actual, "/usr/bin/mount");
  EXPECT_EQ(judged("setuid.paths", "eachMatches: mount").actual, "/usr/bin/su");
  EXPECT_EQ(judged("setuid.paths", "contains: [/usr/bin/sudo]").actual, "/usr/bin/su, /usr/bin/mount");
  EXPECT_EQ(judged("setuid.paths", "maxItems: 1").actual, "2");
  EXPECT_EQ(judged("setuid.paths", "noneMatches: sudo").actual, "/usr/bin/su, /usr/bin/mount");
}

TEST(Judge, AnOperatorLooksAtWhatAllEntriesHave) {
  EXPECT_EQ(verdict("\"checks[*].result\"", "contains: [pass, fail]"), Verdict::Pass);
  EXPECT_EQ(verdict("\"checks[*].result\"", "onlyFrom: [pass]"), Verdict::Fail);
  EXPECT_EQ(verdict("\"none[*].result\"", "onlyFrom: [pass]"), Verdict::Unknown);
}

TEST(Judge, AWarningDoesNotStopThePolicyFromPassing) {
  const auto report = judge(
      parse_policy("policy: keelson/1\nrules: [{id: a, fact: cgroup.version, equals: 1, severity: warning}]", "p"),
      sample(), {.now = kNow});
  EXPECT_EQ(report.rows.at(0).verdict, Verdict::Warn);
  EXPECT_TRUE(report.passed());
}

TEST(Judge, AFactCannotSteerTheTerminal) { EXPECT_THAT(judged("evil", "known: true").actual, Not(HasSubstr("\x1b"))); }

TEST(Judge, ARuleWhoseConditionDoesNotHoldIsNotApplied) {
  const auto verdict_when = [](const char* condition) {
    return verdict("cgroup.version", std::string("equals: 1\n    when: ") + condition);
  };
  EXPECT_EQ(verdict_when("{fact: system.state, equals: degraded}"), Verdict::NotApplicable);
  EXPECT_EQ(verdict_when("{fact: system.missing, known: true}"), Verdict::NotApplicable);
  EXPECT_EQ(verdict_when("{fact: system.state, equals: running}"), Verdict::Fail);
}

TEST(Judge, AWaiverHoldsToTheEndOfItsDay) {
  const auto row = [](const char* fact, const char* expires) {
    const std::string text = std::string("policy: keelson/1\nrules: [{id: a, fact: '") + fact +
                             "', equals: 1}]\nwaivers: [{rule: a, owner: ada, reason: old switch, expires: " + expires +
                             "}]\n";
    const Report report = judge(parse_policy(text, "p"), sample(), {.now = kNow});
    EXPECT_EQ(report.passed(), report.rows.at(0).verdict != Verdict::Fail);
    return report.rows.at(0);
  };
  EXPECT_EQ(row("cgroup.version", "2026-11-26").verdict, Verdict::Waived);
  EXPECT_EQ(row("cgroup.version", "2026-11-26").waiver, "ada until 2026-11-26: old switch");
  EXPECT_EQ(row("cgroup.version", "2026-11-25").verdict, Verdict::Fail);
  EXPECT_EQ(row("cgroup.version", "2026-11-25").waiver, "ada's waiver ended on 2026-11-25");
  EXPECT_EQ(row("missing", "2030-01-01").verdict, Verdict::Waived);
  EXPECT_EQ(row("checks[level=1].level", "2030-01-01").verdict, Verdict::Pass);
}

TEST(Judge, ARuleAboutWhatCannotBeToldDoesNotCount) {
  const auto policy = parse_policy(
      "policy: keelson/1\nname: t\nrules:\n  - {id: a, fact: services.x, equals: active}\n"
      "  - {id: b, fact: cgroup.version, equals: 2}\n",
      "p");
  EXPECT_FALSE(judge(policy, sample(), {.now = kNow}).passed());
  const auto report = judge(
      policy, sample(), {.now = kNow, .cannot_be_told = [](std::string_view fact) { return fact == "services.x"; }});
  EXPECT_TRUE(report.passed());
  EXPECT_EQ(report.rows[0].verdict, Verdict::NotApplicable);
  EXPECT_EQ(verdict_name(report.rows[0].verdict), "not-applicable");
  EXPECT_THAT(render_report(report, false), HasSubstr("- a     not applicable  active\n"));
  EXPECT_THAT(render_report(report, false), HasSubstr("t: 1 of 1 rules pass, 1 not applicable"));
  EXPECT_TRUE(report_json(report)["rows"][0]["actual"].is_null());
}

}  // namespace
}  // namespace keelson::policy
