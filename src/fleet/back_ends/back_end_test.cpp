#include "fleet/back_ends/back_end.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fleet/back_ends/small_server.h"
#include "kube/testing/manual_clock.h"

namespace keelson::fleet {
namespace {

using enum OperationState;

struct Pretender final : BackEnd {
  explicit Pretender(std::string name) : busy_with(std::move(name)) {}
  void begin(const std::string& /*node*/, const Operation& /*operation*/) override {}
  bool is_under_way(const std::string& operation) const override { return operation == busy_with; }
  std::string busy_with;
};

NodeRecord record(const std::string& asked, const std::string& told = {}, OperationState state = Unknown) {
  NodeRecord record{.name = "n1"};
  if (!asked.empty()) record.operation = Operation{.name = asked};
  if (!told.empty()) record.progress = OperationReport{.name = told, .state = state};
  return record;
}

OperationState state(const NodeRecord& record, const std::string& busy_with = {}) {
  return state_of(&record, "one", Pretender(busy_with));
}

TEST(StateOf, IsTheResultOrWhetherSomebodyWorks) {
  EXPECT_EQ(state_of(nullptr, "one", Pretender("one")), Unknown);
  EXPECT_EQ(state(record("")), Unknown);
  EXPECT_EQ(state(record("one")), Unknown) << "as after a restart";
  EXPECT_EQ(state(record("one"), "one"), Running);
  EXPECT_EQ(state(record("one", "one", Running)), Unknown);
  EXPECT_EQ(state(record("one", "one", Running), "one"), Running);
  EXPECT_EQ(state(record("one", "one", Succeeded), "one"), Succeeded);
  EXPECT_EQ(state(record("one", "one", Failed)), Failed);
}

TEST(StateOf, AnotherOperationsResultSaysNothing) {
  EXPECT_EQ(state(record("one", "older", Succeeded), "one"), Running);
  EXPECT_EQ(state(record("newer", "newer", Succeeded), "one"), Unknown);
  EXPECT_EQ(state(record("newer", "one", Succeeded), "newer"), Succeeded) << "its own stays true";
}

TEST(Agent, AsksTheNodeAndLeavesItToIt) {
  testing::SmallServer server;
  kube::testing::ManualClock clock;
  kube::Api api(server.transport(), clock);
  const auto back_end = make_back_end(AgentBackEnd{}, {.api = &api});
  back_end->begin("n1", {.name = "one", .release = {.name = "new"}});
  EXPECT_EQ(server.object("/apis/keelson.dev/v1alpha1/noderecords/n1")->at("spec").at("operation").at("name"), "one");
  EXPECT_TRUE(back_end->is_under_way("one"));
  EXPECT_EQ(server.names().size(), 1U);
}

}  // namespace
}  // namespace keelson::fleet
