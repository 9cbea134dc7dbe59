#include "fleet/gates/promql_gate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "fleet/gates/prometheus_answer.h"

namespace keelson::fleet {
namespace {

using testing::HasSubstr;

// What Prometheus 2.42 answered to `up`, `scalar(up)`, `up/0*0`, `nope`, `up[10s]`, `"x"` and `up[` at this moment.
constexpr Moment kNow{std::chrono::seconds(1795704797)};
constexpr const char* kVector =
    R"({"status":"success","data":{"resultType":"vector","result":[{"metric":{"__name__":"up","instance":"127.0.0.1:39090","job":"self"},"value":[1795704796.212,"1"]}]}})";
constexpr const char* kScalar = R"({"status":"success","data":{"resultType":"scalar","result":[1795704796.408,"1"]}})";
constexpr const char* kNan =
    R"({"status":"success","data":{"resultType":"vector","result":[{"metric":{"instance":"127.0.0.1:39090","job":"self"},"value":[1795704796.495,"NaN"]}]}})";
constexpr const char* kEmpty = R"({"status":"success","data":{"resultType":"vector","result":[]}})";
constexpr const char* kMatrix =
    R"({"status":"success","data":{"resultType":"matrix","result":[{"metric":{"__name__":"up","instance":"127.0.0.1:39090","job":"self"},"values":[[1795704794.136,"1"],[1795704795.136,"1"],[1795704796.136,"1"]]}]}})";
constexpr const char* kString = R"({"status":"success","data":{"resultType":"string","result":[1795704797.351,"x"]}})";
constexpr const char* kError =
    R"({"status":"error","errorType":"bad_data","error":"invalid parameter \"query\": 1:4: parse error: missing unit character in duration"})";
// Made.
constexpr const char* kInfinite =
    R"({"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1795704796,"+Inf"]}]}})";
constexpr const char* kOldFirst =
    R"({"status":"success","data":{"resultType":"matrix","result":[{"metric":{"job":"self"},"values":[[1795704000.1,"0"],[1795704790.1,"1"]]}]}})";

PromqlGate gate(const char* condition = ">= 1") {
  return {.query = "up", .condition = parse_condition(condition).value()};
}

GateResult judged(std::string body, const PromqlGate& with = gate(), int status = 200) {
  kube::Response response;
  response.status = status;
  response.body = std::move(body);
  return judge_answer(with, response, kNow);
}

TEST(PromqlGate, ComparesEverySample) {
  EXPECT_EQ(judged(kVector).verdict, Verdict::Good);
  EXPECT_EQ(judged(kVector).reason, "up{instance=\"127.0.0.1:39090\", job=\"self\"} is 1, >= 1");
  const auto bad = judged(kVector, gate("< 0.5"));
  EXPECT_EQ(bad.verdict, Verdict::Bad);
  EXPECT_EQ(bad.reason, "up{instance=\"127.0.0.1:39090\", job=\"self\"} is 1, not < 0.5");
  EXPECT_EQ(judged(kScalar, gate("== 1")).reason, "the value is 1, == 1");
  EXPECT_EQ(judged(kMatrix).verdict, Verdict::Good);
  EXPECT_EQ(judged(kOldFirst).verdict, Verdict::Good);  // the newest counts
  EXPECT_EQ(judged(kInfinite, gate("< 5")).verdict, Verdict::Bad);
}

TEST(PromqlGate, WhatIsNotThereIsMissing) {
  EXPECT_EQ(judged(kNan, gate("< 5")).reason, "{instance=\"127.0.0.1:39090\", job=\"self\"} is not a number");
  EXPECT_EQ(judged(kNan, gate("!= 5")).verdict, Verdict::Missing);
  EXPECT_EQ(judged(kEmpty).verdict, Verdict::Missing);
  EXPECT_EQ(judged(kEmpty).reason, "the query has no result");
  EXPECT_EQ(judged(kString).verdict, Verdict::Missing);
  const auto error = judged(kError, gate(), 400);
  EXPECT_EQ(error.verdict, Verdict::Missing);
  EXPECT_THAT(error.reason, HasSubstr("Prometheus says bad_data: invalid parameter"));
  EXPECT_EQ(judged("<html>502</html>", gate(), 502).reason, "Prometheus answers 502");
  EXPECT_EQ(judged(kVector, gate(), 503).verdict, Verdict::Missing);
  EXPECT_EQ(judged("<html></html>").verdict, Verdict::Missing);
  EXPECT_EQ(judged("").verdict, Verdict::Missing);
}

TEST(PromqlGate, AnEmptyResultIsGoodWhereSomebodySaysSo) {
  PromqlGate alerts = gate();
  alerts.empty_is_good = true;
  EXPECT_EQ(judged(kEmpty, alerts).verdict, Verdict::Good);
  EXPECT_EQ(judged(kError, alerts, 400).verdict, Verdict::Missing);
}

TEST(PromqlGate, OldAndFutureSamplesAreMissing) {
  const auto at = [](const std::string& time) {
    std::string moved = kVector;
    return moved.replace(moved.find("1795704796.212"), 14, time);
  };
  EXPECT_EQ(judged(at("1795704497")).verdict, Verdict::Good);
  EXPECT_EQ(judged(at("1795704496")).verdict, Verdict::Missing);
  EXPECT_THAT(judged(at("1795704496")).reason, HasSubstr("is 301 s old, more than 5 minutes"));
  EXPECT_THAT(judged(at("1795705098")).reason, HasSubstr("is 301 s ahead of our clock"));
  EXPECT_EQ(judged(at("1e300")).verdict, Verdict::Missing);
  EXPECT_EQ(judged(at("-1e300")).verdict, Verdict::Missing);
}

TEST(PromqlGate, AnAnswerThatMayBeIncompleteIsMissingButBadIsBad) {
  std::string warned = kVector;
  warned.insert(1, R"("warnings":["store a is down"],)");
  EXPECT_EQ(judged(warned).verdict, Verdict::Missing);
  EXPECT_EQ(judged(warned).reason, "the answer may be incomplete: store a is down");
  EXPECT_EQ(judged(warned, gate("< 0.5")).verdict, Verdict::Bad);
  PromqlGate lenient = gate();
  lenient.allow_warnings = true;
  EXPECT_EQ(judged(warned, lenient).verdict, Verdict::Good);
  // Nothing wrong among what answered is not nothing wrong.
  std::string nothing = kEmpty;
  nothing.insert(1, R"("warnings":["store a is down"],)");
  PromqlGate alerts = gate();
  alerts.empty_is_good = true;
  EXPECT_EQ(judged(nothing, alerts).verdict, Verdict::Missing);
}

TEST(PromqlGate, OneBadSampleAmongMissingOnesIsBad) {
  const std::string both =
      R"({"status":"success","data":{"resultType":"vector","result":[{"metric":{"n":"a"},"value":[1795704797,"NaN"]},{"metric":{"n":"b"},"value":[1795704797,"7"]}]}})";
  EXPECT_EQ(judged(both, gate("< 5")).verdict, Verdict::Bad);
  EXPECT_EQ(judged(both, gate("< 5")).reason, "{n=\"b\"} is 7, not < 5");
  EXPECT_EQ(judged(both, gate("> 5")).verdict, Verdict::Missing);
}

TEST(PrometheusAnswer, IsRefusedWhenItIsNone) {
  const auto vector_of = [](const std::string& series) {
    return R"({"status":"success","data":{"resultType":"vector","result":[)" + series + "]}}";
  };
  for (const char* series :
       {"1", R"({"metric":{},"value":[1,2]})", R"({"metric":{},"value":["1","2"]})", R"({"value":[1,"2"]})",
        R"({"metric":{"a":1},"value":[1,"2"]})", R"({"metric":{},"value":[1,"0x10"]})",
        R"({"metric":{},"value":[1,"nan"]})", R"({"metric":{},"value":[1,"1e999"]})", R"({"metric":{},"value":[1,""]})",
        R"({"metric":{},"value":[1,"2"],)", R"({"metric":{},"histogram":[1,{}]})"}) {
    EXPECT_THROW(parse_prometheus_answer(vector_of(series)), Error) << series;
  }
  for (const char* body :
       {"[]", "{}", R"({"status":"success"})", R"({"status":"success","data":{}})", R"({"status":7})",
        R"({"status":"success","data":{"resultType":"vector","result":{}}})",
        R"({"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[]}]}})"}) {
    EXPECT_THROW(parse_prometheus_answer(body), Error) << body;
  }
  std::string many = R"({"metric":{},"value":[1,"2"]})";
  for (std::size_t i = 0; i < kMostSeries; ++i) many += R"(,{"metric":{},"value":[1,"2"]})";
  EXPECT_THROW(parse_prometheus_answer(vector_of(many)), Error);
}

TEST(PromqlGate, BuildsItsRequest) {
  PromqlGate asked = gate();
  asked.path = "/prometheus/";
  asked.query = "sum(rate(errors{node=~\"$nodes\"}[5m]))";
  const auto request = promql_request(asked, {"node-a.example", "node-b"}, kNow);
  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.path, "/prometheus/api/v1/query");
  EXPECT_THAT(
      kube::target_of(request),
      HasSubstr("/prometheus/api/v1/query?query=sum%28rate%28errors%7Bnode%3D~%22node-a%5C%5C.example%7Cnode-b%22%7D"));
  EXPECT_THAT(kube::target_of(request), HasSubstr("&time=1795704797&timeout=30s"));
  EXPECT_LE(request.most_bytes, std::size_t{8} << 20);

  const auto large = promql_request(asked, std::vector<std::string>(1000, "node-b"), kNow);
  EXPECT_EQ(large.method, "POST");
  EXPECT_EQ(large.content_type, "application/x-www-form-urlencoded");
  EXPECT_TRUE(large.query.empty());
  EXPECT_THAT(large.body, testing::StartsWith("query=sum%28rate"));
  EXPECT_EQ(service_proxy_path("monitoring", "prometheus", "9090"),
            "/api/v1/namespaces/monitoring/services/http%3Aprometheus%3A9090/proxy");
}

TEST(PromqlGate, AsksThroughWhatItIsGiven) {
  std::string target;
  const auto fetch = [&](const kube::Request& request) {
    target = kube::target_of(request);
    kube::Response response;
    response.status = 200;
    response.body = kVector;
    return response;
  };
  EXPECT_EQ(ask(gate(), {"a"}, kNow, fetch).verdict, Verdict::Good);
  EXPECT_EQ(target, "/api/v1/query?query=up&time=1795704797&timeout=30s");
  const auto fails = [](const kube::Request&) -> kube::Response {
    throw Error(ErrorKind::Unavailable, "cannot reach 'prometheus': no route to host");
  };
  EXPECT_EQ(ask(gate(), {"a"}, kNow, fails).verdict, Verdict::Missing);
  EXPECT_EQ(ask(gate(), {"a"}, kNow, fails).reason, "cannot reach 'prometheus': no route to host");
  PromqlGate of_nodes = gate();
  of_nodes.query = "up{node=~\"$nodes\"}";
  EXPECT_EQ(ask(of_nodes, {}, kNow, fetch).verdict, Verdict::Missing);
}

TEST(Condition, IsReadAndTold) {
  EXPECT_EQ(parse_condition("<0.01")->text(), "< 0.01");
  EXPECT_EQ(parse_condition(" >= -5e3 ")->text(), ">= -5000");
  EXPECT_EQ(parse_condition("!=0")->comparator, Comparator::NotEqual);
  for (const char* none : {"", "<", "5", "= 5", "< x", "< 5 6", "< inf", "< nan", "=> 5", "<< 5"})
    EXPECT_FALSE(parse_condition(none)) << none;
  EXPECT_TRUE(parse_condition("<= 5")->holds(5));
  EXPECT_FALSE(parse_condition("< 5")->holds(5));
  EXPECT_TRUE(parse_condition("> 5")->holds(6));
  EXPECT_TRUE(parse_condition("== 5")->holds(5));
  EXPECT_FALSE(parse_condition("!= 5")->holds(NAN));
}

}  // namespace
}  // namespace keelson::fleet
