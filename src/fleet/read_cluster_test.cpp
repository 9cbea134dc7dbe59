#include "fleet/read_cluster.h"

#include <gmock/gmock.h>

#include "base/error.h"
#include "fleet/objects.h"

namespace keelson::fleet {
namespace {

using kube::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

const json kNode = json::parse(R"({
  "apiVersion": "v1", "kind": "Node",
  "metadata": {"name": "n1", "uid": "u1", "resourceVersion": "7",
    "labels": {"topology.kubernetes.io/zone": "a", "node.kubernetes.io/instance-type": "small"},
    "annotations": {"keelson.dev/cordoned-by": "x/1", "other.io/y": "z"}},
  "spec": {"unschedulable": true, "taints": [{"key": "k", "value": "v", "effect": "NoSchedule"}]},
  "status": {
    "conditions": [{"type": "Ready", "status": "True"}, {"type": "DiskPressure", "status": "True"},
                   {"type": "PIDPressure", "status": "False"}],
    "nodeInfo": {"bootID": "b", "osImage": "Debian", "kernelVersion": "6.12", "containerRuntimeVersion": "containerd://1.7",
                 "kubeletVersion": "v1.32.4", "architecture": "amd64"},
    "allocatable": {"cpu": "3900m", "memory": "8Gi", "pods": "110"}}})");

const json kPod = json::parse(R"({
  "apiVersion": "v1", "kind": "Pod",
  "metadata": {"name": "web-1", "namespace": "shop", "uid": "p1", "labels": {"app": "web"},
    "annotations": {"keelson.dev/drain-order": "5", "keelson.dev/drain": "wait-completed"},
    "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web", "uid": "r", "controller": true}]},
  "spec": {"nodeName": "n1",
    "tolerations": [{"operator": "Exists"}],
    "volumes": [{"name": "scratch", "emptyDir": {}}],
    "initContainers": [{"name": "i", "resources": {"requests": {"cpu": "1"}}}],
    "containers": [{"name": "a", "resources": {"requests": {"cpu": "250m", "memory": "64Mi"}}},
                   {"name": "b", "resources": {"requests": {"cpu": "250m"}}}]},
  "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}})");

const json kBudget = json::parse(R"({
  "apiVersion": "policy/v1", "kind": "PodDisruptionBudget",
  "metadata": {"name": "web", "namespace": "shop", "generation": 3},
  "spec": {"minAvailable": "50%", "selector": {"matchLabels": {"app": "web"}}},
  "status": {"observedGeneration": 3, "disruptionsAllowed": 1, "currentHealthy": 2, "desiredHealthy": 1, "expectedPods": 2}})");

TEST(Objects, ANodeIsWhatItsObjectSays) {
  const Node node = node_of(kNode);
  EXPECT_EQ(node.name, "n1");
  EXPECT_EQ(node.zone(), "a");
  EXPECT_TRUE(node.unschedulable);
  EXPECT_TRUE(node.ready);
  EXPECT_THAT(node.bad_conditions, ElementsAre("DiskPressure"));
  EXPECT_THAT(node.annotations, ElementsAre(Pair("keelson.dev/cordoned-by", "x/1")));
  EXPECT_EQ(node.allocatable, (Resources{3900, 8LL << 30, 110}));
  EXPECT_THAT(node.taints, ElementsAre(Taint{"k", "v", "NoSchedule"}));
}

TEST(Objects, APodIsWhatItsObjectSays) {
  const Pod pod = pod_of(kPod);
  EXPECT_EQ(pod.owner, Owner::Workload);
  EXPECT_EQ(pod.owner_name, "ReplicaSet/web");
  EXPECT_TRUE(pod.ready && pod.local_data && pod.tolerates_cordon && pod.wait_until_done);
  EXPECT_EQ(pod.drain_order, 5);
  EXPECT_EQ(pod.requests, (Resources{1000, 64LL << 20, 1})) << "the initial container asks for more than both others";
}

TEST(Objects, APodTellsOfItsRestarts) {
  json object = kPod;
  object["status"]["containerStatuses"] = json::parse(R"([
    {"restartCount": 3, "state": {"waiting": {"reason": "CrashLoopBackOff"}}}, {"restartCount": -5}, {"restartCount": "x"}])");
  object["status"]["initContainerStatuses"] =
      json::parse(R"([{"restartCount": 1, "state": {"waiting": {"reason": "ImagePullBackOff"}}}])");
  const Pod pod = pod_of(object);
  EXPECT_EQ(pod.restarts, 4);
  EXPECT_TRUE(pod.crash_looping);
  EXPECT_TRUE(pod.pull_failing);
  EXPECT_FALSE(pod_of(kPod).crash_looping);
  EXPECT_FALSE(pod_of(kPod).pull_failing);
  EXPECT_EQ(pod_of(kPod).restarts, 0);
}

TEST(Objects, EveryFieldMayBeAnything) {
  for (const json& nonsense : {json(), json("x"), json::array({1}), json::object(), json(-1)}) {
    for (const auto* key : {"metadata", "spec", "status"}) {
      json node = kNode;
      node[key] = nonsense;
      node_of(node);
      json pod = kPod;
      pod[key] = nonsense;
      pod_of(pod);
      json budget = kBudget;
      budget[key] = nonsense;
      budget_of(budget);
    }
  }
  json huge = kPod;
  huge["spec"]["containers"][0]["resources"]["requests"]["memory"] = "9223372036854775807";
  huge["spec"]["containers"][1]["resources"]["requests"]["memory"] = "9223372036854775807";
  EXPECT_EQ(pod_of(huge).requests.memory, INT64_MAX);
}

TEST(Objects, AnEmptySelectorMeansEverythingOrNothingByItsVersion) {
  json budget = kBudget;
  budget["spec"]["selector"] = json::object();
  EXPECT_TRUE(budget_of(budget).selects({}));
  budget["apiVersion"] = "policy/v1beta1";
  EXPECT_FALSE(budget_of(budget).selects);
  budget["spec"].erase("selector");
  budget["apiVersion"] = "policy/v1";
  EXPECT_FALSE(budget_of(budget).selects);
}

TEST(Objects, ABudgetWhoseStatusIsOfAnOlderGenerationIsNotObserved) {
  EXPECT_TRUE(budget_of(kBudget).observed);
  json budget = kBudget;
  budget["metadata"]["generation"] = 4;
  EXPECT_FALSE(budget_of(budget).observed);
  budget.erase("status");
  EXPECT_FALSE(budget_of(budget).observed);
}

TEST(ReadCluster, ListsOfAllKindsMakeOneCluster) {
  RecordedCluster recorded;
  recorded.add({{"kind", "List"}, {"items", {kNode, kPod, kBudget}}}, "all.json");
  recorded.add(
      {{"kind", "VolumeAttachmentList"},
       {"items",
        {{{"metadata", {{"name", "csi-1"}}}, {"spec", {{"nodeName", "n1"}}}, {"status", {{"attached", true}}}}}}},
      "volumes.json");
  recorded.add({{"kind", "ConfigMap"}}, "other.json");
  const Recorded found = recorded.finish();
  EXPECT_THAT(found.cluster.pods_on("n1"), ElementsAre("p1"));
  EXPECT_THAT(found.cluster.budget_keys_of(*found.cluster.find_pod("p1")), ElementsAre("shop/web"));
  EXPECT_THAT(found.cluster.find_node("n1")->attached_volumes, ElementsAre("csi-1"));
  EXPECT_THAT(found.ignored, ElementsAre(Pair("ConfigMap", 1U)));
}

std::string refusal(std::string_view text) {
  try {
    RecordedCluster recorded;
    recorded.add_text(text, "x.json");
    recorded.finish();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::BadInput);
    return error.message();
  }
  return "";
}

TEST(ReadCluster, TextIsReadAsAValueIs) {
  json pod = kPod;
  pod["metadata"]["labels"]["env"] = "a label, not a list";
  pod["metadata"]["managedFields"] = {{{"manager", "kubelet"}}};
  pod["spec"]["containers"][0]["env"] = {{{"name", "A"}, {"value", "B"}}};
  pod["status"]["containerStatuses"] = {{{"restartCount", 3}}};
  for (const int indent : {-1, 2}) {
    RecordedCluster recorded;
    recorded.add_text(json{{"kind", "List"}, {"items", {kNode, pod, kBudget}}}.dump(indent), "all.json");
    const Recorded found = recorded.finish();
    const Pod& read = *found.cluster.find_pod("p1");
    EXPECT_EQ(read.labels, pod_of(pod).labels);
    EXPECT_EQ(read.requests, pod_of(pod).requests);
    EXPECT_EQ(read.restarts, 3);
    EXPECT_EQ(found.cluster.find_node("n1")->resource_version, "7");
    EXPECT_THAT(found.cluster.pods_of("shop/web"), ElementsAre("p1"));
  }
}

TEST(ReadCluster, ATypedListSaysItsKindLast) {
  json node = kNode;
  node.erase("kind");
  RecordedCluster recorded;
  recorded.add_text(R"({"items": [)" + node.dump() + R"(], "kind": "NodeList"})", "nodes.json");
  EXPECT_THAT(recorded.finish().read, ElementsAre(Pair("Node", 1U)));
}

TEST(ReadCluster, WhatIsNoRecordedClusterIsRefusedWithItsPlace) {
  EXPECT_NE(refusal("{\"items\": ["), "") << "cut short";
  EXPECT_THAT(refusal(R"({"items": []} {})"), HasSubstr("something stands after its end"));
  EXPECT_THAT(refusal(R"({"items": [{"kind": tru}]})"), HasSubstr("it is no JSON"));
  EXPECT_THAT(refusal(R"({"items": [{"kind": 1e999}]})"), HasSubstr("it is no JSON"));
  EXPECT_THAT(refusal("{\"items\": [{\"kind\": \"\xff\"}]}"), HasSubstr("it is no JSON"));
  EXPECT_THAT(refusal(R"({"items": )" + std::string(200, '[') + std::string(200, ']') + "}"),
              HasSubstr("nested too deep"));
  EXPECT_THAT(refusal(""), HasSubstr("it is no JSON"));
  EXPECT_THAT(refusal("7"), HasSubstr("it is no JSON"));
  EXPECT_THAT(refusal("[]"), HasSubstr("no object of the Kubernetes API"));
  EXPECT_THAT(refusal(R"({"items": [1]})"), HasSubstr("items[0] is no object"));
  EXPECT_THAT(refusal(R"({"items": [{"kind": "Node"}]})"), HasSubstr("items[0], a Node, has no name"));
  EXPECT_THAT(refusal(R"({"items": [], "metadata": {"continue": "abc"}})"), HasSubstr("one page of a longer list"));
  EXPECT_THAT(refusal(R"({"items": []})"), HasSubstr("there is no Node in it"));
}

}  // namespace
}  // namespace keelson::fleet
