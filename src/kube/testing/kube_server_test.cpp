// The client against a real API server:
//
//     tests/kube/with_server.py kube_server_test
//
// or against any other, with KEELSON_TEST_KUBECONFIG=…/admin.conf.
//
// Wants an account that may do everything, a controller manager (service accounts, budgets' status), and no kubelet:
// the pods here are on a node that does not exist, and are made ready by writing their status. Everything is in a
// namespace of its own, whose deletion is asked for at the end. Works with Kubernetes 1.20 and newer.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <thread>

#include "kube/access_review.h"
#include "kube/connection.h"
#include "kube/events.h"
#include "kube/eviction.h"
#include "kube/json_text.h"
#include "kube/lease.h"
#include "kube/reflector.h"

namespace keelson::kube {
namespace {

using namespace std::chrono_literals;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::IsSubsetOf;
using Kind = EvictionOutcome::Kind;

constexpr auto kLongest = 60s;

/// What the tests share: one connection, one namespace.
struct World {
  World() {
    const char* file = std::getenv("KEELSON_TEST_KUBECONFIG");
    if (file == nullptr) throw Error(ErrorKind::Usage, "cannot test: KEELSON_TEST_KUBECONFIG names no kubeconfig");
    const char* path = std::getenv("PATH");
    connection =
        connect_by(choose_context(read_kubeconfigs({file})), {fmt::format("PATH={}", path ? path : "")}, clock);
    transport = std::make_unique<CurlTransport>(connection.options, connection.credentials);
    api = std::make_unique<Api>(*transport, clock);
    discovery = std::make_unique<Discovery>(*api);
    const auto now = std::chrono::system_clock::now().time_since_epoch().count();
    space = fmt::format("keelson-test-{}-{}", ::getpid(), now % 1'000'000);
    api->create(namespaces(), "", {{"metadata", {{"name", space}}}}, "test");
  }
  ~World() {
    try {
      api->remove(namespaces(), {"", space});
    } catch (const Error&) {
      // The server has gone before us.
    }
  }
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  SystemClock clock;
  Connection connection;
  std::unique_ptr<CurlTransport> transport;
  std::unique_ptr<Api> api;
  std::unique_ptr<Discovery> discovery;
  std::string space;
};

class KubeServer : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { world = new World; }
  static void TearDownTestSuite() { delete std::exchange(world, nullptr); }

  static Api& api() { return *world->api; }
  static ObjectName here(std::string name) { return {world->space, std::move(name)}; }

  static json config_map(const std::string& name, const std::string& value) {
    return {{"apiVersion", "v1"},
            {"kind", "ConfigMap"},
            {"metadata", {{"name", name}, {"namespace", world->space}, {"labels", {{"app", name.substr(0, 4)}}}}},
            {"data", {{"key", value}}}};
  }

  template <typename Condition>
  static bool eventually(const Condition& condition) {
    const auto until = std::chrono::steady_clock::now() + kLongest;
    while (std::chrono::steady_clock::now() < until) {
      if (condition()) return true;
      std::this_thread::sleep_for(50ms);
    }
    return condition();
  }

  /// A pod that looks as if it ran.
  static json ready_pod(const std::string& name, const std::string& app) {
    EXPECT_TRUE(eventually([] {
      return api().find({"", "v1", "serviceaccounts", "ServiceAccount", true}, here("default")).has_value();
    }));
    const json pod = {{"metadata", {{"name", name}, {"labels", {{"app", app}}}}},
                      {"spec",
                       {{"nodeName", "no-such-node"},
                        {"terminationGracePeriodSeconds", 1},
                        {"automountServiceAccountToken", false},
                        {"containers", json::array({{{"name", "c"}, {"image", "none"}}})}}}};
    api().create(pods(), world->space, pod, "test");
    const json ready = {
        {"status", {{"phase", "Running"}, {"conditions", json::array({{{"type", "Ready"}, {"status", "True"}}})}}}};
    return api().patch(pods(), here(name), merge_patch(ready, "test"), "status");
  }

  static Resource budgets() {
    return world->discovery->choose("policy", {"v1", "v1beta1"}, "poddisruptionbudgets").value();
  }
  static void make_budget(const std::string& name, const std::string& app) {
    api().create(budgets(), world->space,
                 {{"apiVersion", budgets().api_version()},
                  {"kind", "PodDisruptionBudget"},
                  {"metadata", {{"name", name}}},
                  {"spec", {{"minAvailable", 1}, {"selector", {{"matchLabels", {{"app", app}}}}}}}},
                 "test");
    EXPECT_TRUE(eventually([&] {
      const json budget = api().get(budgets(), here(name));
      return number_at(budget, {"status", "observedGeneration"}) &&
             number_at(budget, {"status", "currentHealthy"}) == 1;
    })) << "the controller manager has not looked at the budget";
  }

  static World* world;
};

World* KubeServer::world = nullptr;

TEST_F(KubeServer, SpeaksHttp2AndTellsItsVersion) {
  EXPECT_EQ(world->transport->send({.path = "/version"}).protocol, "HTTP/2");
  EXPECT_EQ(world->discovery->version().major, 1U);
  EXPECT_GE(world->discovery->version().minor, 20U);
  EXPECT_FALSE(world->discovery->versions("apps").empty());
}

TEST_F(KubeServer, AppliesAndReportsWhoOwnsAField) {
  const auto name = here("applied");
  api().patch(config_maps(), name, apply_patch(config_map("applied", "one"), "first"));
  try {
    api().patch(config_maps(), name, apply_patch(config_map("applied", "two"), "second"));
    FAIL() << "there was no conflict";
  } catch (const ApiError& error) {
    EXPECT_EQ(error.status().code, 409);
    EXPECT_THAT(error.message(), HasSubstr(".data.key"));
    EXPECT_THAT(error.message(), HasSubstr("first"));
  }
  EXPECT_EQ(api().patch(config_maps(), name, force_apply_patch(config_map("applied", "two"), "second"))["data"]["key"],
            "two");
}

TEST_F(KubeServer, MergePatchesWithAnOldVersionConflict) {
  const json made = api().create(config_maps(), world->space, config_map("versioned", "one"), "test");
  const auto name = here("versioned");
  const auto with_version = [&](const char* value) {
    return merge_patch({{"metadata", {{"resourceVersion", resource_version_of(made)}}}, {"data", {{"key", value}}}},
                       "test");
  };
  api().patch(config_maps(), name, with_version("two"));
  EXPECT_THROW(api().patch(config_maps(), name, with_version("three")), ApiError);
  const json operations =
      json::parse(R"([{"op":"test","path":"/data/key","value":"two"},{"op":"remove","path":"/data/key"}])");
  EXPECT_FALSE(api().patch(config_maps(), name, json_patch(operations, "test")).contains("data"));
}

TEST_F(KubeServer, ListsInPages) {
  for (int i = 0; i < 7; ++i) {
    api().create(config_maps(), world->space, config_map(fmt::format("page-{}", i), "x"), "test");
  }
  const List list = api().list(config_maps(), {.space = world->space, .label_selector = "app=page", .page = 3});
  EXPECT_EQ(list.items.size(), 7U);
  EXPECT_EQ(name_of(list.items.at(6)), "page-6");
  EXPECT_FALSE(list.resource_version.empty());
}

TEST_F(KubeServer, DeletesOnlyWhatIsMeant) {
  const json made = api().create(config_maps(), world->space, config_map("doomed", "x"), "test");
  EXPECT_EQ(api().remove(config_maps(), here("doomed"), {.uid = "00000000-0000-0000-0000-000000000000"}),
            Deletion::Different);
  EXPECT_EQ(api().remove(config_maps(), here("doomed"), {.uid = uid_of(made)}), Deletion::Accepted);
  EXPECT_EQ(api().remove(config_maps(), here("doomed"), {.uid = uid_of(made)}), Deletion::Gone);
  EXPECT_EQ(api().find(config_maps(), here("doomed")), std::nullopt);
}

TEST_F(KubeServer, AReflectorSeesWhatHappens) {
  api().create(config_maps(), world->space, config_map("seen-a", "1"), "test");
  ObjectCache cache;
  std::vector<std::string> complaints;
  Reflector reflector(api(), config_maps(), cache,
                      {.list = {.space = world->space, .label_selector = "app=seen"},
                       .complain = [&](const Error& error) { complaints.push_back(error.message()); }});
  std::jthread thread([&](const std::stop_token& stop) { reflector.run(stop); });
  ASSERT_TRUE(cache.wait_until_synced(world->clock, kLongest));
  EXPECT_EQ(cache.size(), 1U);
  api().create(config_maps(), world->space, config_map("seen-b", "1"), "test");
  EXPECT_TRUE(eventually([&] { return cache.find(world->space, "seen-b") != nullptr; }));
  api().patch(config_maps(), here("seen-b"), merge_patch({{"data", {{"key", "2"}}}}, "test"));
  EXPECT_TRUE(eventually([&] { return text_at(*cache.find(world->space, "seen-b"), {"data", "key"}) == "2"; }));
  api().remove(config_maps(), here("seen-a"));
  EXPECT_TRUE(eventually([&] { return cache.find(world->space, "seen-a") == nullptr; }));
  thread.request_stop();
  thread.join();
  EXPECT_TRUE(complaints.empty()) << complaints.front();
}

TEST_F(KubeServer, AWatchHasBookmarksAndEndsWhenItIsTold) {
  ObjectCache cache;
  Reflector reflector(api(), config_maps(), cache,
                      {.list = {.space = world->space, .label_selector = "app=mark"}, .shortest_watch = 5s});
  reflector.list_once({});
  const std::string before = reflector.resource_version();
  // What this watch does not select, while it runs: servers send no bookmark for what came before it.
  const std::jthread others([](const std::stop_token& stop) {
    for (int i = 0; !stop.stop_requested(); ++i) {
      api().create(config_maps(), world->space, config_map(fmt::format("elsewhere-{}", i), "x"), "test");
      std::this_thread::sleep_for(300ms);
    }
  });
  EXPECT_THAT(reflector.watch_once({}), AnyOf(Reflector::Next::Watch, Reflector::Next::Repeat));
  EXPECT_EQ(cache.size(), 0U);
  EXPECT_NE(reflector.resource_version(), before) << "a bookmark comes before the server ends a watch";
}

// The server keeps no history of a custom resource from before it was defined.
TEST_F(KubeServer, AVersionThatIsTooOldLeadsToAList) {
  const std::string group = world->space + ".example.org";
  const Resource widgets{group, "v1", "widgets", "Widget", true};
  const std::string name = "widgets." + group;
  const json schema =
      json::parse(R"({"openAPIV3Schema":{"type":"object","x-kubernetes-preserve-unknown-fields":true}})");
  const json version = {{"name", "v1"}, {"served", true}, {"storage", true}, {"schema", schema}};
  api().create(
      custom_resource_definitions(), "",
      {{"apiVersion", "apiextensions.k8s.io/v1"},
       {"kind", "CustomResourceDefinition"},
       {"metadata", {{"name", name}}},
       {"spec",
        {{"group", group},
         {"scope", "Namespaced"},
         {"names", {{"plural", "widgets"}, {"singular", "widget"}, {"kind", "Widget"}, {"listKind", "WidgetList"}}},
         {"versions", json::array({version})}}}},
      "test");
  EXPECT_TRUE(eventually([&] {
    const json definition = api().get(custom_resource_definitions(), {"", name});
    const auto established = condition_of(definition, "Established");
    return established && established->status == "True";
  }));
  EXPECT_TRUE(eventually([&] { return api().transport().send({.path = collection_path(widgets, "")}).status == 200; }));
  Request request{.path = collection_path(widgets, "")};
  request.query = {{"watch", "1"}, {"resourceVersion", "1"}, {"timeoutSeconds", "5"}};
  LineSplitter lines(1 << 20);
  std::optional<Status> status;
  const Streamed end = world->transport->stream(request, 30s, [&](std::string_view chunk) {
    return lines.add(chunk, [&](std::string_view line) {
      status = parse_watch_event(line).status;
      return !status;
    });
  });
  if (end.response.status != 200) status = parse_status(end.response);
  EXPECT_EQ(api().remove(custom_resource_definitions(), {"", name}), Deletion::Accepted);
  ASSERT_TRUE(status);
  EXPECT_EQ(status->code, 410);
}

TEST_F(KubeServer, ABudgetBlocksAnEvictionAndTwoAreAMistake) {
  const json pod = ready_pod("guarded", "guarded");
  make_budget("one", "guarded");
  const auto blocked = evict(api(), *world->discovery, here("guarded"), {.uid = uid_of(pod)});
  EXPECT_EQ(blocked.kind, Kind::Blocked) << blocked.message;
  EXPECT_EQ(evict(api(), *world->discovery, here("guarded"), {.dry_run = true}).kind, Kind::Blocked);
  make_budget("two", "guarded");
  const auto twice = evict(api(), *world->discovery, here("guarded"));
  EXPECT_EQ(twice.kind, Kind::Misconfigured) << twice.message;
  api().remove(budgets(), here("one"));
  api().remove(budgets(), here("two"));
  const auto other = evict(api(), *world->discovery, here("guarded"), {.uid = "00000000-0000-0000-0000-000000000000"});
  EXPECT_EQ(other.kind, Kind::Gone) << other.message;
  EXPECT_FALSE(is_being_deleted(api().get(pods(), here("guarded"))));
  const auto done = evict(api(), *world->discovery, here("guarded"), {.uid = uid_of(pod)});
  EXPECT_EQ(done.kind, Kind::Evicted) << done.message;
  EXPECT_TRUE(is_being_deleted(api().get(pods(), here("guarded"))));
  // There is no kubelet to end it.
  api().remove(pods(), here("guarded"), {.uid = uid_of(pod), .grace_period = 0s});
  EXPECT_EQ(evict(api(), *world->discovery, here("guarded")).kind, Kind::Gone);
}

TEST_F(KubeServer, ALeaseHasOneHolderAtATime) {
  const auto options = [](std::string identity) {
    return LeaseOptions{.space = world->space,
                        .name = "election",
                        .identity = std::move(identity),
                        .lease_duration = 3s,
                        .renew_deadline = 2s,
                        .retry_period = 500ms,
                        .complain = [](const Error& error) { ADD_FAILURE() << error.message(); }};
  };
  LeaderElector a(api(), options("a"));
  LeaderElector b(api(), options("b"));
  a.step();
  b.step();
  EXPECT_TRUE(a.is_leader());
  EXPECT_EQ(a.token()->transitions, 0);
  EXPECT_EQ(b.holder(), "a");
  bool both = false;
  EXPECT_TRUE(eventually([&] {  // a is silent from here on
    b.step();
    both = both || (a.is_leader() && b.is_leader());
    return b.is_leader();
  }));
  EXPECT_FALSE(both);
  EXPECT_EQ(b.token()->transitions, 1);
  b.step();
  EXPECT_EQ(b.token()->transitions, 1) << "renewed, not taken";
  b.release();
  a.step();
  EXPECT_TRUE(a.is_leader());
  EXPECT_EQ(a.token()->transitions, 2);
}

TEST_F(KubeServer, ForbiddenIsToldWithTheAccountAndUnknownTokensToo) {
  const Resource accounts{"", "v1", "serviceaccounts", "ServiceAccount", true};
  api().create(accounts, world->space, {{"metadata", {{"name", "nobody"}}}}, "test");
  const Request request{.method = "POST",
                        .path = object_path(accounts, here("nobody"), "token"),
                        .content_type = "application/json",
                        .body = R"({"apiVersion":"authentication.k8s.io/v1","kind":"TokenRequest",
                                    "spec":{"expirationSeconds":3600,"audiences":[]}})"};
  const json answer = api().ask(action_on("create", accounts, here("nobody"), "token"), request, Retry::Never);
  const auto as = [&](const std::string& token) {
    return std::make_shared<FileCredentials>(
        FileCredentialsOptions{.authority = {.value = world->connection.credentials->current().authority, .file = {}},
                               .token = {.value = token, .file = {}}});
  };
  const auto said = [&](const std::string& token) -> std::string {
    CurlTransport transport(world->connection.options, as(token));
    Api theirs(transport, world->clock);
    try {
      theirs.list(nodes());
    } catch (const Error& error) {
      return error.message();
    }
    return "nothing was thrown";
  };
  EXPECT_EQ(said(text_at(answer, {"status", "token"})),
            fmt::format("cannot list nodes: the account 'system:serviceaccount:{}:nobody' may not (RBAC: verb list, "
                        "resource nodes)",
                        world->space));
  EXPECT_EQ(said("nonsense"), "cannot list nodes: the server does not accept who we say we are");
  CurlTransport transport(world->connection.options, as(text_at(answer, {"status", "token"})));
  Api theirs(transport, world->clock);
  EXPECT_EQ(missing_rights(theirs, {{.verb = "create", .resource = "pods/eviction", .space = world->space}}).size(),
            1U);
  EXPECT_TRUE(missing_rights(api(), {{.verb = "create", .resource = "pods/eviction"}}).empty());
}

TEST_F(KubeServer, EventsAreWrittenAndCounted) {
  json object = api().create(config_maps(), world->space, config_map("told-of", "x"), "test");
  EventWriter events(api(), *world->discovery,
                     {.controller = "keelson.dev/test",
                      .instance = "test-1",
                      .space = world->space,
                      .complain = [](const Error& error) { ADD_FAILURE() << error.message(); }});
  const EventText text{.type = EventText::Type::Warning, .reason = "Tested", .action = "Test", .note = "for ü"};
  EXPECT_TRUE(events.write(object, text));
  EXPECT_TRUE(events.write(object, text));
  const List list = api().list({"", "v1", "events", "Event", true}, {.space = world->space});
  int found = 0;
  for (const auto& event : list.items) {
    if (text_at(event, {"reason"}) != "Tested") continue;
    ++found;
    EXPECT_EQ(text_at(event, {"message"}), "for ü");
    EXPECT_EQ(text_at(event, {"involvedObject", "uid"}), uid_of(object));
    EXPECT_EQ(number_at(event, {"series", "count"}), 2);
  }
  EXPECT_EQ(found, 1);
}

TEST_F(KubeServer, InvalidObjectsAreTold) {
  json wrong = config_map("Not A Name", "x");
  try {
    api().create(config_maps(), world->space, wrong, "test");
    FAIL();
  } catch (const ApiError& error) {
    EXPECT_EQ(error.kind(), ErrorKind::BadInput);
    EXPECT_EQ(error.status().reason, "Invalid");
    EXPECT_TRUE(error.status().has_cause("FieldValueInvalid"));
  }
}

}  // namespace
}  // namespace keelson::kube
