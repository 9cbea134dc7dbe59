#include "fleet/controller/trim.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fleet/objects.h"

namespace keelson::fleet {
namespace {

using kube::json;

json whole_pod() {
  return json::parse(
      R"({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web-1", "namespace": "shop", "uid": "u1",
      "resourceVersion": "7", "labels": {"app": "web"}, "deletionTimestamp": "2026-11-26T10:00:00Z",
      "annotations": {"keelson.dev/drain-order": "3", "keelson.dev/drain": "wait-completed", "huge": "text",
                      "kubernetes.io/config.mirror": "hash"},
      "managedFields": [{"manager": "kubelet"}],
      "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web", "uid": "r1", "controller": true}]},
    "spec": {"nodeName": "n1", "schedulerName": "default", "tolerations": [{"operator": "Exists"}], "overhead": {"cpu": "10m"},
      "volumes": [{"name": "a", "emptyDir": {}}, {"name": "b", "configMap": {"name": "c"}}],
      "initContainers": [{"name": "i", "image": "x", "restartPolicy": "Always", "resources": {"requests": {"cpu": "50m"}}}],
      "containers": [{"name": "a", "image": "x", "env": [{"name": "A", "value": "B"}], "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}}}]},
    "status": {"phase": "Running", "podIP": "10.0.0.1", "conditions": [{"type": "Ready", "status": "True", "message": "m"}],
      "containerStatuses": [{"name": "a", "restartCount": 2, "state": {"waiting": {"reason": "CrashLoopBackOff"}}}]}})");
}

auto told(const Pod& pod) {
  return std::tie(pod.space, pod.name, pod.uid, pod.node, pod.labels, pod.owner, pod.owner_name, pod.mirror,
                  pod.finished, pod.ready, pod.crash_looping, pod.pull_failing, pod.restarts, pod.local_data,
                  pod.tolerates_cordon, pod.deleted, pod.drain_order, pod.wait_until_done, pod.requests);
}

TEST(Trim, APodIsReadTheSameAfterwards) {
  json object = whole_pod();
  const Pod before = pod_of(object);
  trim_pod(object);
  const Pod after = pod_of(object);
  EXPECT_EQ(told(after), told(before));
  EXPECT_LT(object.dump().size(), whole_pod().dump().size());
  EXPECT_FALSE(object["metadata"].contains("managedFields"));
}

TEST(Trim, ANodeIsReadTheSameAfterwards) {
  const json whole = json::parse(R"({"kind": "Node", "metadata": {"name": "n1", "uid": "u", "resourceVersion": "9",
      "labels": {"topology.kubernetes.io/zone": "a"}, "annotations": {"keelson.dev/cordoned-by": "x/1/y", "other": "z"}},
    "spec": {"unschedulable": true, "podCIDR": "10.0.0.0/24", "taints": [{"key": "k", "value": "v", "effect": "NoExecute", "timeAdded": "t"}]},
    "status": {"conditions": [{"type": "Ready", "status": "True"}, {"type": "MemoryPressure", "status": "True"}],
      "nodeInfo": {"bootID": "b", "osImage": "o", "kernelVersion": "k", "containerRuntimeVersion": "containerd://1", "kubeletVersion": "v1.32.4", "architecture": "amd64"},
      "allocatable": {"cpu": "4", "memory": "16Gi", "pods": "110"}, "images": [{"names": ["a", "b"]}]}})");
  json object = whole;
  trim_node(object);
  const Node before = node_of(whole);
  const Node after = node_of(object);
  EXPECT_EQ(std::tie(after.name, after.uid, after.resource_version, after.labels, after.annotations, after.taints,
                     after.unschedulable, after.ready, after.bad_conditions, after.boot_id, after.os_image,
                     after.kernel, after.runtime, after.kubelet, after.architecture, after.allocatable),
            std::tie(before.name, before.uid, before.resource_version, before.labels, before.annotations, before.taints,
                     before.unschedulable, before.ready, before.bad_conditions, before.boot_id, before.os_image,
                     before.kernel, before.runtime, before.kubelet, before.architecture, before.allocatable));
  EXPECT_FALSE(object["status"].contains("images"));
}

TEST(Trim, WhatIsNoPodStaysHarmless) {
  for (const char* text : {"{}", "[]", "7", R"({"metadata": 3, "spec": [], "status": "x"})",
                           R"({"metadata": {"annotations": []}, "spec": {"containers": {}, "volumes": [1, null]}})"}) {
    json object = json::parse(text);
    trim_pod(object);
    EXPECT_EQ(pod_of(object).uid, "") << text;
    json node = json::parse(text);
    trim_node(node);
    EXPECT_EQ(node_of(node).name, "") << text;
    EXPECT_TRUE(stub_of(json::parse(text)).is_object()) << text;
  }
}

}  // namespace
}  // namespace keelson::fleet
