"""The whole way: a node that keelson built, with the real kubelet and keelson-node, is drained by keelson-controller through
a real API server, changes to another image, and is proved by its digest. `rollout_vm.py PROGRAM CASE`; see kubelet.py.
"""
import json
import pathlib
import subprocess

import node_images
from kubernetes import Kubernetes
from kubernetes_nodes import Nodes
from node_cluster import (GRACE, NODE, PODS, Steps, condition, credentials, define_resources, grant_rights, keep, place, pod, ready_node, sibling, wait)
from node_vm import Machine
from program import Skip, case, main, require
from real_packages import RealPackages

CONTROLLER = "system:serviceaccount:keelson-system:keelson-controller"
RESOURCES = "/apis/keelson.dev/v1alpha1"
AUDIT = """apiVersion: audit.k8s.io/v1
kind: Policy
rules:
- {level: Metadata, resources: [{group: "", resources: [pods/eviction]}], omitStages: [RequestReceived]}
- {level: None}
"""
PDB = "/apis/policy/v1beta1/namespaces/default/poddisruptionbudgets"


class Controller:
    """keelson-controller beside the cluster."""

    def __init__(self, keelson, kubeconfig):
        self.log = keelson.folder / "controller.log"
        self.words = ["setpriv", "--pdeathsig", "KILL", str(sibling(keelson, "keelson-controller")), "--kubeconfig", str(kubeconfig),
                      "--listen", "", "--log-format", "text"]
        self.environment = keelson.environment

    def __enter__(self):
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(self.words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.environment)
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def is_there(self):
        require(self.process.poll() is None, self.story())
        return True

    def story(self):
        return f"(the controller's exit code is {self.process.poll()})\n{self.log.read_text(errors='replace')[-4000:]}"


def evictions(audit):
    """Pods, and by whom."""
    return [(event["objectRef"]["name"], event["user"]["username"]) for event in map(json.loads, audit.read_text().splitlines())
            if event["verb"] == "create" and event.get("responseStatus", {}).get("code") == 201]


def release(image, name=True):
    """What a node that booted it must say."""
    facts = {"imageDigest": image.digest, "kernel": image.kernel_version}
    return {"name": image.disk.stem, **facts} if name else facts


def plan(name, before, after, served, target=None):
    """One node, one batch."""
    return {"apiVersion": "keelson.dev/v1alpha1", "kind": "NodeRollout", "metadata": {"name": name}, "spec": {
        "pool": "workers", "backEnd": {"agent": {}}, "image": served.url(after.parts), "plan": {
            "name": name, "pool": "workers", "poolNodes": [NODE], "target": target or release(after),
            "previous": [{"release": release(before), "nodes": [NODE]}], "batches": [{"name": "all", "nodes": [NODE]}],
            # Emulated, on a busy machine: everything takes long.
            "strategy": {"maxUnavailable": 1, "drainTime": "30m", "actTime": "30m", "proveTime": "40m", "gateTime": "20m", "rollback": "on-halt",
                         "unownedPods": "refuse", "localData": "delete"}}}}


def run_a_service(cluster, machine):
    """Two pods on the node, of which one may be away."""
    cluster.admin.create("/apis/apps/v1/namespaces/default/deployments", {
        "metadata": {"name": "web"}, "spec": {"replicas": 2, "selector": {"matchLabels": {"app": "web"}}, "template": pod("web")}})
    cluster.admin.create(PDB, {"metadata": {"name": "web"}, "spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": "web"}}}})
    found = wait(machine, lambda: (lambda pods: pods if len(pods) == 2 else None)(web_pods(cluster)), "two pods")
    for each in found:
        place(cluster, each["metadata"]["name"])
    wait(machine, lambda: all(condition(each, "Ready") == "True" for each in web_pods(cluster)), "both pods to be ready")


def web_pods(cluster):
    return cluster.admin.get(f"{PODS}?labelSelector=app%3Dweb")["items"]


def booted(cluster):
    return (cluster.admin.find(f"{RESOURCES}/noderecords/{NODE}") or {}).get("status", {}).get("booted", {})


def run_to_its_end(cluster, controller, machine, wanted):
    """The rollout, when it is over."""
    name = wanted["metadata"]["name"]
    cluster.admin.create(f"{RESOURCES}/noderollouts", wanted)

    def now():
        return cluster.admin.get(f"{RESOURCES}/noderollouts/{name}")
    def ended():
        controller.is_there()
        seen = now()
        return seen if seen.get("status", {}).get("phase") in ("Completed", "Aborted", "RolledBack") else None
    return wait(machine, ended, lambda: f"the rollout to end\n{json.dumps(now(), indent=1)}\n{controller.story()}", 2400)


@case
def a_node_is_drained_changed_and_proved_by_its_digest(keelson):
    step = Steps()
    real = RealPackages(keelson)
    agent = sibling(keelson, "keelson-node")
    if 'VERSION_ID="12"' not in pathlib.Path("/etc/os-release").read_text():
        raise Skip("keelson-node was not built on Debian 12, which the image is of")
    first, second = (node_images.build(keelson, real, version, slot, agent) for version, slot in (("1", "a"), ("2", "b")))
    require(first.digest != second.digest, "both images are the same")
    step("two images")
    audit = keelson.folder / "audit.log"
    (keelson.folder / "audit.yaml").write_text(AUDIT)
    flags = [f"--audit-policy-file={keelson.folder}/audit.yaml", f"--audit-log-path={audit}"]
    try:
        with node_images.Served(first.parts.parent) as served, Kubernetes(keelson.folder / "cluster", grace=GRACE, server_flags=flags) as cluster:
            define_resources(cluster)
            kubeconfig = grant_rights(cluster)
            step("control plane")
            with Controller(keelson, kubeconfig) as controller, Machine(keelson.folder / "machine", first.disk, credentials(cluster)) as machine:
                before = wait(machine, lambda: controller.is_there() and ready_node(cluster), "the node to be ready")
                step("node is ready")
                wait(machine, lambda: booted(cluster).get("imageDigest") == first.digest, lambda: f"the first digest, not {booted(cluster)}")
                step("node says what it booted")
                run_a_service(cluster, machine)
                step("pods are ready")
                for image in (first, second):
                    cluster.admin.create(f"{RESOURCES}/imagereleases", {
                        "apiVersion": "keelson.dev/v1alpha1", "kind": "ImageRelease", "metadata": {"name": release(image)["name"]},
                        "spec": {**release(image, name=False), "image": served.url(image.parts)}})
                with Nodes(cluster, ["n1"], labels={"pool": "others"}):
                    last = run_to_its_end(cluster, controller, machine, plan("to-2", first, second, served))
                    step("rollout has ended")
                    check(cluster, before, last, second, audit)
                    # The first image again, of which the release says what is not true: its node must not serve, and goes back.
                    wrong = {**release(first), "kernel": "9.9.9-of-no-image"}
                    cluster.admin.patch(f"{RESOURCES}/imagereleases/{wrong['name']}", {"spec": {"kernel": wrong["kernel"]}})
                    last = run_to_its_end(cluster, controller, machine, plan("wrong", second, first, served, wrong))
                    step("wrong rollout has gone back")
                    check_that_it_went_back(cluster, last, first, second)
    finally:
        keep(keelson.folder)


def check(cluster, before, last, second, audit):
    """All that was promised, from outside."""
    require(last["status"]["phase"] == "Completed", f"it ended as {json.dumps(last['status'], indent=1)}")
    record, node = cluster.admin.get(f"{RESOURCES}/noderecords/{NODE}"), cluster.admin.get(f"/api/v1/nodes/{NODE}")
    told, info = record["status"], node["status"]["nodeInfo"]
    require(told["booted"]["imageDigest"] == second.digest, f"the node says {told}, not {second.digest}")
    require(info["bootID"] != before["status"]["nodeInfo"]["bootID"] and told["bootID"] == info["bootID"], f"boots: {before}, {told}, {info}")
    require(info["machineID"] == before["status"]["nodeInfo"]["machineID"], "it is another machine")
    require(node["metadata"]["uid"] == before["metadata"]["uid"], "it is another node")
    check_that_it_serves(node)
    pods = web_pods(cluster)
    require(len(pods) == 2 and all(each["spec"].get("nodeName") == "n1" and condition(each, "Ready") == "True" for each in pods),
            f"its pods have not moved: {pods}")
    done = evictions(audit)
    require(len({name for name, _ in done}) == 2 and {who for _, who in done} == {CONTROLLER}, f"evictions that the server allowed: {done}")


def check_that_it_serves(node):
    require(condition(node, "Ready") == "True", "it is not ready")
    require(not node["spec"].get("unschedulable") and not node["spec"].get("taints"), f"it is still marked: {node['spec']}")


def check_that_it_went_back(cluster, last, first, second):
    status = last["status"]
    require(status["phase"] == "RolledBack", f"it ended as {json.dumps(status, indent=1)}")
    require(f"the kernel is {first.kernel_version}, not 9.9.9-of-no-image" in json.dumps(status), f"it does not say why: {status}")
    require(booted(cluster).get("imageDigest") == second.digest, f"the node says {booted(cluster)}, not {second.digest}")
    check_that_it_serves(cluster.admin.get(f"/api/v1/nodes/{NODE}"))


main()
