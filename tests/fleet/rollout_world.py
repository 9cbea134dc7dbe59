"""A cluster in which keelson-controller moves nodes: a real API server, nodes without machines, work with budgets.

    with World(keelson) as world:
        world.create("r", target="two"); controller = world.start_controller(); world.wait("r", "Completed")

Nodes n1 … are in groups of three. Each group has a Deployment and a budget of its own that lets one pod go at a time.
"""
import calendar
import contextlib
import http.client
import json
import pathlib
import re
import signal
import subprocess
import time

import yaml

from kubernetes import Kubernetes
from kubernetes_client import MERGE, eventually
from kubernetes_nodes import Nodes
from program import SOURCE, Skip, require
from rollout_agent import Agent
from rollout_observer import Observer

API = "/apis/keelson.dev/v1alpha1"
ROLLOUTS = f"{API}/noderollouts"
APPS = "/apis/apps/v1/namespaces/default"
BUDGETS = "/apis/policy/v1beta1/namespaces/default/poddisruptionbudgets"
OVER = ("Completed", "RolledBack", "Aborted")
PATIENCE = 900  # seconds for a rollout; idle it takes ten, and nothing here depends on how long
PODS = 4  # of each group: more than its nodes, so that every node has one


def release(word):
    return {"name": f"release-{word}", "imageDigest": "sha256:" + word.encode().hex().ljust(64, "0")[:64], "kernel": f"6.12-{word}",
            "containerd": f"1.7.{len(word)}"}


def group_of(node):
    return (int(node[1:]) - 1) // 3


class World:
    def __init__(self, keelson, nodes=6, limit=2, first="one", linger=0.05, lease="30s", listen=""):
        self.keelson, self.limit, self.first = keelson, limit, first
        self.names = [f"n{i + 1}" for i in range(nodes)]
        self.program = keelson.program.parent / "keelson-controller"
        self.controllers, self.kept, self.stack = [], None, contextlib.ExitStack()
        self.linger, self.lease, self.listen = linger, lease, listen

    def __enter__(self):
        require(self.program.exists(), f"'{self.program}' is not built")
        with contextlib.ExitStack() as stack:
            self.cluster = stack.enter_context(Kubernetes(self.keelson.folder / "cluster"))
            self.admin = self.cluster.admin
            self.define_resources()
            self.account = self.grant()
            self.nodes = stack.enter_context(Nodes(self.cluster, self.names, labels=lambda name: {"pool": "workers", "group": f"g{group_of(name)}"},
                                                   linger=self.linger))
            for name in self.names:
                self.nodes.nodes[name].facts.update(self.facts(release(self.first)))
                self.nodes.tell(self.nodes.nodes[name])
            self.agent = stack.enter_context(Agent(self.cluster, self.nodes, release(self.first)))
            self.create_work()
            self.observer = stack.enter_context(Observer(self.cluster, self.limit, group_of))
            stack.callback(self.kill_controllers)
            self.stack = stack.pop_all()
        return self

    def __exit__(self, *how):
        return self.stack.__exit__(*how)

    @staticmethod
    def facts(of):
        return {"kernelVersion": of["kernel"], "containerRuntimeVersion": f"containerd://{of['containerd']}"}

    def define_resources(self):
        files = sorted((SOURCE / "schema/crds").glob("*.yaml"))
        require(files, "schema/crds holds no custom resources")
        names = []
        for file in files:
            for document in yaml.safe_load_all(file.read_text()):
                if document and document["kind"] == "CustomResourceDefinition":
                    self.admin.create("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", document)
                    names.append((document["metadata"]["name"], document["spec"]))
        for name, spec in names:
            plural, group, version = spec["names"]["plural"], spec["group"], spec["versions"][0]["name"]
            eventually(lambda: self.admin.ask("GET", f"/apis/{group}/{version}/{plural}")[0] == 200, f"{name} to be served")
        self.admin.create("/api/v1/namespaces", {"metadata": {"name": "keelson-system"}})

    def grant(self):
        """The account of the controller, with what deploy/ gives it and nothing else. Gives its kubeconfig."""
        for document in yaml.safe_load_all((SOURCE / "deploy/controller-rights.yaml").read_text()):
            version, kind, space = document["apiVersion"], document["kind"], document["metadata"].get("namespace")
            base = f"/apis/{version}" if "/" in version else f"/api/{version}"
            self.admin.create(f"{base}/{f'namespaces/{space}/' if space else ''}{kind.lower()}s", document)
        return self.cluster.write_kubeconfig("controller", {"token": self.cluster.service_account("keelson-system", "keelson-controller")})

    def create_work(self):
        for group in sorted({group_of(name) for name in self.names}):
            app = f"work-{group}"
            template = {"metadata": {"labels": {"app": app}},
                        "spec": {"terminationGracePeriodSeconds": 0, "nodeSelector": {"group": f"g{group}"},
                                 "containers": [{"name": "c", "image": "none"}]}}
            self.admin.create(f"{APPS}/deployments", {"metadata": {"name": app}, "spec": {
                "replicas": PODS, "selector": {"matchLabels": {"app": app}}, "template": template}})
            self.admin.create(BUDGETS, {"metadata": {"name": app}, "spec": {"maxUnavailable": 1, "selector": {"matchLabels": {"app": app}}}})
        self.wait_for_work()

    def wait_for_work(self):
        def whole():
            budgets = self.admin.get(BUDGETS)["items"]
            return all(each.get("status", {}).get("currentHealthy") == PODS and each["status"].get("disruptionsAllowed") == 1 for each in budgets)
        eventually(whole, "all pods and their budgets", PATIENCE)

    # ---- the controller ----
    def controller_words(self, kubeconfig):
        return ["--kubeconfig", str(kubeconfig), "--listen", self.listen, "--log-format", "text", "--lease-duration", self.lease, "--settle", "20ms",
                "--gates-every", "1s", "--pools-every", "1s", "--requests-per-second", "500", "--burst", "500"]

    def start_controller(self, *words, kubeconfig=None):
        log = open(self.keelson.folder / f"controller-{len(self.controllers)}.log", "wb")
        with log:
            process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", str(self.program), *self.controller_words(kubeconfig or self.account), *words],
                cwd=self.keelson.folder, env=self.keelson.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        process.log = pathlib.Path(log.name)
        self.controllers.append(process)
        return process

    def keep_controller(self):
        """Starts one, and another when it has ended, as a Deployment does: on a busy machine a lease may be lost."""
        self.kept = self.start_controller()

    def eventually(self, condition, what, seconds):
        def look():
            if self.kept is not None and self.kept.poll() is not None:
                self.keep_controller()
            return condition()
        return eventually(look, what, seconds)

    @staticmethod
    def kill(process):
        process.send_signal(signal.SIGKILL)
        process.wait()

    def kill_controllers(self):
        for process in self.controllers:
            if process.poll() is None:
                self.kill(process)

    def logs(self):
        return "".join(f"--- {process.log.name}\n{process.log.read_text(errors='replace')[-4000:]}" for process in self.controllers[-3:])

    def trouble(self):
        """What went wrong in the fixtures themselves."""
        found = list(self.nodes.later.failures)
        for part in (self.nodes, self.agent, self.observer):
            for follower in part.followers:
                found += follower.failures
        return found[-10:]

    def forget_broken_evictions(self):
        """When somebody who evicts is killed in the middle, the server has taken the pod from the budget and not deleted
        it; the controller manager gives it back after two minutes. Here after ten seconds."""
        for budget in self.admin.get(BUDGETS)["items"]:
            for pod, when in budget.get("status", {}).get("disruptedPods", {}).items():
                age = time.time() - calendar.timegm(time.strptime(when, "%Y-%m-%dT%H:%M:%SZ"))
                found = self.admin.find(f"/api/v1/namespaces/default/pods/{pod}")
                if age > 10 and found and "deletionTimestamp" not in found["metadata"]:
                    self.admin.ask("PATCH", f"{BUDGETS}/{budget['metadata']['name']}/status", {
                        "metadata": {"resourceVersion": budget["metadata"]["resourceVersion"]}, "status": {"disruptedPods": {pod: None}}}, MERGE)

    def page(self, path):
        """Status and text of a page of the controller's, or (0, "") when there is none now."""
        for process in reversed(self.controllers):
            found = re.findall(r"listening.*?address=\"?([0-9.]+:[0-9]+)", process.log.read_text(errors="replace"))
            if process.poll() is not None or not found:
                continue
            connection = http.client.HTTPConnection(found[-1], timeout=30)
            try:
                connection.request("GET", path)
                answer = connection.getresponse()
                return answer.status, answer.read().decode(errors="replace")
            except (OSError, http.client.HTTPException):
                continue
            finally:
                connection.close()
        return 0, ""

    # ---- rollouts ----
    def plan(self, name, target, batches=None, nodes=None, **strategy):
        return {"name": name, "pool": "workers", "poolNodes": nodes or self.names, "target": release(target),
                "previous": [{"release": self.agent.booted[node], "nodes": [node]} for node in self.names],
                "batches": batches or [{"name": "canary", "nodes": self.names[:1]}, {"name": "rest", "nodes": self.names[1:]}],
                "strategy": {"maxUnavailable": self.limit, "evictAgain": "1s", "drainTime": "20m", "detachTime": "10m", "actTime": "10m",
                             "proveTime": "10m", "gateTime": "10m", "unownedPods": "refuse", "localData": "delete", **strategy}}

    def create(self, name, target, gates=(), wishes=None, **plan):
        return self.admin.create(ROLLOUTS, {
            "apiVersion": "keelson.dev/v1alpha1", "kind": "NodeRollout", "metadata": {"name": name},
            "spec": {"pool": "workers", "plan": self.plan(name, target, **plan), "gates": list(gates), "backEnd": {"agent": {}}, **(wishes or {})}})

    def remove(self, name):
        """By a controller that runs: it has a finalizer."""
        self.admin.remove(f"{ROLLOUTS}/{name}")
        self.wait_until(lambda: self.admin.find(f"{ROLLOUTS}/{name}") is None, f"the end of {name}")

    def ask(self, name, **wishes):
        self.admin.patch(f"{ROLLOUTS}/{name}", {"spec": wishes})

    def rollout(self, name):
        return self.admin.find(f"{ROLLOUTS}/{name}") or {}

    def status(self, name):
        return self.rollout(name).get("status", {})

    def phase(self, name):
        return self.status(name).get("phase")

    def stages(self, name):
        return {node: each["stage"] for node, each in self.status(name).get("nodes", {}).items()}

    def condition(self, name, kind):
        return next((each for each in self.status(name).get("conditions", []) if each["type"] == kind), {})

    def wait(self, name, *phases, seconds=PATIENCE):
        def story():
            return (f"{name} to be {' or '.join(phases)}; it is {json.dumps(self.status(name), indent=1)[:6000]}\n{self.observer.story()}\n"
                    f"{self.agent.operations}\n{self.trouble()}\n{self.logs()}")
        self.eventually(lambda: self.phase(name) in phases, story, seconds)
        return self.status(name)

    def wait_until(self, condition, what, seconds=PATIENCE):
        return self.eventually(condition, lambda: f"{what}\n{self.observer.story()}\n{self.logs()}", seconds)

    # ---- what must be true ----
    def check_promises(self, name, clean=True):
        require(not self.observer.violations, f"{self.observer.violations[:5]}\n{self.observer.story()}\n{self.logs()}")
        if clean:
            left = self.observer.left_behind()
            require(not left, f"left on nodes: {left}\n{json.dumps(self.status(name), indent=1)[:6000]}\n{self.observer.story()}\n{self.logs()}")
        for node, operations in self.agent.operations.items():
            ways = [operation.rpartition("-")[0] for operation in operations]  # <uid>/<node>/forward
            require(len(ways) == len(set(ways)), f"node {node} was acted on twice: {operations}\n{self.observer.story()}\n{self.logs()}")

    def check_booted(self, word, names=None):
        for name in names or self.names:
            require(self.agent.booted[name] == release(word), f"node {name} booted {self.agent.booted[name]['name']}, not {word}")


def need_controller(keelson):
    if not (keelson.program.parent / "keelson-controller").exists():
        raise Skip("keelson-controller is not built")
