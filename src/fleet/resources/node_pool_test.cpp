#include "fleet/resources/node_pool.h"

#include <gmock/gmock.h>

#include "fleet/gates/read_gates.h"
#include "fleet/resources/gates_json.h"
#include "fleet/resources/sample_resources.h"

namespace keelson::fleet {
namespace {

using nlohmann::json;
using sample::refusal;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using namespace std::chrono_literals;

json every_gate() {
  return json::parse(R"([
    {"name": "nodes", "node": {"ignoredConditions": ["Odd"], "ignoredNamespaces": ["dev"], "patience": "90s"}},
    {"name": "canary", "comparison": {"alpha": 0.05, "looks": 6, "every": "3600s",
      "service": {"namespace": "monitoring", "name": "prometheus", "port": "9090", "scheme": "https"},
      "measures": [{"count": "podRestarts", "smallestRatio": 2.0, "smallestDifference": 0.0, "leastExposure": 24.0},
                   {"name": "cpu", "query": "a\nb", "nodeLabel": "instance", "worse": "Lower", "leastNodes": 5,
                    "smallestRatio": 1.25, "smallestDifference": 0.05}]}},
    {"name": "restarts", "comparison": {"alpha": 0.01, "looks": 12, "every": "3600s",
      "measures": [{"count": "imagePullErrors", "smallestRatio": 1.25, "smallestDifference": 0.0, "leastExposure": 1.0}]}},
    {"name": "errors", "promql": {"url": "https://prometheus.example:9090/prefix", "query": "x",
      "condition": "< 0.01", "maxAge": "300s", "timeout": "30s", "whenEmpty": "Good", "warnings": "Ignored"}},
    {"name": "smoke", "command": {"run": ["/bin/smoke", "--fast"], "timeout": "120s"}}])");
}

json full() {
  return sample::resource("NodePool", "workers",
                          {{"selector",
                            {{"matchLabels", {{"pool", "workers"}}},
                             {"matchExpressions", {{{"key", "gpu"}, {"operator", "DoesNotExist"}}}}}},
                           {"channel", "stable"},
                           {"mode", "Automatic"},
                           {"strategy", {{"maxUnavailable", "10%"}, {"finalSoak", "48h"}}},
                           {"batches", {{"canaries", 2}, {"shares", {25, 100}}, {"approvals", "canary"}}},
                           {"windows", {"nightly"}},
                           {"gates", every_gate()},
                           {"backEnd", {{"exec", {{"command", {"/hooks/reimage"}}, {"timeout", "30m"}}}}}});
}

std::string refusal_of(const json& document) {
  return refusal([&] { read_node_pool(document); });
}

std::string refusal_with(const char* key, json value) {
  json document = full();
  document["spec"][key] = std::move(value);
  return refusal_of(document);
}

BackEndChoice back_end(const json& value) {
  JsonFindings findings;
  auto choice = read_back_end({&value, "backEnd", findings});
  findings.refuse_if_any("back end", "x");
  return choice;
}

TEST(NodePool, ReadsEverything) {
  const auto pool = read_node_pool(full());
  EXPECT_EQ(pool.name, "workers");
  EXPECT_EQ(pool.uid, "uid-workers");
  EXPECT_EQ(pool.generation, 3);
  EXPECT_EQ(pool.selector.text(), "!gpu,pool=workers");
  EXPECT_EQ(pool.channel, "stable");
  EXPECT_EQ(pool.mode, PoolMode::Automatic);
  EXPECT_EQ(pool.strategy.max_unavailable, (Limit{10, true}));
  EXPECT_EQ(pool.strategy.final_soak, 48h);
  EXPECT_EQ(pool.batches.canaries, 2U);
  EXPECT_THAT(pool.batches.shares, ElementsAre(25U, 100U));
  EXPECT_EQ(pool.batches.approvals, Approvals::AfterCanary);
  EXPECT_THAT(pool.windows, ElementsAre("nightly"));
  EXPECT_EQ(pool.gates.size(), 5U);
  EXPECT_EQ(pool.back_end, BackEndChoice(ExecBackEnd{{"/hooks/reimage"}, 30min}));
}

TEST(NodePool, OnlyASelectorIsNeeded) {
  const auto pool = read_node_pool(sample::resource("NodePool", "x", {{"selector", json::object()}}));
  EXPECT_EQ(pool.mode, PoolMode::Observe);
  EXPECT_EQ(pool.batches.canaries, 1U);
  EXPECT_THAT(pool.batches.shares, ElementsAre(10U, 50U, 100U));
  EXPECT_EQ(pool.back_end, BackEndChoice(AgentBackEnd{}));
}

TEST(NodePool, FindsItsNodes) {
  Cluster cluster;
  for (const char* name : {"n2", "n1", "n3"}) {
    Node node;
    node.name = name;
    node.labels["pool"] = name == std::string("n3") ? "others" : "workers";
    cluster.put(node);
  }
  EXPECT_THAT(nodes_of(read_node_pool(full()), cluster), ElementsAre("n1", "n2"));
}

TEST(NodePool, NamesEveryMistakeWithItsPlace) {
  json document = full();
  document["spec"] = {{"selector", {{"matchlabels", {{"pool", "workers"}}}}},
                      {"release", "a"},
                      {"channel", "b"},
                      {"mode", "automatic"},
                      {"strategy", {{"maxUnavailble", 3}}},
                      {"batches", {{"shares", {50, 50}}}},
                      {"windows", {"x", "x"}},
                      {"gates", {{{"name", "empty"}}}},
                      {"backEnd", {{"agent", json::object()}, {"aks", json::object()}}}};
  const auto text = refusal_of(document);
  for (const char* part :
       {"cannot read node pool 'workers': 8 mistakes", "spec.selector.matchlabels: is not known here; did you mean",
        "spec: has both 'release' and 'channel'", "spec.mode: 'automatic' is not Observe, Plan or Automatic",
        "spec.strategy.maxUnavailble: is not known here; did you mean 'maxUnavailable'?",
        "spec.batches.shares[1]: is not larger", "spec.windows[1]: is there twice", "spec.gates[0]: needs one of",
        "spec.backEnd: needs one of"}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
}

TEST(NodePool, ASelectorThatIsMistypedSelectsNothingByMistake) {
  EXPECT_THAT(refusal_with("selector", nullptr), HasSubstr("spec.selector: is missing"));
  EXPECT_THAT(refusal_with("selector", "pool=workers"), HasSubstr("spec.selector: is not an object"));
  EXPECT_THAT(refusal_with("selector", {{"matchLabels", json::array()}}), HasSubstr("matchLabels"));
  EXPECT_THAT(refusal_with("selector", {{"matchExpressions", "x"}}), HasSubstr("matchExpressions: is not a list"));
  EXPECT_THAT(refusal_with("selector", {{"matchExpressions", {nullptr}}}), HasSubstr("operator"));
  EXPECT_THAT(refusal_with("selector", {{"matchExpressions", {{{"key", "a"}, {"operator", "In"}, {"values", 3}}}}}),
              HasSubstr("matchExpressions[0].values: is not a list"));
  EXPECT_THAT(refusal_with("selector", {{"matchLabels", {{"-", "x"}}}}), HasSubstr("'-' is no label's name"));
}

TEST(NodePool, WhatTheStrategySaysIsChecked) {
  EXPECT_THAT(refusal_with("strategy", {{"maxUnavailable", 0}}),
              HasSubstr("spec.strategy: maxUnavailable: at least one node must be allowed"));
  EXPECT_THAT(refusal_with("strategy", {{"drainTime", "soon"}}), HasSubstr("spec.strategy: drainTime: 'soon'"));
  EXPECT_THAT(refusal_with("strategy", json::array()), HasSubstr("spec.strategy: is not an object"));
}

TEST(BackEndChoice, IsTheSameAfterwards) {
  for (const char* text :
       {R"({"agent": {}})", R"({"exec": {"command": ["a", "b"], "timeout": "1200s"}})",
        R"({"clusterAPI": {"templatePatch": {"spec": {"template": {"spec": {"image": "${image}"}}}}}})",
        R"({"aks": {"command": ["az"], "resourceGroup": "rg", "cluster": "prod", "timeout": "3600s"}})"}) {
    EXPECT_EQ(back_end_json(back_end(json::parse(text))), json::parse(text));
  }
  EXPECT_EQ(back_end_name(AksBackEnd{}), "aks");
  EXPECT_EQ(back_end_name(AgentBackEnd{}), "agent");
}

TEST(BackEndChoice, RefusesWhatMakesNoSense) {
  const auto says = [](const char* text) { return refusal([&] { back_end(json::parse(text)); }); };
  EXPECT_THAT(says("{}"), HasSubstr("needs one of"));
  EXPECT_THAT(says(R"({"exec": {}})"), HasSubstr("backEnd.exec.command: is missing"));
  EXPECT_THAT(says(R"({"exec": {"command": []}})"), HasSubstr("has 0 entries"));
  EXPECT_THAT(says(R"({"exec": {"command": ["a"], "timeout": "25h"}})"), HasSubstr("is not a time from"));
  EXPECT_THAT(says(R"({"clusterAPI": {"templatePatch": {}}})"), HasSubstr("not an object that changes something"));
  EXPECT_THAT(says(R"({"aks": {"resourceGroup": "--debug", "cluster": "a b"}})"), HasSubstr("2 mistakes"));
  EXPECT_THAT(says(R"({"agent": {"x": 1}})"), HasSubstr("backEnd.agent.x: is not known here"));
  EXPECT_THAT(says("3"), HasSubstr("is not an object"));
}

TEST(GatesJson, IsTheSameAfterwards) {
  const json list = every_gate();
  JsonFindings findings;
  const auto gates = read_gates({&list, "gates", findings});
  ASSERT_FALSE(findings.any()) << findings.texts().front();
  EXPECT_EQ(gates_json(gates), list);
}

}  // namespace
}  // namespace keelson::fleet
