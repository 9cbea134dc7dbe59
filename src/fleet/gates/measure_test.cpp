#include "fleet/gates/measure.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "fleet/sample_cluster.h"

namespace keelson::fleet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsNan;

constexpr Moment kNow{std::chrono::seconds(1'795'704'797)};
const Parties kParties{{"a.example", "b"}, {"c", "d"}};

PrometheusSample series(const std::string& node, double value, double time = 1'795'704'797) {
  return {.labels = {{"instance", node}}, .time = time, .value = value};
}

Measure pressure() {
  return {.name = "pressure", .query = "x{instance=~\"($nodes)(:.*)?\"}", .node_label = "instance"};
}

TEST(ValuesByNode, SortsThemToTheParties) {
  const PrometheusAnswer answer{
      {}, {}, {series("d:9100", 4), series("a.example:9100", 1), series("c", 3), series("other", 9), series("b", 2)}};
  const auto found = values_by_node(pressure(), answer, kParties, kNow);
  ASSERT_TRUE(found.sample);
  EXPECT_THAT(found.sample->canary, ElementsAre(1, 2));
  EXPECT_THAT(found.sample->control, ElementsAre(3, 4));
}

TEST(ValuesByNode, ANodeWithoutAFreshSeriesHasNoValue) {
  const PrometheusAnswer answer{{}, {}, {series("b", 2, 1'795'700'000), series("c", 3)}};
  const auto found = values_by_node(pressure(), answer, kParties, kNow);
  ASSERT_TRUE(found.sample);
  EXPECT_THAT(found.sample->canary, ElementsAre(IsNan(), IsNan()));
  EXPECT_THAT(found.sample->control, ElementsAre(3, IsNan()));
}

TEST(ValuesByNode, SaysWhyThereAreNone) {
  EXPECT_EQ(values_by_node(pressure(), {"timeout: query", {}, {}}, kParties, kNow).why,
            "Prometheus says timeout: query");
  EXPECT_EQ(values_by_node(pressure(), {{}, {"a store is down"}, {}}, kParties, kNow).why,
            "the answer may be incomplete: a store is down");
  EXPECT_EQ(values_by_node(pressure(), {{}, {}, {series("b:1", 2), series("b:2", 2)}}, kParties, kNow).why,
            "node b has two series: the query must make one of them");
  EXPECT_EQ(values_by_node(pressure(), {{}, {}, {{}}}, kParties, kNow).why, "the value has no label 'instance'");
}

TEST(MeasureAll, GetsCountsFromTheTallyAndValuesFromPrometheus) {
  Cluster cluster = sample::cluster({.nodes = 4, .apps = 0});
  PodTally tally;
  tally.observe(cluster, kNow);
  cluster.edit_pod("uid-agent-00000")->restarts = 1;
  tally.observe(cluster, kNow + std::chrono::hours(30));
  Comparison comparison{.measures = {{.name = std::string(kPodRestarts), .kind = MeasureKind::Count},
                                     {.name = std::string(kImagePullErrors), .kind = MeasureKind::Count},
                                     {.name = "meteorites", .kind = MeasureKind::Count},
                                     pressure(),
                                     {.name = "nothing"}}};
  std::string target;
  const auto fetch = [&](const kube::Request& request) {
    target = kube::target_of(request);
    kube::Response response;
    response.status = 200;
    response.body =
        R"({"status":"success","data":{"resultType":"vector","result":[{"metric":{"instance":"node-000:9100"},"value":[1795704797,"0.5"]}]}})";
    return response;
  };
  const auto found = measure_all(comparison, {{"node-000"}, {"node-001", "node-002", "node-003"}}, tally, kNow, fetch);
  ASSERT_EQ(found.size(), 5U);
  EXPECT_EQ(found[0].sample->canary_events.count, 1);
  EXPECT_EQ(found[0].sample->canary_events.exposure, 30);
  EXPECT_EQ(found[0].sample->control_events.exposure, 90);
  EXPECT_EQ(found[1].sample->canary_events.count, 0);
  EXPECT_EQ(found[2].why, "nothing counts this");
  EXPECT_THAT(found[3].sample->canary, ElementsAre(0.5));
  EXPECT_THAT(target, HasSubstr("node-000%7Cnode-001"));
  EXPECT_EQ(found[4].why, "it has no query");

  const auto fails = [](const kube::Request&) -> kube::Response {
    throw Error(ErrorKind::Unavailable, "cannot reach 'prometheus'");
  };
  EXPECT_EQ(measure_all(comparison, {{"node-000"}, {"node-001"}}, tally, kNow, fails)[3].why,
            "cannot reach 'prometheus'");
}

}  // namespace
}  // namespace keelson::fleet
