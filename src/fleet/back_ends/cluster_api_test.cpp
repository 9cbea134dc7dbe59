#include "fleet/back_ends/cluster_api.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "fleet/back_ends/cluster_api_world.h"
#include "fleet/back_ends/small_server.h"

namespace keelson::fleet {
namespace {

using kube::json;
using testing::eventually;
using ::testing::HasSubstr;
using ::testing::StartsWith;

struct ClusterApiTest : ::testing::TestWithParam<std::string> {
  ClusterApiTest() {
    server.serve("infrastructure.cluster.x-k8s.io", "v1beta1", "toymachinetemplates", "ToyMachineTemplate");
    server.serve("keelson.dev", "v1alpha1", "noderecords", "NodeRecord", false);
    for (const auto& [plural, kind] : {std::pair{"machines", "Machine"}, std::pair{"machinesets", "MachineSet"},
                                       std::pair{"machinedeployments", "MachineDeployment"}})
      server.serve("cluster.x-k8s.io", GetParam(), plural, kind);
    world.controllers.make_deployment("workers", 3);
    world.start();
  }
  void wait_for_nodes() const {
    for (const char* machine : {"workers-1", "workers-2", "workers-3"})
      ASSERT_TRUE(eventually([&] { return world.has_node(machine); }));
  }

  testing::SmallServer server;
  kube::SystemClock clock;
  kube::Api api{server.transport(), clock, {.attempts = 1}};
  kube::Discovery discovery{api};
  testing::ClusterApiWorld world{api, discovery, "default", GetParam()};
};

TEST_P(ClusterApiTest, AMachineIsReplacedByOneOfACopiedTemplate) {
  wait_for_nodes();
  const auto back_end = world.back_end();
  back_end->begin(world.node("workers-1"), world.operation("one", "new"));
  EXPECT_TRUE(back_end->is_under_way("one"));
  EXPECT_EQ(world.result("workers-1"), (json{{"name", "one"},
                                             {"state", "Succeeded"},
                                             {"message", "Machine 'workers-4' took its place"},
                                             {"successor", "default-node-workers-4"}}));
  EXPECT_THAT(world.template_in_use(), StartsWith("workers-old-"));
  EXPECT_EQ(world.template_spec(world.template_in_use()), (json{{"image", "new"}, {"size", "small"}}));
  EXPECT_FALSE(world.machine("workers-1"));
  EXPECT_TRUE(world.machine("workers-2"));
  EXPECT_EQ(kube::annotation_of(*world.machine("workers-4"), kSuccessorOf), "one");
  EXPECT_EQ(server.count("DELETE /apis/cluster.x-k8s.io/" + GetParam() + "/namespaces/default/machines/workers-1"), 1U);
}

TEST_P(ClusterApiTest, ClusterApiDoesNotDrainWhatWeHaveDrained) {
  wait_for_nodes();
  world.stop();
  std::atomic<bool> marked = false;
  server.fault = [&](const kube::Request& request) -> std::optional<kube::Response> {
    if (request.method == "DELETE" && request.path.ends_with("/machines/workers-1")) {
      const auto machine = server.object(request.path);
      marked =
          machine && kube::annotation_of(*machine, kNoDraining) && kube::annotation_of(*machine, kOperationOf) == "one";
    }
    return std::nullopt;
  };
  world.start();
  const auto back_end = world.back_end();
  back_end->begin(world.node("workers-1"), world.operation("one", "new"));
  EXPECT_EQ(world.result("workers-1").at("state"), "Succeeded");
  EXPECT_TRUE(marked);
}

TEST_P(ClusterApiTest, SeveralAtOnceHaveASuccessorEachAndOneTemplate) {
  wait_for_nodes();
  const auto back_end = world.back_end();
  for (const char* machine : {"workers-1", "workers-2", "workers-3"})
    back_end->begin(world.node(machine), world.operation(machine, "new"));
  std::set<std::string> successors;
  for (const char* machine : {"workers-1", "workers-2", "workers-3"}) {
    EXPECT_EQ(world.result(machine).at("state"), "Succeeded");
    successors.insert(world.result(machine).value("successor", ""));
  }
  EXPECT_EQ(successors,
            (std::set<std::string>{"default-node-workers-4", "default-node-workers-5", "default-node-workers-6"}));
  EXPECT_EQ(api.list(testing::PretendedClusterApi::templates(), {.space = "default"}).items.size(), 2U);
}

TEST_P(ClusterApiTest, TheWayBackIsTheTemplateThatWasThere) {
  wait_for_nodes();
  const auto back_end = world.back_end();
  back_end->begin(world.node("workers-1"), world.operation("one", "new"));
  EXPECT_EQ(world.result("workers-1").at("state"), "Succeeded");
  const std::string first = world.template_in_use();
  back_end->begin(world.node("workers-4"), world.operation("two", "newer"));
  EXPECT_EQ(world.result("workers-4").at("state"), "Succeeded");
  EXPECT_NE(world.template_in_use(), first);
  back_end->begin(world.node("workers-5"), world.operation("three", "new"));
  EXPECT_EQ(world.result("workers-5").value("successor", ""), "default-node-workers-6");
  EXPECT_EQ(world.template_in_use(), first);
}

TEST_P(ClusterApiTest, GoesOnAfterARestartWhereverItWas) {
  wait_for_nodes();
  // Every life asks for the operation and does one more thing, whose answer every other life does not hear.
  std::size_t cuts = 0;
  for (;; ++cuts) {
    ASSERT_LT(cuts, 60U);
    std::atomic<std::size_t> writes = 0;
    std::atomic<bool> cut = false;
    const auto tools = world.tools;
    testing::SmallServer* const store = &server;
    kube::testing::ScriptedTransport dying;
    dying.otherwise([&, store, deaf = cuts % 2 == 1](const kube::Request& request) -> kube::Response {
      const bool is_write = request.method != "GET";
      const std::size_t number = is_write && !cut ? ++writes : writes.load();
      if (!cut && number <= 2) {
        auto answer = store->transport().send(request);
        cut = is_write && deaf && number == 2;
        if (!cut) return answer;
      }
      cut = true;
      throw kube::TransportError(ErrorKind::Unavailable, kube::TransportError::Arrival::Perhaps, "we are dead");
    });
    dying.otherwise_stream([store](const kube::Request& request, const auto& take, const std::stop_token& stop) {
      return store->transport().stream(request, std::chrono::seconds(60), take, stop);
    });
    kube::Api ours(dying, clock, {.attempts = 1});
    kube::Discovery found(ours);
    BackEndTools mortal = tools;
    mortal.api = &ours;
    mortal.discovery = &found;
    mortal.complain = {};
    const auto back_end =
        make_back_end(ClusterApiBackEnd{R"({"spec": {"template": {"spec": {"image": "${image}"}}}})"}, mortal);
    try {
      back_end->begin(world.node("workers-1"), world.operation("one", "new"));
    } catch (const Error&) {
      continue;
    }
    eventually([&] { return cut || !world.status("workers-1").is_null(); });
    if (!world.status("workers-1").is_null()) break;
  }
  EXPECT_EQ(world.result("workers-1").value("successor", ""), "default-node-workers-4");
  EXPECT_GE(cuts, 5U);
  EXPECT_EQ(api.list(world.controllers.machines(), {.space = "default"}).items.size(), 3U);
  EXPECT_TRUE(world.machine("workers-2") && world.machine("workers-3"));
}

TEST_P(ClusterApiTest, ADeploymentThatReplacesByItselfIsRefused) {
  world.controllers.make_deployment("rolling", 1, "RollingUpdate");
  ASSERT_TRUE(eventually([&] {
    for (int i = 1; i < 9; ++i) {
      if (world.has_node(fmt::format("rolling-{}", i))) return true;
    }
    return false;
  }));
  const auto back_end = world.back_end();
  for (int i = 1; i < 9; ++i) {
    const std::string machine = fmt::format("rolling-{}", i);
    if (!world.has_node(machine)) continue;
    back_end->begin(world.node(machine), world.operation("one", "new"));
    EXPECT_EQ(world.result(machine).at("state"), "Failed");
    EXPECT_THAT(world.result(machine).value("message", ""), HasSubstr("RollingUpdate, not OnDelete"));
    EXPECT_TRUE(world.machine(machine));
  }
}

TEST_P(ClusterApiTest, WhatCanNotBeDoneIsToldAndNothingIsTouched) {
  wait_for_nodes();
  const auto back_end = world.back_end(R"({"spec": {"image": "${digest}"}})");
  back_end->begin(world.node("workers-1"), world.operation("one", "new"));
  EXPECT_THAT(world.result("workers-1").value("message", ""), HasSubstr("release 'release-new' has no digest"));
  back_end->begin("stranger", world.operation("two", "new"));
  EXPECT_TRUE(eventually([&] {
    const auto record = server.object("/apis/keelson.dev/v1alpha1/noderecords/stranger");
    return record && has_result(*record, "two");
  }));
  api.create(kube::nodes(), "", {{"metadata", {{"name", "bare"}}}}, "test");
  back_end->begin("bare", world.operation("three", "new"));
  EXPECT_TRUE(eventually([&] {
    const auto record = server.object("/apis/keelson.dev/v1alpha1/noderecords/bare");
    return record &&
           kube::text_at(*record, {"status", "operation", "message"}).find("has no Machine") != std::string::npos;
  }));
  EXPECT_EQ(world.template_in_use(), "workers-old");
  EXPECT_TRUE(world.machine("workers-1"));
}

TEST_P(ClusterApiTest, ServersThatAreAwayOrConflictOnlyDelayIt) {
  wait_for_nodes();
  world.stop();
  std::atomic<unsigned> requests = 0;
  server.fault = [&](const kube::Request& request) -> std::optional<kube::Response> {
    // Those of Cluster API's controllers too, which look again.
    if (++requests > 60) return std::nullopt;
    if (requests % 7 == 0) return kube::Response{.status = 503, .body = kube::testing::status_body(503, "x", "away")};
    if (request.method == "PATCH" && requests % 11 == 0)
      return kube::Response{.status = 409, .body = kube::testing::status_body(409, "Conflict", "changed")};
    return std::nullopt;
  };
  world.start();
  const auto back_end = world.back_end();
  EXPECT_TRUE(eventually([&] {
    try {
      back_end->begin(world.node("workers-1"), world.operation("one", "new"));
      return true;
    } catch (const Error&) {
      return false;
    }
  }));
  EXPECT_TRUE(eventually([&] {
    const auto record = server.object("/apis/keelson.dev/v1alpha1/noderecords/default-node-workers-1");
    return record && has_result(*record, "one");
  }));
  const auto record = server.object("/apis/keelson.dev/v1alpha1/noderecords/default-node-workers-1");
  EXPECT_EQ(kube::text_at(*record, {"status", "operation", "state"}), "Succeeded");
  EXPECT_TRUE(eventually([&] { return !world.machine("workers-1"); }));
  EXPECT_TRUE(world.machine("workers-2") && world.machine("workers-3"));
}

INSTANTIATE_TEST_SUITE_P(Versions, ClusterApiTest, ::testing::Values("v1beta1", "v1beta2"),
                         [](const auto& version) { return version.param; });

TEST(Machines, WhyADeploymentIsLeftAlone) {
  const auto why = [](const char* text) { return why_not_to_change(json::parse(text)); };
  EXPECT_EQ(why(R"({"spec": {"strategy": {"type": "OnDelete"}}})"), "");
  EXPECT_EQ(why(R"({"spec": {"rollout": {"strategy": {"type": "OnDelete"}}}})"), "");
  EXPECT_THAT(why(R"({"spec": {}})"), HasSubstr("RollingUpdate (the default), not OnDelete"));
  EXPECT_THAT(why(R"({"spec": {"paused": true, "strategy": {"type": "OnDelete"}}})"), HasSubstr("is paused"));
  EXPECT_THAT(why(R"({"metadata": {"labels": {"topology.cluster.x-k8s.io/owned": ""}},
                      "spec": {"strategy": {"type": "OnDelete"}}})"),
              HasSubstr("ClusterClass"));
}

TEST(Machines, AServerWithoutClusterApiIsToldSo) {
  testing::SmallServer server;
  kube::SystemClock clock;
  kube::Api api(server.transport(), clock, {.attempts = 1});
  kube::Discovery discovery(api);
  testing::ClusterApiWorld world(api, discovery, "default", "v1beta1");
  const auto back_end = world.back_end();
  back_end->begin(world.node("m"), world.operation("one", "new"));
  EXPECT_THAT(world.result("m").value("message", ""), HasSubstr("the server has no machines of cluster.x-k8s.io"));
}

}  // namespace
}  // namespace keelson::fleet
