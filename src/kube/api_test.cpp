#include "kube/api.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kube/testing/manual_clock.h"
#include "kube/testing/scripted_transport.h"

namespace keelson::kube {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::ManualClock;
using testing::parameter;
using testing::ScriptedTransport;
using testing::status_body;

class ApiTest : public ::testing::Test {
 protected:
  template <typename Body>
  std::string refusal(const Body& body) {
    try {
      body();
    } catch (const Error& error) {
      last_kind = error.kind();
      return error.message();
    }
    return "nothing was thrown";
  }

  ScriptedTransport server;
  ManualClock clock;
  Api api{server, clock};
  ErrorKind last_kind = ErrorKind::Internal;
};

TEST(ResourcePaths, OfCoreAndGroupsWithNamespacesAndWithout) {
  EXPECT_EQ(collection_path(nodes(), ""), "/api/v1/nodes");
  EXPECT_EQ(collection_path(pods(), ""), "/api/v1/pods");
  EXPECT_EQ(collection_path(pods(), "a"), "/api/v1/namespaces/a/pods");
  EXPECT_EQ(object_path(daemon_sets(), {"a", "b"}), "/apis/apps/v1/namespaces/a/daemonsets/b");
  EXPECT_EQ(object_path(nodes(), {"", "n:1"}, "status"), "/api/v1/nodes/n%3A1/status");
}

TEST(ResourcePaths, NamesThatWouldLeadElsewhereAreRefused) {
  for (const char* wrong : {"", ".", "..", "a/b", "a%2Fb"}) {
    EXPECT_THROW(object_path(nodes(), {"", wrong}), Error) << wrong;
  }
  EXPECT_THROW(object_path(pods(), {"", "a"}), Error);
}

TEST_F(ApiTest, ListsPageByPage) {
  server.then(200, R"({"metadata":{"resourceVersion":"7","continue":"c1"},"items":[{"metadata":{"name":"a"}}]})");
  server.then(200, R"({"metadata":{"resourceVersion":"7"},"items":[{"metadata":{"name":"b"}}]})");
  const List list = api.list(nodes(), {.label_selector = "x=y", .page = 1});
  ASSERT_EQ(list.items.size(), 2U);
  EXPECT_EQ(name_of(list.items[1]), "b");
  EXPECT_EQ(list.items[0]["kind"], "Node");
  EXPECT_EQ(list.resource_version, "7");
  const auto asked = server.requests();
  EXPECT_EQ(target_of(asked[0]), "/api/v1/nodes?labelSelector=x%3Dy&limit=1");
  EXPECT_EQ(parameter(asked[1], "continue"), "c1");
}

TEST_F(ApiTest, AListThatExpiresBetweenPagesBeginsAnew) {
  server.then(200, R"({"metadata":{"resourceVersion":"7","continue":"c1"},"items":[{"metadata":{"name":"old"}}]})");
  server.then(410, status_body(410, "Expired", "too old"));
  server.then(200, R"({"metadata":{"resourceVersion":"9"},"items":[{"metadata":{"name":"new"}}]})");
  const List list = api.list(nodes());
  ASSERT_EQ(list.items.size(), 1U);
  EXPECT_EQ(name_of(list.items[0]), "new");
  EXPECT_EQ(parameter(server.requests()[2], "continue"), "");
}

TEST_F(ApiTest, AListThatExpiresForEverIsGivenUp) {
  server.otherwise([](const Request& request) {
    if (!parameter(request, "continue").empty())
      return Response{.status = 410, .body = status_body(410, "Expired", "")};
    return Response{.status = 200, .body = R"({"metadata":{"continue":"c"},"items":[]})"};
  });
  EXPECT_THAT(refusal([&] { api.list(nodes()); }), HasSubstr("forgot the list 4 times"));
  EXPECT_EQ(last_kind, ErrorKind::Unavailable);
}

TEST_F(ApiTest, AServerThatGivesOnePageForEverIsRefused) {
  server.otherwise(
      [](const Request&) { return Response{.status = 200, .body = R"({"metadata":{"continue":"c"},"items":[{}]})"}; });
  EXPECT_THAT(refusal([&] { api.list(nodes()); }), HasSubstr("one page for ever"));
}

TEST_F(ApiTest, MoreItemsThanAllowedAreRefused) {
  server.then(200, R"({"metadata":{},"items":[{},{},{}]})");
  EXPECT_EQ(refusal([&] { api.list(nodes(), {.most_items = 2}); }), "cannot list nodes: there are more than 2");
}

TEST_F(ApiTest, RbacIsToldWithAccountVerbAndResource) {
  server.then(403,
              status_body(403, "Forbidden",
                          R"(nodes is forbidden: User "system:serviceaccount:k:x" cannot list resource "nodes" in API )"
                          R"(group "" at the cluster scope)"));
  EXPECT_EQ(refusal([&] { api.list(nodes()); }),
            "cannot list nodes: the account 'system:serviceaccount:k:x' may not (RBAC: verb list, resource nodes)");
  EXPECT_EQ(last_kind, ErrorKind::Refused);
}

TEST_F(ApiTest, OtherRefusalsKeepTheServersWords) {
  server.then(403, status_body(403, "Forbidden", "exceeded quota"));
  EXPECT_EQ(refusal([&] {
              api.get(pods(), {"a", "b"});
            }),
            "cannot get pods 'b' in namespace 'a': the server forbids it: exceeded quota");
  server.then(404, "404 page not found");
  EXPECT_EQ(refusal([&] {
              (void)api.find(leases(), {"a", "b"});
            }),
            "cannot get leases 'b' in namespace 'a': the server does not have that API");
  EXPECT_EQ(last_kind, ErrorKind::NotFound);
}

TEST_F(ApiTest, WhatIsNotThereIsAValue) {
  server.then(404, status_body(404, "NotFound", "not there"));
  EXPECT_EQ(api.find(nodes(), {"", "a"}), std::nullopt);
}

TEST_F(ApiTest, ASlowedRequestWaitsAsLongAsTheServerAsks) {
  server.then(429, status_body(429, "TooManyRequests", "slow down"), {{"retry-after", "7"}});
  server.then(200, "{}");
  api.create(pods(), "a", json::object(), "m");
  EXPECT_EQ(clock.passed(), 7s);
}

TEST_F(ApiTest, AWaitThatIsTooLongIsGivenUp) {
  server.then(429, status_body(429, "TooManyRequests", "slow down"), {{"retry-after", "3000"}});
  EXPECT_THAT(refusal([&] { api.get(nodes(), {"", "a"}); }), HasSubstr("slow down"));
  EXPECT_EQ(clock.passed(), 0s);
}

TEST_F(ApiTest, AttemptsAreBoundedAndTheirPausesGrow) {
  server.otherwise([](const Request&) { return Response{.status = 503, .body = "away"}; });
  EXPECT_THAT(refusal([&] { api.get(nodes(), {"", "a"}); }), HasSubstr("away"));
  EXPECT_EQ(server.requests().size(), 4U);
  EXPECT_EQ(clock.passed(), 500ms + 1s + 2s);
}

TEST_F(ApiTest, WhatMayHaveHappenedIsNotRepeated) {
  const auto cut = [](const Request&) -> Response {
    throw TransportError(ErrorKind::Unavailable, TransportError::Arrival::Perhaps, "cut");
  };
  server.then(cut);
  EXPECT_EQ(refusal([&] { api.create(pods(), "a", json::object(), "m"); }), "cut");
  EXPECT_EQ(server.requests().size(), 1U);
  server.then(503, "away");
  EXPECT_THAT(refusal([&] { api.create(pods(), "a", json::object(), "m"); }), HasSubstr("away"));
  EXPECT_EQ(server.requests().size(), 2U);
  server.then(cut);
  server.then(200, "{}");
  api.get(nodes(), {"", "a"});
  EXPECT_EQ(server.requests().size(), 4U);
}

TEST_F(ApiTest, ARequestThatNeverArrivedIsRepeated) {
  server.then([](const Request&) -> Response {
    throw TransportError(ErrorKind::Unavailable, TransportError::Arrival::Never, "connection refused");
  });
  server.then(201, "{}");
  api.create(pods(), "a", json::object(), "m");
  EXPECT_EQ(server.requests().size(), 2U);
}

TEST_F(ApiTest, AMergePatchWithAVersionIsNotRepeatedBlindly) {
  server.then(503, "away");
  EXPECT_THROW(api.patch(nodes(), {"", "a"}, merge_patch({{"metadata", {{"resourceVersion", "5"}}}}, "m")), Error);
  EXPECT_EQ(server.requests().size(), 1U);
  server.then(503, "away");
  server.then(200, "{}");
  api.patch(nodes(), {"", "a"}, merge_patch({{"spec", {{"unschedulable", true}}}}, "m"));
  EXPECT_EQ(server.requests().size(), 3U);
  EXPECT_EQ(server.requests()[2].content_type, "application/merge-patch+json");
}

TEST_F(ApiTest, AnApplyNamesItsManagerAndConflictsNameTheOwners) {
  server.then(409, R"({"kind":"Status","reason":"Conflict","message":"Apply failed","code":409,"details":{"causes":[
      {"reason":"FieldManagerConflict","message":"conflict with \"kubectl\"","field":".spec.x"}]}})");
  EXPECT_EQ(refusal([&] {
              api.patch(nodes(), {"", "a"}, apply_patch(json::object(), "me"));
            }),
            "cannot patch nodes 'a': others own these fields: .spec.x (conflict with \"kubectl\")");
  server.then(200, "{}");
  api.patch(nodes(), {"", "a"}, force_apply_patch(json::object(), "me"), "status");
  EXPECT_EQ(target_of(server.requests()[1]), "/api/v1/nodes/a/status?fieldManager=me&force=true");
  EXPECT_EQ(server.requests()[1].content_type, "application/apply-patch+yaml");
}

TEST_F(ApiTest, ADeletionSaysWhatBecameOfTheObject) {
  const DeleteOptions options{.uid = "u", .resource_version = "9", .grace_period = 30s, .propagation = "Orphan"};
  server.then(200, "{}");
  EXPECT_EQ(api.remove(pods(), {"a", "b"}, options), Deletion::Accepted);
  const auto body = json::parse(server.requests()[0].body);
  EXPECT_EQ(body["preconditions"], json::parse(R"({"uid":"u","resourceVersion":"9"})"));
  EXPECT_EQ(body["gracePeriodSeconds"], 30);
  server.then(404, status_body(404, "NotFound", ""));
  EXPECT_EQ(api.remove(pods(), {"a", "b"}, options), Deletion::Gone);
  server.then(409, status_body(409, "Conflict", "uid differs"));
  EXPECT_EQ(api.remove(pods(), {"a", "b"}, options), Deletion::Different);
  server.then(409, status_body(409, "Conflict", "namespace is busy"));
  EXPECT_THROW(api.remove(pods(), {"a", "b"}), ApiError);
}

TEST_F(ApiTest, AnswersThatAreNoJsonOrTooDeepAreRefused) {
  server.then(200, "<html>");
  EXPECT_THAT(refusal([&] { api.get(nodes(), {"", "a"}); }), HasSubstr("it is no JSON"));
  EXPECT_EQ(last_kind, ErrorKind::BadInput);
  server.then(200, std::string(1'000'000, '['));
  EXPECT_THAT(refusal([&] { api.get(nodes(), {"", "a"}); }), HasSubstr("nested deeper than 128"));
  server.then(200, R"({"x":1e999})");
  EXPECT_THAT(refusal([&] { api.get(nodes(), {"", "a"}); }), HasSubstr("too large"));
}

TEST_F(ApiTest, TheServersTextIsMadeHarmless) {
  server.then(500, "boom \x1b[31m\xff");
  EXPECT_EQ(refusal([&] { api.get(nodes(), {"", "a"}); }), "cannot get nodes 'a': boom ?[31m?");
}

TEST(RateLimit, GivesABurstAndThenAStream) {
  ManualClock clock;
  RateLimit limit(clock, 10, 2);
  EXPECT_EQ(limit.reserve(), 0s);
  EXPECT_EQ(limit.reserve(), 0s);
  EXPECT_EQ(limit.reserve(), 100ms);
  EXPECT_EQ(limit.reserve(), 200ms);
  clock.advance(10s);
  EXPECT_EQ(limit.reserve(), 0s);
  EXPECT_EQ(limit.reserve(), 0s);
  EXPECT_EQ(limit.reserve(), 100ms);
}

TEST(RateLimit, AWaitEndsWhenItIsStopped) {
  ManualClock clock(ManualClock::Sleeps::Block);
  RateLimit limit(clock, 0.001, 1);
  EXPECT_TRUE(limit.acquire());
  std::stop_source source;
  source.request_stop();
  EXPECT_FALSE(limit.acquire(source.get_token()));
}

}  // namespace
}  // namespace keelson::kube
