#include "fleet/controller/node_changes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "fleet/sample_cluster.h"

namespace keelson::fleet {
namespace {

using nlohmann::json;

const std::string kToken = "3f1c-uid/17/controller-1";

json patch_of(const Node& node, const std::vector<ActionKind>& kinds, const std::string& reason = {}) {
  std::vector<Action> actions;
  for (const auto kind : kinds) actions.push_back({.kind = kind, .node = node.name, .reason = reason});
  std::vector<const Action*> all;
  for (const auto& action : actions) all.push_back(&action);
  return node_patch(node, all, kToken);
}

TEST(NodePatch, IsMadeOnlyOfTheNodeThatWasSeen) {
  Node node = sample::node("n1");
  node.resource_version = "421";
  EXPECT_EQ(patch_of(node, {ActionKind::Cordon})["metadata"]["resourceVersion"], "421");
}

TEST(NodePatch, SetsTheTokenBesideWhatItSets) {
  const json patch = patch_of(sample::node("n1"), {ActionKind::LeaveBalancers, ActionKind::Cordon});
  EXPECT_EQ(patch["spec"], json({{"unschedulable", true}}));
  EXPECT_EQ(patch["metadata"]["annotations"],
            json({{"keelson.dev/cordoned-by", kToken}, {"keelson.dev/excluded-by", kToken}}));
  EXPECT_EQ(patch["metadata"]["labels"], json({{"node.kubernetes.io/exclude-from-external-load-balancers", "true"}}));
}

TEST(NodePatch, TakesAllBackInOneRequest) {
  Node node = sample::node("n1");
  node.taints = {{"keelson.dev/unproven", "3f1c-uid", "NoSchedule", ""}};
  const json patch = patch_of(
      node, {ActionKind::Uncordon, ActionKind::JoinBalancers, ActionKind::ClearQuarantine, ActionKind::ClearUnproven});
  EXPECT_TRUE(patch["spec"]["unschedulable"].is_null());
  EXPECT_EQ(patch["spec"]["taints"], json::array());
  for (const auto& [key, value] : patch["metadata"]["annotations"].items()) EXPECT_TRUE(value.is_null()) << key;
  for (const auto& [key, value] : patch["metadata"]["labels"].items()) EXPECT_TRUE(value.is_null()) << key;
}

// A merge patch replaces the whole list: somebody else's taint, and since when it is there, must come through.
TEST(NodePatch, KeepsTheTaintsOfOthers) {
  Node node = sample::node("n1");
  node.taints = {{"node.kubernetes.io/unreachable", "", "NoExecute", "2026-11-26T10:00:00Z"},
                 {"dedicated", "gpu", "NoSchedule", ""}};
  const json marked = patch_of(node, {ActionKind::MarkUnproven});
  EXPECT_EQ(
      marked["spec"]["taints"],
      json::parse(
          R"([{"key": "node.kubernetes.io/unreachable", "effect": "NoExecute", "timeAdded": "2026-11-26T10:00:00Z"},
                            {"key": "dedicated", "value": "gpu", "effect": "NoSchedule"},
                            {"key": "keelson.dev/unproven", "value": "3f1c-uid", "effect": "NoSchedule"}])"));
}

// Values of labels and taints can't hold a slash.
TEST(NodePatch, LabelsAndTaintsHoldTheRolloutOnly) {
  const json patch =
      patch_of(sample::node("n1"), {ActionKind::Quarantine, ActionKind::MarkUnproven}, "it does not boot");
  EXPECT_EQ(patch["metadata"]["labels"]["keelson.dev/quarantined"], "3f1c-uid");
  EXPECT_EQ(patch["metadata"]["annotations"]["keelson.dev/quarantine-reason"], "it does not boot");
  EXPECT_EQ(patch["spec"]["taints"][0]["value"], "3f1c-uid");
}

}  // namespace
}  // namespace keelson::fleet
