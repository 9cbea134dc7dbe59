#!/usr/bin/env python3
"""The fixture itself: what tests in a cluster rely on. A test per case: `fixture.py PROGRAM CASE`."""
import json
import os
import pathlib
import signal
import subprocess
import sys

import kubernetes_binaries
from kubernetes import Kubernetes
from kubernetes_client import eventually
from kubernetes_nodes import Nodes
from program import case, main, require

APPS = "/apis/apps/v1/namespaces/default"
BUDGETS = "/apis/policy/v1beta1/namespaces/default/poddisruptionbudgets"


def workload(kind, name, **more):
    template = {"metadata": {"labels": {"app": name}},
                "spec": {"terminationGracePeriodSeconds": 0, "containers": [{"name": "c", "image": "none"}]}}
    return {"metadata": {"name": name}, "spec": {"selector": {"matchLabels": {"app": name}}, "template": template, **more}}


@case
def nodes_live_and_nothing_outlives_a_killed_test(keelson):
    kubernetes_binaries.find()
    told = keelson.folder / "told"
    process = subprocess.Popen([sys.executable, __file__, "hold", keelson.folder / "cluster", told], stdin=subprocess.DEVNULL)
    try:
        eventually(lambda: told.exists() or process.poll() is not None, "the cluster", 300)
        require(told.exists(), f"what should hold the cluster ended with {process.poll()}")
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    pids = json.loads(told.read_text())
    require(len(pids) == 3, f"three programs should have run: {pids}")
    # They are ours to wait for now: this process takes in what others leave behind.
    eventually(lambda: not any(running(pid) for pid in pids), "the server's end", 60)


def running(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def hold(folder, told):
    """Everything that the fixture promises; then writes who runs, and waits to be killed."""
    with Kubernetes(folder) as cluster, Nodes(cluster, ["n1", "n2", "n3"]) as nodes:
        admin = cluster.admin
        admin.create(f"{APPS}/deployments", workload("deployment", "web", replicas=4))
        admin.create(f"{APPS}/daemonsets", workload("daemonset", "agent"))
        admin.create(BUDGETS, {"metadata": {"name": "web"}, "spec": {"maxUnavailable": 1, "selector": {"matchLabels": {"app": "web"}}}})
        eventually(lambda: admin.get(f"{APPS}/deployments/web").get("status", {}).get("readyReplicas") == 4, "four pods")
        eventually(lambda: admin.get(f"{APPS}/daemonsets/agent").get("status", {}).get("numberReady") == 3, "a pod on each node")
        eventually(lambda: admin.get(f"{BUDGETS}/web").get("status", {}).get("disruptionsAllowed") == 1, "a budget with room")
        # Cordoned nodes get nothing; evicted pods go, and come up elsewhere.
        admin.patch("/api/v1/nodes/n1", {"spec": {"unschedulable": True}})
        def on_first():
            listed = admin.get("/api/v1/pods?labelSelector=app%3Dweb&fieldSelector=spec.nodeName%3Dn1")["items"]
            return [pod["metadata"]["name"] for pod in listed if "deletionTimestamp" not in pod["metadata"]]
        def evict_all():
            for name in on_first():
                admin.ask("POST", f"/api/v1/namespaces/default/pods/{name}/eviction",
                          {"apiVersion": "policy/v1beta1", "kind": "Eviction", "metadata": {"name": name, "namespace": "default"}})
            return not on_first()
        eventually(evict_all, "an empty node")
        eventually(lambda: admin.get(f"{APPS}/deployments/web")["status"].get("readyReplicas") == 4, "four pods again")
        require(not on_first(), "a pod came onto a cordoned node")
        # Reboots change what a node tells of itself; one that vanished finishes nothing.
        before = admin.get("/api/v1/nodes/n1")["status"]["nodeInfo"]
        nodes.reboot("n1", kernelVersion="6.99")
        after = eventually(lambda: (lambda info: info["kernelVersion"] == "6.99" and info)(admin.get("/api/v1/nodes/n1")["status"]["nodeInfo"]), "n1")
        require(after["bootID"] != before["bootID"], "the boot id is the same")
        nodes.vanish("n2")
        eventually(lambda: not ready(admin.get("/api/v1/nodes/n2")), "a node that is lost")
        nodes.come_back("n2")
        eventually(lambda: ready(admin.get("/api/v1/nodes/n2")), "a node that is back")
        # Accounts may what they were given.
        token = cluster.service_account("accounts", "reader", [{"apiGroups": [""], "resources": ["nodes"], "verbs": ["list"]}])
        require(cluster.client_with(token).ask("GET", "/api/v1/nodes")[0] == 200, "the account may list nodes, and may not")
        require(cluster.client_with(token).ask("GET", "/api/v1/pods")[0] == 403, "the account may not list pods, and may")
        told.with_suffix(".new").write_text(json.dumps([process.pid for _, process in cluster.processes]))
        os.rename(told.with_suffix(".new"), told)
        signal.pause()


def ready(node):
    return any(each["type"] == "Ready" and each["status"] == "True" for each in node["status"]["conditions"])


if __name__ == "__main__":
    if sys.argv[1:2] == ["hold"]:
        hold(pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3]))
    else:
        main()
