"""Watches a cluster from outside while a rollout runs, and knows the promises that must never break.

It asks the API server alone, knows nothing of the controller's code or state, and judges every version of every node and
budget that the server tells of.
"""
import threading
import time

from kubernetes_client import Follower

OURS = "keelson.dev/"
KNOWN_AFTER = 3  # seconds
BALANCERS = "node.kubernetes.io/exclude-from-external-load-balancers"


def marks_of(node):
    """What a rollout may have put on a node."""
    metadata, spec = node["metadata"], node["spec"]
    found = [f"annotation {key}" for key in metadata.get("annotations", {}) if key.startswith(OURS)]
    found += [f"label {key}" for key in metadata.get("labels", {}) if key.startswith(OURS) or key == BALANCERS]
    found += [f"taint {taint['key']}" for taint in spec.get("taints", []) if taint["key"].startswith(OURS)]
    return found + (["cordon"] if spec.get("unschedulable") else [])


def is_down(node):
    """Takes no work, or does none."""
    ready = any(each["type"] == "Ready" and each["status"] == "True" for each in node["status"].get("conditions", []))
    tainted = any(taint["key"].startswith(OURS) for taint in node["spec"].get("taints", []))
    return bool(node["spec"].get("unschedulable")) or not ready or tainted


class Observer:
    """Promise: `violations` holds a sentence for each time that more than `limit` nodes of the pool were down at once, that
    two nodes were from which pods of one budget had to leave, or that a budget had fewer pods than it wants.
    `group_of(name)`: of a node; the pods of a group's nodes are one budget's. Nodes in `elsewhere` may be down for reasons
    of the test. A pod counts as having to leave when it was there some seconds before its node went down: one that has
    just come could not be known when that was decided."""

    def __init__(self, cluster, limit, group_of):
        self.limit, self.group_of = limit, group_of
        self.lock = threading.Lock()
        self.nodes, self.violations, self.elsewhere = {}, [], set()
        self.most_down, self.events = 0, 0
        self.budget_was_whole = set()
        self.homes, self.had_work = {}, {}  # pod: (node, since when); node that is down: whether pods had to leave it
        self.history = []
        self.followers = [Follower(cluster.admin, "/api/v1/namespaces/default/pods", self.on_pod),
                          Follower(cluster.admin, "/api/v1/nodes", self.on_node),
                          Follower(cluster.admin, "/apis/policy/v1beta1/poddisruptionbudgets", self.on_budget)]

    def __enter__(self):
        for follower in self.followers:
            follower.__enter__()
        return self

    def __exit__(self, *_):
        for follower in self.followers:
            follower.__exit__()

    def on_pod(self, kind, pod):
        uid, node = pod["metadata"]["uid"], pod["spec"].get("nodeName")
        with self.lock:
            if kind == "DELETED" or "deletionTimestamp" in pod["metadata"]:
                self.homes.pop(uid, None)
            elif node and uid not in self.homes:
                self.homes[uid] = (node, time.monotonic())

    def on_node(self, kind, node):
        name = node["metadata"]["name"]
        with self.lock:
            before = self.nodes.get(name)
            if kind == "DELETED":
                self.nodes.pop(name, None)
                return
            self.nodes[name] = node
            self.events += 1
            if before is None or marks_of(before) != marks_of(node) or is_down(before) != is_down(node):
                self.history.append(f"{node['metadata']['resourceVersion']} {name}: {'down' if is_down(node) else 'up'} {marks_of(node)}")
            if not is_down(node):
                self.had_work.pop(name, None)
            elif name not in self.had_work:
                long_ago = time.monotonic() - KNOWN_AFTER
                self.had_work[name] = any(home == name and since < long_ago for home, since in self.homes.values())
            self.judge()

    def judge(self):
        down = sorted(name for name, node in self.nodes.items() if is_down(node) and name not in self.elsewhere)
        self.most_down = max(self.most_down, len(down))
        if len(down) > self.limit:
            self.violations.append(f"{len(down)} nodes are down at once, and {self.limit} may be: {down}")
        groups = [self.group_of(name) for name in down if self.had_work.get(name)]
        for group in sorted(set(groups)):
            if groups.count(group) > 1:
                self.violations.append(f"two nodes with pods of budget {group} are down at once: {down}")

    def on_budget(self, kind, budget):
        status = budget.get("status", {})
        key = f"{budget['metadata']['namespace']}/{budget['metadata']['name']}"
        with self.lock:
            wanted, healthy = status.get("desiredHealthy", 0), status.get("currentHealthy", 0)
            if kind == "DELETED":
                self.budget_was_whole.discard(key)
                return
            if status.get("observedGeneration") != budget["metadata"].get("generation"):
                return
            if healthy >= wanted > 0:
                self.budget_was_whole.add(key)
            elif key in self.budget_was_whole:
                self.violations.append(f"budget {key} has {healthy} healthy pods and wants {wanted}")

    def left_behind(self):
        """What is on the nodes now, as the server tells it."""
        listed = self.followers[1].client.get("/api/v1/nodes")["items"]
        return {node["metadata"]["name"]: marks_of(node) for node in listed if marks_of(node)}

    def story(self):
        return "\n".join(self.history[-200:])
