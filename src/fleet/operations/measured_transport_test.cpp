#include "fleet/operations/measured_transport.h"

#include <gtest/gtest.h>

#include "kube/testing/manual_clock.h"
#include "kube/testing/scripted_transport.h"

namespace keelson::fleet {
namespace {

using kube::Request;

Request request(std::string method, std::string path) { return {.method = std::move(method), .path = std::move(path)}; }

RequestLabels labels(std::string method, std::string path) {
  return request_labels(request(std::move(method), std::move(path)));
}

TEST(RequestLabels, AreVerbAndResourceAndNeverNames) {
  const auto is = [](std::string verb, std::string resource) {
    return RequestLabels{std::move(verb), std::move(resource)};
  };
  EXPECT_EQ(labels("GET", "/api/v1/nodes"), is("list", "nodes"));
  EXPECT_EQ(labels("GET", "/api/v1/nodes/n7"), is("get", "nodes"));
  EXPECT_EQ(labels("PATCH", "/api/v1/nodes/n7"), is("patch", "nodes"));
  EXPECT_EQ(labels("GET", "/api/v1/namespaces"), is("list", "namespaces"));
  EXPECT_EQ(labels("GET", "/api/v1/namespaces/shop"), is("get", "namespaces"));
  EXPECT_EQ(labels("PUT", "/api/v1/namespaces/shop/finalize"), is("update", "namespaces/finalize"));
  EXPECT_EQ(labels("GET", "/api/v1/namespaces/shop/pods"), is("list", "pods"));
  EXPECT_EQ(labels("POST", "/api/v1/namespaces/shop/pods/web-1/eviction"), is("create", "pods/eviction"));
  EXPECT_EQ(labels("DELETE", "/api/v1/namespaces/shop/pods"), is("deletecollection", "pods"));
  EXPECT_EQ(labels("PATCH", "/apis/keelson.dev/v1alpha1/noderollouts/november/status"),
            is("patch", "noderollouts/status"));
  EXPECT_EQ(labels("GET", "/apis/coordination.k8s.io/v1/namespaces/keelson/leases/controller"), is("get", "leases"));
  EXPECT_EQ(labels("GET", "/version"), is("get", "version"));
  EXPECT_EQ(labels("GET", "/api"), is("get", "discovery"));
  EXPECT_EQ(labels("GET", "/apis/policy/v1"), is("get", "discovery"));
  EXPECT_EQ(labels("GET", "/healthz"), is("list", "other"));
  EXPECT_EQ(labels("BREW", "/api/v1/Pots!"), is("other", "other"));
  EXPECT_EQ(labels("GET", ""), is("list", "other"));
}

TEST(RequestLabels, TellAWatchAndAnApply) {
  auto watch = request("GET", "/api/v1/pods");
  watch.query = {{"resourceVersion", "7"}, {"watch", "1"}};
  EXPECT_EQ(request_labels(watch).verb, "watch");
  auto apply = request("PATCH", "/api/v1/nodes/n7");
  apply.content_type = "application/apply-patch+yaml";
  EXPECT_EQ(request_labels(apply).verb, "apply");
}

struct Measured {
  kube::testing::ScriptedTransport inner;
  ControllerMetrics metrics;
  kube::testing::ManualClock clock;
  MeasuredTransport transport{inner, metrics, clock};
};

TEST(MeasuredTransport, CountsAndTimesWhatWasAnswered) {
  Measured measured;
  measured.inner.then([&](const Request&) {
    measured.clock.advance(std::chrono::milliseconds(30));
    return kube::Response{.status = 429};
  });
  EXPECT_EQ(measured.transport.send(request("GET", "/api/v1/nodes/n7")).status, 429);
  EXPECT_EQ(measured.metrics.api_requests.value("get", "nodes", "429"), 1);
  const auto page = measured.metrics.exposition();
  EXPECT_NE(page.find("keelson_api_request_seconds_bucket{verb=\"get\",le=\"0.025\"} 0"), std::string::npos) << page;
  EXPECT_NE(page.find("keelson_api_request_seconds_bucket{verb=\"get\",le=\"0.05\"} 1"), std::string::npos) << page;
  EXPECT_EQ(page.find("n7"), std::string::npos);
}

TEST(MeasuredTransport, CountsWhatWasNotAnsweredAndLetsTheErrorThrough) {
  Measured measured;
  measured.inner.then([](const Request&) -> kube::Response {
    throw kube::TransportError(ErrorKind::Unavailable, kube::TransportError::Arrival::Never, "no connection");
  });
  EXPECT_THROW(measured.transport.send(request("POST", "/api/v1/namespaces/a/pods/b/eviction")), kube::TransportError);
  EXPECT_EQ(measured.metrics.api_requests.value("create", "pods/eviction", "error"), 1);
}

TEST(MeasuredTransport, CountsAWatchWhenItBeginsAndTellsThatItBeganAgain) {
  Measured measured;
  auto watch = request("GET", "/api/v1/pods");
  watch.query = {{"watch", "1"}};
  measured.inner.then_stream({"{}\n", "{}\n"});
  measured.inner.then_stream(
      [](const Request&, const auto&, const std::stop_token&) { return kube::Streamed{.response = {.status = 410}}; });
  measured.inner.then_stream([](const Request&, const auto&, const std::stop_token&) {
    return kube::Streamed{.end = kube::StreamEnd::Stopped};
  });
  int chunks = 0;
  const auto take = [&](std::string_view) {
    ++chunks;
    EXPECT_EQ(measured.metrics.api_requests.value("watch", "pods", "200"), 1);
    return true;
  };
  for (int i = 0; i < 3; ++i) measured.transport.stream(watch, std::chrono::seconds(1), take);
  EXPECT_EQ(chunks, 2);
  EXPECT_EQ(measured.metrics.api_requests.value("watch", "pods", "200"), 1);
  EXPECT_EQ(measured.metrics.api_requests.value("watch", "pods", "410"), 1);
  EXPECT_EQ(measured.metrics.api_requests.value("watch", "pods", "error"), 1);
  EXPECT_EQ(measured.metrics.watch_restarts.value("pods"), 2);
}

TEST(MeasuredTransport, MakesABoundedNumberOfSeries) {
  Measured measured;
  measured.inner.otherwise([](const Request&) { return kube::Response{.status = 200}; });
  for (int i = 0; i < 500; ++i) measured.transport.send(request("GET", "/apis/a/v1/kind" + std::to_string(i) + "/x"));
  EXPECT_EQ(measured.metrics.api_requests.value("get", "kind1", "200"), 1);
  EXPECT_GT(measured.metrics.api_requests.value("get", "other", "200"), 400);
}

}  // namespace
}  // namespace keelson::fleet
