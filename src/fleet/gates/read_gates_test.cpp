#include "fleet/gates/read_gates.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace keelson::fleet {
namespace {

using nlohmann::json;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

struct Read {
  std::vector<Gate> gates;
  std::vector<std::string> findings;
};

Read read(const json& list) {
  JsonFindings findings;
  Read result;
  result.gates = read_gates({&list, "spec.gates", findings});
  result.findings = findings.texts();
  return result;
}

json all_kinds() {
  return json::parse(R"json([
    {"name": "nodes", "node": {"ignoredConditions": ["A"], "ignoredNamespaces": ["dev"], "patience": "3m"}},
    {"name": "canary", "comparison": {"alpha": 0.02, "looks": 5, "every": "2h",
      "url": "http://p.example/x", "measures": [
      {"count": "podRestarts", "smallestRatio": 2, "leastExposure": 24},
      {"name": "requests", "query": "rate(x[5m])", "nodeLabel": "instance", "worse": "Lower", "leastNodes": 5}]
}
},
    {"name": "errors", "promql": {"service": {"namespace": "monitoring", "name": "prometheus", "port": "9090"},
      "query": "sum(\n  rate(x[5m])\n)", "condition": "< 0.01", "maxAge": "1m", "whenEmpty": "Good", "warnings": "Ignored"
}
},
    {"name": "more", "promql": {"url": "https://p.example:9090/prefix", "query": "up", "condition": "== 1"}},
    {"name": "smoke", "command": {"run": ["/usr/local/bin/smoke", "--fast"], "timeout": "2m"}}])json");
}

TEST(ReadGates, ReadsEveryKind) {
  const auto [gates, findings] = read(all_kinds());
  EXPECT_THAT(findings, IsEmpty());
  ASSERT_EQ(gates.size(), 5U);
  const auto& node = std::get<NodeGateRule>(gates[0].rule);
  EXPECT_EQ(node.gate.ignored_conditions, Names{"A"});
  EXPECT_EQ(node.patience, std::chrono::minutes(3));
  const auto& comparison = std::get<Comparison>(gates[1].rule);
  EXPECT_DOUBLE_EQ(comparison.level(), 0.002);
  EXPECT_EQ(comparison.measures[0].kind, MeasureKind::Count);
  EXPECT_EQ(comparison.measures[0].least_exposure, 24);
  EXPECT_EQ(comparison.measures[0].name, kPodRestarts);
  EXPECT_EQ(comparison.measures[1].worse, Worse::Lower);
  EXPECT_EQ(comparison.measures[1].node_label, "instance");
  EXPECT_EQ(comparison.server.url, "http://p.example");
  EXPECT_EQ(comparison.path, "/x");
  const auto& errors = std::get<PromqlRule>(gates[2].rule);
  EXPECT_EQ(errors.server.url, "");
  EXPECT_EQ(errors.gate.path, "/api/v1/namespaces/monitoring/services/http%3Aprometheus%3A9090/proxy");
  EXPECT_TRUE(errors.gate.empty_is_good);
  EXPECT_TRUE(errors.gate.allow_warnings);
  const auto& more = std::get<PromqlRule>(gates[3].rule);
  EXPECT_EQ(more.server.url, "https://p.example:9090");
  EXPECT_EQ(more.gate.path, "/prefix");
  EXPECT_FALSE(more.gate.empty_is_good);
  EXPECT_EQ(std::get<CommandGate>(gates[4].rule).arguments.size(), 2U);
}

TEST(ReadGates, NoListIsNoGates) {
  JsonFindings findings;
  EXPECT_THAT(read_gates({nullptr, "spec.gates", findings}), IsEmpty());
  EXPECT_FALSE(findings.any());
}

TEST(ReadGates, NamesEveryMistakeWithItsPlace) {
  const auto [gates, findings] = read(json::parse(R"json([
    {"name": "a", "node": {}, "command": {"run": ["x"]}},
    {"name": "a", "promql": {"query": "up", "condition": "less than 5", "maxAge": "0s"}},
    {"node": {"patiense": "1m"}},
    {"name": "c", "comparison": {"alpha": 2, "measures": [{"name": "x"}, {"name": "x", "query": "up", "leastExposure": 3}, {"name": "x", "query": "up"}, {"count": "podRestart", "leastNodes": 4}]}},
    {"name": "d", "command": {"run": []}},
    {"name": "e", "promql": {"url": "ftp://x", "query": "", "condition": "< 1"}},
    {"name": "f", "promql": {"service": {"namespace": "../x", "name": "p", "port": "9090"}, "query": "up", "condition": "< 1"}},
    7])json"));
  for (const char* part :
       {"spec.gates[0]: needs one of 'node', 'comparison', 'promql' and 'command'",
        "spec.gates[1].name: is that of another gate, too", "spec.gates[1].promql: needs either 'service' or 'url'",
        "spec.gates[1].promql.condition: 'less than 5' is not a comparison",
        "spec.gates[1].promql.maxAge: '0s' is not a time from 1 s to 24 hours", "spec.gates[2].name: is missing",
        "spec.gates[2].node.patiense: is not known here; did you mean 'patience'?",
        "spec.gates[3].comparison.alpha: is not a number from",
        "spec.gates[3].comparison: needs either 'service' or 'url'",
        "spec.gates[3].comparison.measures[0]: needs either 'count', or 'name' and 'query'",
        "spec.gates[3].comparison.measures[1].leastExposure: does nothing where there is a 'query'",
        "spec.gates[3].comparison.measures[2]: is called 'x' as another measure is",
        "spec.gates[3].comparison.measures[3].count: 'podRestart' is not podRestarts or imagePullErrors; did you mean",
        "spec.gates[3].comparison.measures[3].leastNodes: does nothing where there is a 'count'",
        "spec.gates[4].command.run: has 0 entries, not 1 to 64",
        "spec.gates[5].promql.url: is no http or https address", "spec.gates[5].promql.query: is empty",
        "spec.gates[6].promql.service.namespace: is not the name of a namespace", "spec.gates[7]: is not an object"}) {
    EXPECT_THAT(findings, Contains(HasSubstr(part))) << part;
  }
}

TEST(AskGates, AsksThoseThatAskTheWorld) {
  auto gates = read(all_kinds()).gates;
  std::get<CommandGate>(gates[4].rule).arguments = {"/bin/sh", "-c", "echo $KEELSON_BATCH; exit 1"};
  std::vector<std::string> servers;
  const auto fetch_from = [&](const PrometheusServer& server) -> Fetch {
    servers.push_back(server.url);
    return [](const kube::Request&) {
      kube::Response response;
      response.status = 200;
      response.body = R"({"status":"success","data":{"resultType":"vector","result":[]}})";
      return response;
    };
  };
  const auto results = ask_gates(gates, {"r", "canary", {"n"}, {}}, Moment{std::chrono::seconds(1)}, fetch_from);
  ASSERT_EQ(results.size(), 3U);
  EXPECT_EQ(results[0].result.verdict, Verdict::Good);
  EXPECT_EQ(results[1].result.verdict, Verdict::Missing);
  EXPECT_EQ(results[2].result.verdict, Verdict::Bad);
  EXPECT_EQ(combine(results).reason, "smoke: canary");
  EXPECT_THAT(servers, testing::ElementsAre("", "https://p.example:9090"));
}

}  // namespace
}  // namespace keelson::fleet
