#include "kube/eviction.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kube/access_review.h"
#include "kube/events.h"
#include "kube/testing/manual_clock.h"
#include "kube/testing/scripted_transport.h"

namespace keelson::kube {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using Kind = EvictionOutcome::Kind;
using testing::ManualClock;
using testing::ScriptedTransport;
using testing::status_body;

std::string core_resources(std::string_view eviction) {
  return R"({"resources":[{"name":"pods","kind":"Pod","namespaced":true,"verbs":["list"]},)" + std::string(eviction) +
         "]}";
}
constexpr std::string_view kNew = R"({"name":"pods/eviction","kind":"Eviction","group":"policy","version":"v1"})";
constexpr std::string_view kOld = R"({"name":"pods/eviction","kind":"Eviction","group":"policy","version":"v1beta1"})";

class EvictionTest : public ::testing::Test {
 protected:
  EvictionOutcome outcome(int status, std::string body, std::map<std::string, std::string> headers = {}) {
    discovery.forget();
    server.then(200, core_resources(kNew));
    server.then(status, std::move(body), std::move(headers));
    return evict(api, discovery, {"a", "p"}, {.uid = "u"});
  }

  ScriptedTransport server;
  ManualClock clock;
  Api api{server, clock};
  Discovery discovery{api};
};

TEST_F(EvictionTest, SpeaksTheVersionThatTheServerHas) {
  server.then(200, core_resources(kOld));
  server.then(201, R"({"kind":"Status","status":"Success"})");
  const auto done = evict(api, discovery, {"a", "p"}, {.uid = "u", .grace_period = 30s});
  EXPECT_EQ(done.kind, Kind::Evicted);
  const Request request = server.requests()[1];
  EXPECT_EQ(request.name(), "POST /api/v1/namespaces/a/pods/p/eviction");
  EXPECT_EQ(json::parse(request.body), json::parse(R"({"apiVersion":"policy/v1beta1","kind":"Eviction",
      "metadata":{"name":"p","namespace":"a"},
      "deleteOptions":{"preconditions":{"uid":"u"},"gracePeriodSeconds":30}})"));
  server.then(201, "{}");
  evict(api, discovery, {"a", "q"}, {.dry_run = true});
  EXPECT_THAT(server.requests(), SizeIs(3)) << "discovery is kept";
  EXPECT_THAT(target_of(server.requests()[2]), HasSubstr("dryRun=All"));
}

TEST_F(EvictionTest, ABudgetThatBlocksIsTellingApartFromABusyServer) {
  const auto blocked =
      outcome(429, R"({"kind":"Status","code":429,"reason":"TooManyRequests","message":"Cannot evict pod",
      "details":{"causes":[{"reason":"DisruptionBudget","message":"The disruption budget x needs 2 healthy pods"}],
      "retryAfterSeconds":10}})");
  EXPECT_EQ(blocked.kind, Kind::Blocked);
  EXPECT_EQ(blocked.retry_after, 10s);
  EXPECT_THAT(blocked.causes.at(0).message, HasSubstr("budget x needs 2"));
  const auto throttled = outcome(429, "too many requests", {{"retry-after", "3"}});
  EXPECT_EQ(throttled.kind, Kind::Throttled);
  EXPECT_EQ(throttled.retry_after, 3s);
  EXPECT_EQ(clock.passed(), 0s) << "waiting is the caller's policy";
}

TEST_F(EvictionTest, SeveralBudgetsAreAMistakeOfTheClusterWhateverTheAnswersCode) {
  constexpr auto body = R"({"kind":"Status","status":"Failure","code":500,"message":
      "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support."})";
  EXPECT_EQ(outcome(500, body).kind, Kind::Misconfigured);
  EXPECT_EQ(outcome(201, body).kind, Kind::Misconfigured);
}

TEST_F(EvictionTest, NothingElseIsTakenForSuccess) {
  EXPECT_EQ(outcome(400, status_body(400, "BadRequest", "no kind \"Eviction\"")).kind, Kind::Failed);
  EXPECT_EQ(outcome(500, status_body(500, "InternalError", "boom")).kind, Kind::Failed);
  EXPECT_EQ(outcome(302, "").kind, Kind::Failed);
  EXPECT_EQ(outcome(404, status_body(404, "NotFound", "")).kind, Kind::Gone);
  EXPECT_EQ(outcome(404, "404 page not found").kind, Kind::Failed);
  EXPECT_EQ(outcome(409, status_body(409, "Conflict", "the UID in the precondition (u) does not match")).kind,
            Kind::Gone);
  EXPECT_EQ(outcome(409, status_body(409, "Conflict", "changed")).kind, Kind::Throttled);
  EXPECT_EQ(outcome(503, "away").kind, Kind::Throttled);
  EXPECT_THROW(outcome(200, "<html>"), Error);
}

TEST_F(EvictionTest, ForbiddenAndTerminatingNamespacesAreTold) {
  const auto terminating =
      outcome(403, R"({"kind":"Status","code":403,"reason":"Forbidden","message":"being terminated",
      "details":{"causes":[{"reason":"NamespaceTerminating"}]}})");
  EXPECT_EQ(terminating.kind, Kind::NamespaceTerminating);
  const auto forbidden =
      outcome(403, status_body(403, "Forbidden", R"(User "x" cannot create resource "pods/eviction")"));
  EXPECT_EQ(forbidden.kind, Kind::Forbidden);
  EXPECT_EQ(forbidden.message,
            "cannot create pods/eviction 'p' in namespace 'a': the account 'x' may not (RBAC: verb create, resource "
            "pods/eviction, namespace a)");
}

TEST_F(EvictionTest, AServerWithoutEvictionIsRefused) {
  server.then(200, R"({"resources":[]})");
  EXPECT_THROW(evict(api, discovery, {"a", "p"}), Error);
}

TEST_F(EvictionTest, DiscoveryKnowsVersionsGroupsAndResources) {
  server.then(200, R"({"major":"1","minor":"20+","gitVersion":"v1.20.2-x"})");
  EXPECT_EQ(discovery.version().minor, 20U);
  EXPECT_EQ(discovery.version().text, "v1.20.2-x");
  server.then(200, R"({"groups":[{"name":"policy","preferredVersion":{"version":"v1"},
      "versions":[{"version":"v1beta1"},{"version":"v1"}]}]})");
  EXPECT_THAT(discovery.versions("policy"), ElementsAre("v1", "v1beta1"));
  EXPECT_TRUE(discovery.versions("other").empty());
  server.then(404, "404 page not found");
  server.then(200, R"({"resources":[{"name":"poddisruptionbudgets","kind":"PodDisruptionBudget","namespaced":true}]})");
  EXPECT_EQ(discovery.choose("policy", {"v1", "v1beta1"}, "poddisruptionbudgets"), disruption_budgets("v1beta1"));
  EXPECT_EQ(discovery.choose("policy", {"v1"}, "poddisruptionbudgets"), std::nullopt);
  EXPECT_THAT(server.requests(), SizeIs(4));
}

TEST_F(EvictionTest, AGroupWhoseServerIsAwayIsAskedAgain) {
  server.otherwise([](const Request&) { return Response{.status = 503, .body = "away"}; });
  EXPECT_THROW(discovery.find("metrics.k8s.io", "v1beta1", "nodes"), Error);
  server.then(200, R"({"resources":[{"name":"nodes","kind":"NodeMetrics"}]})");
  EXPECT_TRUE(discovery.find("metrics.k8s.io", "v1beta1", "nodes"));
}

TEST_F(EvictionTest, AReviewSaysWhatIsMissing) {
  server.then(201, R"({"status":{"allowed":true}})");
  server.then(201, R"({"status":{"allowed":false,"reason":"no"}})");
  EXPECT_THAT(missing_rights(api, {{.verb = "list", .resource = "nodes"},
                                   {.verb = "create", .resource = "pods/eviction", .space = "a"}}),
              ElementsAre("create pods/eviction in namespace 'a'"));
  const auto asked = json::parse(server.requests()[1].body)["spec"]["resourceAttributes"];
  EXPECT_EQ(asked["subresource"], "eviction");
  EXPECT_EQ(asked["resource"], "pods");
}

class EventTest : public EvictionTest {
 protected:
  EventWriter events{api, discovery, {.controller = "keelson.dev/controller", .instance = "pod-1"}};
  const json node = json::parse(R"({"apiVersion":"v1","kind":"Node","metadata":{"name":"n","uid":"u"}})");
  const EventText text{.reason = "Drained", .action = "Drain", .note = "all pods are gone"};
};

TEST_F(EventTest, AnEventIsWrittenOnceAndThenCountedUp) {
  server.then(200, R"({"resources":[{"name":"events"}]})");
  server.then(201, "{}");
  server.then(200, "{}");
  EXPECT_TRUE(events.write(node, text));
  EXPECT_TRUE(events.write(node, text));
  const auto asked = server.requests();
  EXPECT_EQ(asked[1].path, "/apis/events.k8s.io/v1/namespaces/default/events");
  const auto body = json::parse(asked[1].body);
  EXPECT_EQ(body["regarding"]["uid"], "u");
  EXPECT_EQ(body["note"], "all pods are gone");
  EXPECT_EQ(body["eventTime"], "2026-11-26T10:00:00.000000Z");
  EXPECT_EQ(asked[2].method, "PATCH");
  EXPECT_EQ(json::parse(asked[2].body)["series"]["count"], 2);
}

TEST_F(EventTest, OldServersGetCoreEvents) {
  server.then(404, "404 page not found");
  server.then(201, "{}");
  EXPECT_TRUE(events.write(node, text));
  EXPECT_EQ(server.requests()[1].path, "/api/v1/namespaces/default/events");
  EXPECT_EQ(json::parse(server.requests()[1].body)["message"], "all pods are gone");
}

TEST_F(EventTest, AFailureIsAValue) {
  server.then(200, R"({"resources":[{"name":"events"}]})");
  server.then(403, status_body(403, "Forbidden", "no"));
  EXPECT_FALSE(events.write(node, text));
}

TEST_F(EventTest, LongNotesAreCutBetweenCharacters) {
  server.then(200, R"({"resources":[{"name":"events"}]})");
  server.then(201, "{}");
  std::string note = "x";
  for (int i = 0; i < 2000; ++i) note += "ü";
  events.write(node, {.reason = "R", .action = "A", .note = note});
  const auto written = json::parse(server.requests()[1].body)["note"].get<std::string>();
  EXPECT_LE(written.size(), 1024U);
  EXPECT_TRUE(note.starts_with(written));
  EXPECT_GT(written.size(), 1000U);
}

}  // namespace
}  // namespace keelson::kube
