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

const json& sample() {
  static const json facts = json::parse(R"({
    "versions": {"kernel": "6.12.117+deb13-cloud-amd64", "containerd": "1.7.24~ds1"},
    "cgroup": {"version": 2}, "system": {"state": "running", "failedUnits": []},
    "security": {"lsm": ["lockdown", "landlock", "yama"], "fips": {"enabled": false}},
    "services": {}, "setuid": {"count": 10, "paths": ["/usr/bin/su", "/usr/bin/mount"]}, "evil": "a\u001b[31mb", "none": null})");
  return facts;
}

Row judged(std::string_view fact, std::string_view operator_line) {
  const std::string text = "policy: keelson/1\nname: t\nrules:\n  - id: a\n    fact: " + std::string(fact) + "\n    " +
                           std::string(operator_line) + "\n";
  return judge(parse_policy(text, "p"), sample()).rows.at(0);
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
      judge(parse_policy("policy: keelson/1\nrules: [{id: a, fact: x, known: true}]", "p"), sample()).passed());
}

TEST(Judge, AFactOfTheWrongTypeFailsInsteadOfThrowing) {
  for (const auto& info : operators()) {
    if (info.op == Operator::Known || info.op == Operator::NotEquals || info.op == Operator::NoneOf) continue;
    const std::string operand = info.operand == OperandKind::List   ? "[x]"
                                : info.operand == OperandKind::True ? "true"
                                                                    : "1";
    EXPECT_EQ(verdict("system", std::string(info.name) + ": " + operand), Verdict::Fail) << info.name;
  }
}

TEST(Judge, AWarningDoesNotStopThePolicyFromPassing) {
  const auto report = judge(
      parse_policy("policy: keelson/1\nrules: [{id: a, fact: cgroup.version, equals: 1, severity: warning}]", "p"),
      sample());
  EXPECT_EQ(report.rows.at(0).verdict, Verdict::Warn);
  EXPECT_TRUE(report.passed());
}

TEST(Judge, AFactCannotSteerTheTerminal) { EXPECT_THAT(judged("evil", "known: true").actual, Not(HasSubstr("\x1b"))); }

TEST(Report, TheTableIsAlignedAndSaysWhyAndWhatToDo) {
  const auto policy = parse_policy(
      "policy: keelson/1\nname: host\nrules:\n"
      "  - {id: kernel, fact: versions.kernel, versionAtLeast: 6.6, reason: not shown}\n"
      "  - {id: cgroup-version, fact: cgroup.version, equals: 1, reason: so it is, hint: change it}\n"
      "  - {id: runc, fact: versions.runc, known: true}\n",
      "p");
  EXPECT_EQ(render_report(judge(policy, sample()), false),
            "  rule            found                       required\n"
            "✓ kernel          6.12.117+deb13-cloud-amd64  version 6.6 or later\n"
            "✗ cgroup-version  2                           1\n"
            "    why: so it is\n"
            "    hint: change it\n"
            "? runc            not known                   known\n"
            "host: 1 of 3 rules pass, 1 fails, 1 cannot be judged\n");
  EXPECT_THAT(render_report(judge(policy, sample()), true), HasSubstr("\x1b[31m✗\x1b[0m cgroup-version"));
}

TEST(Report, JsonSaysTheSame) {
  const auto policy = parse_policy(
      "policy: keelson/1\nname: host\nrules: [{id: runc, fact: versions.runc, known: true, hint: h}]", "p");
  EXPECT_EQ(report_json(judge(policy, sample())),
            json::parse(R"({"schema": "keelson-report/1", "policy": "host", "passed": false, "rows":
    [{"id": "runc", "fact": "versions.runc", "actual": null, "expected": "known", "verdict": "unknown", "hint": "h"}]})"));
}

}  // namespace
}  // namespace keelson::policy
