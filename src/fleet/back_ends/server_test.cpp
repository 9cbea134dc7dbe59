// Back ends against a real API server:
//
//     tests/kube/with_server.py back_ends_server_test
//
// Wants KEELSON_TEST_KUBECONFIG (an account that may do everything) and KEELSON_SOURCE_DIR. Defines the NodeRecord as
// it is shipped, and Cluster API's resources as far as they are needed, with controllers that pretend to be Cluster
// API's.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "fleet/back_ends/cluster_api_world.h"
#include "kube/connection.h"
#include "kube/yaml_document.h"
#include "sys/file.h"
#include "sys/temp_dir.h"

namespace keelson::fleet {
namespace {

using namespace std::chrono_literals;
using kube::json;
using testing::eventually;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr) throw Error(ErrorKind::Usage, fmt::format("cannot test: {} is not set", name));
  return value;
}

json definition(const std::string& group, const std::string& plural, const std::string& kind) {
  const json schema =
      json::parse(R"({"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}})");
  json versions = json::array();
  for (const char* version : {"v1beta1", "v1beta2"}) {
    versions.push_back({{"name", version},
                        {"served", true},
                        {"storage", std::string(version) == "v1beta1"},
                        {"schema", schema},
                        {"subresources", {{"status", json::object()}}}});
  }
  std::string singular = plural;
  singular.pop_back();
  return {{"apiVersion", "apiextensions.k8s.io/v1"},
          {"kind", "CustomResourceDefinition"},
          {"metadata",
           {{"name", plural + "." + group}, {"annotations", {{"api-approved.kubernetes.io", "unapproved, a test"}}}}},
          {"spec",
           {{"group", group},
            {"scope", "Namespaced"},
            {"names", {{"plural", plural}, {"singular", singular}, {"kind", kind}, {"listKind", kind + "List"}}},
            {"versions", versions}}}};
}

/// What the tests share: one connection, one namespace, the definitions.
struct World {
  World() {
    connection = kube::connect_by(kube::choose_context(kube::read_kubeconfigs({variable("KEELSON_TEST_KUBECONFIG")})),
                                  {"PATH=/usr/bin:/bin"}, clock);
    transport = std::make_unique<kube::CurlTransport>(connection.options, connection.credentials);
    api = std::make_unique<kube::Api>(*transport, clock);
    discovery = std::make_unique<kube::Discovery>(*api);
    space = fmt::format("back-ends-{}", ::getpid());
    api->create(kube::namespaces(), "", {{"metadata", {{"name", space}}}}, "test");
    const std::string shipped = variable("KEELSON_SOURCE_DIR") + "/schema/crds/noderecords.yaml";
    define(kube::parse_yaml_document(read_file(shipped), shipped));
    define(definition("infrastructure.cluster.x-k8s.io", "toymachinetemplates", "ToyMachineTemplate"));
    define(definition("cluster.x-k8s.io", "machines", "Machine"));
    define(definition("cluster.x-k8s.io", "machinesets", "MachineSet"));
    define(definition("cluster.x-k8s.io", "machinedeployments", "MachineDeployment"));
  }

  void define(const json& wanted) const {
    const std::string name = kube::name_of(wanted);
    if (!api->find(kube::custom_resource_definitions(), {"", name}))
      api->create(kube::custom_resource_definitions(), "", wanted, "test");
    const std::string group = kube::text_at(wanted, {"spec", "group"});
    const std::string plural = kube::text_at(wanted, {"spec", "names", "plural"});
    const std::string version = kube::text_at(kube::list_at(wanted, {"spec", "versions"}).at(0), {"name"});
    EXPECT_TRUE(eventually([&] {
      return transport->send({.path = fmt::format("/apis/{}/{}/{}", group, version, plural)}).status == 200;
    })) << name;
  }

  kube::SystemClock clock;
  kube::Connection connection;
  std::unique_ptr<kube::CurlTransport> transport;
  std::unique_ptr<kube::Api> api;
  std::unique_ptr<kube::Discovery> discovery;
  std::string space;
};

class BackEndsServer : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { world = new World; }
  static void TearDownTestSuite() { delete std::exchange(world, nullptr); }

  static kube::Api& api() { return *world->api; }
  static std::string node(const std::string& name) { return world->space + "-" + name; }
  static json record(const std::string& name) { return api().get(node_records(), {"", node(name)}); }
  static json result(const std::string& name) {
    EXPECT_TRUE(eventually([&] { return kube::find_at(record(name), {"status", "operation", "state"}) != nullptr; }));
    return record(name)["status"]["operation"];
  }
  static Operation operation(const std::string& name, const std::string& release) {
    return {.name = name,
            .release = {.name = release, .kernel = release == "new" ? "6.12" : ""},
            .image = "registry.example/" + release};
  }

  static World* world;
};

World* BackEndsServer::world = nullptr;

TEST_F(BackEndsServer, AnOperationIsAskedForInPlaceOfAnEarlierOne) {
  const auto agent = make_back_end(AgentBackEnd{}, {.api = &api(), .discovery = world->discovery.get()});
  agent->begin(node("agent"), operation("u/agent/forward-1", "new"));
  EXPECT_EQ(read_node_record(record("agent")).operation, operation("u/agent/forward-1", "new"));
  const std::string version = kube::resource_version_of(record("agent"));
  agent->begin(node("agent"), operation("u/agent/forward-1", "new"));
  EXPECT_EQ(kube::resource_version_of(record("agent")), version) << "nothing has changed";
  agent->begin(node("agent"), operation("u/agent/back-1", "old"));
  EXPECT_EQ(read_node_record(record("agent")).operation, operation("u/agent/back-1", "old")) << "nothing is left of it";
}

TEST_F(BackEndsServer, AProgramsResultReplacesTheOneThatWasThere) {
  const TempDir folder("back-ends");
  const std::string script = "cat >> " + (folder.path() / "input").string() + "; echo \"$KEELSON_RELEASE is there\"";
  const auto exec =
      make_back_end(ExecBackEnd{{"/bin/sh", "-c", script}, 60s},
                    {.api = &api(), .discovery = world->discovery.get(), .environment = {"PATH=/usr/bin:/bin"}});
  exec->begin(node("exec"), operation("u/exec/forward-1", "new"));
  EXPECT_EQ(result("exec").value("message", ""), "new is there");
  exec->begin(node("exec"), operation("u/exec/back-1", "old"));
  EXPECT_TRUE(eventually([&] { return has_result(record("exec"), "u/exec/back-1"); }));
  const NodeRecord read = read_node_record(record("exec"));
  EXPECT_EQ(state_of(&read, "u/exec/back-1", *exec), OperationState::Succeeded);
  exec->begin(node("exec"), operation("u/exec/back-1", "old"));
  EXPECT_FALSE(exec->is_under_way("u/exec/back-1"));
}

TEST_F(BackEndsServer, AResultThatHasBeenSupersededIsNotWritten) {
  RecordBook book(api(), "keelson-controller", {});
  book.ask(node("late"), operation("older", "new"));
  book.ask(node("late"), operation("newer", "old"));
  EXPECT_FALSE(book.tell(node("late"), {"older", OperationState::Succeeded, "too late", ""}, {}));
  EXPECT_FALSE(record("late").contains("status"));
  EXPECT_TRUE(book.tell(node("late"), {"newer", OperationState::Failed, "no", "n2"}, {}));
  EXPECT_TRUE(book.tell(node("late"), {"newer", OperationState::Succeeded, "", ""}, {}));
  EXPECT_EQ(record("late")["status"]["operation"], (json{{"name", "newer"}, {"state", "Succeeded"}}));
}

TEST_F(BackEndsServer, MachinesAreReplacedOneByOneAndBack) {
  testing::ClusterApiWorld cluster(api(), *world->discovery, world->space, "v1beta2");
  cluster.controllers.make_deployment("workers", 3);
  cluster.start();
  for (const char* machine : {"workers-1", "workers-2", "workers-3"})
    ASSERT_TRUE(eventually([&] { return cluster.has_node(machine); }));
  auto back_end = cluster.back_end();
  back_end->begin(cluster.node("workers-1"), operation("u/1/forward-1", "new"));
  EXPECT_EQ(cluster.result("workers-1").value("successor", ""), cluster.node("workers-4")) << cluster.complaints_text();
  const std::string copy = cluster.template_in_use();
  EXPECT_THAT(copy, StartsWith("workers-old-"));
  EXPECT_EQ(cluster.template_spec(copy).value("image", ""), "registry.example/new");
  EXPECT_FALSE(cluster.machine("workers-1"));

  // Two at once, by a controller that has just been started.
  back_end = cluster.back_end();
  back_end->begin(cluster.node("workers-2"), operation("u/2/forward-1", "new"));
  back_end->begin(cluster.node("workers-3"), operation("u/3/forward-1", "new"));
  std::set<std::string> successors{cluster.result("workers-2").value("successor", ""),
                                   cluster.result("workers-3").value("successor", "")};
  EXPECT_EQ(successors, (std::set<std::string>{cluster.node("workers-5"), cluster.node("workers-6")}));
  EXPECT_EQ(cluster.template_in_use(), copy);

  back_end->begin(cluster.node("workers-4"), operation("u/4/back-1", "old"));
  EXPECT_EQ(cluster.result("workers-4").value("successor", ""), cluster.node("workers-7"));
  EXPECT_NE(cluster.template_in_use(), copy);
  EXPECT_EQ(cluster.complaints_text(), "");
}

TEST_F(BackEndsServer, ADeploymentThatReplacesByItselfIsRefused) {
  testing::ClusterApiWorld cluster(api(), *world->discovery, world->space, "v1beta2");
  cluster.controllers.make_deployment("rolling", 1, "RollingUpdate");
  cluster.start();
  ASSERT_TRUE(eventually([&] { return cluster.has_node("rolling-1"); }));
  const auto back_end = cluster.back_end();
  back_end->begin(cluster.node("rolling-1"), operation("u/r/forward-1", "new"));
  EXPECT_THAT(cluster.result("rolling-1").value("message", ""), HasSubstr("not OnDelete"));
  EXPECT_TRUE(cluster.machine("rolling-1"));
}

}  // namespace
}  // namespace keelson::fleet
