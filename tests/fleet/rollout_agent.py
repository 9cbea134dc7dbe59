"""The back end of a fleet without machines: does for every node what its NodeRecord asks, as keelson-node would.

An operation makes the imitated node reboot; then the record tells the new boot and what was booted. An operation is done
once, whatever happens; who asks for one that is done gets its result again. Everything is counted.
"""
import datetime
import threading

from kubernetes_client import Follower

RECORDS = "/apis/keelson.dev/v1alpha1/noderecords"


def now():
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


class Agent:
    """Promise: inside `with`, every node has a NodeRecord that tells what it booted; `first` is the release they have.

    `operations`: by node, the names of those that were begun, in order. `misbehave`: by node, what goes wrong with its next
    operations: "fail" (nothing changes), "wrong-image", "never-back", "silent" (nothing is ever said of it).
    """

    def __init__(self, cluster, nodes, first, boot_seconds=0.2):
        self.client, self.nodes, self.boot_seconds = cluster.admin, nodes, boot_seconds
        self.lock = threading.RLock()
        self.booted = {name: dict(first) for name in nodes.nodes}
        self.operations = {name: [] for name in nodes.nodes}
        self.results = {}
        self.misbehave = {}
        self.by_hand = False  # records ask for nothing: somebody calls carry_out()
        self.told = {}  # boot id that was reported
        self.followers = [Follower(self.client, "/api/v1/nodes", self.on_node), Follower(self.client, RECORDS, self.on_record)]

    def __enter__(self):
        for name in self.nodes.nodes:
            self.client.create(RECORDS, {"apiVersion": "keelson.dev/v1alpha1", "kind": "NodeRecord", "metadata": {"name": name}, "spec": {}},
                               allow=(409,))
        for follower in self.followers:
            follower.__enter__()
        return self

    def __exit__(self, *_):
        for follower in self.followers:
            follower.__exit__()

    def report(self, name, **more):
        """More: {"operation": …}."""
        boot = self.nodes.nodes[name].facts["bootID"]
        status = {"bootID": boot, "booted": self.booted[name], "reported": now(), **more}
        self.client.patch(f"{RECORDS}/{name}/status", {"status": status}, allow=(404,))
        self.told[name] = boot

    def on_node(self, kind, node):
        """After each boot, also one that nobody asked for, the node reports."""
        name = node["metadata"]["name"]
        with self.lock:
            if kind == "DELETED" or name not in self.operations:
                return
            fake = self.nodes.nodes[name]
            if fake.silent or not fake.ready or self.told.get(name) == fake.facts["bootID"]:
                return
            last = self.operations[name][-1:]
            done = {"operation": {"name": last[0], "state": "Succeeded"}} if last and self.results.get(last[0]) == "Booting" else {}
            if done:
                self.results[last[0]] = "Succeeded"
            self.report(name, **done)

    def on_record(self, kind, record):
        name = record["metadata"]["name"]
        wanted = record.get("spec", {}).get("operation")
        if kind == "DELETED" or not wanted or name not in self.operations or self.by_hand:
            return
        with self.lock:
            operation = wanted["name"]
            if operation in self.results:
                told = record.get("status", {}).get("operation", {})
                if self.results[operation] in ("Succeeded", "Failed") and (told.get("name"), told.get("state")) != (operation, self.results[operation]):
                    self.report(name, operation={"name": operation, "state": self.results[operation]})
                return
            self.operations[name].append(operation)
            self.begin(name, operation, wanted["release"])

    def carry_out(self, name, operation, release):
        """What another back end does: the node gets its release, and nobody reports of the operation."""
        with self.lock:
            self.operations[name].append(operation)
            self.restart(name, release)

    def restart(self, name, release):
        self.booted[name] = dict(release)
        facts = {"kernelVersion": release.get("kernel", "6.12.1"), "containerRuntimeVersion": f"containerd://{release.get('containerd', '1.7.0')}"}
        self.nodes.reboot(name, self.boot_seconds, **facts)

    def begin(self, name, operation, release):
        how = self.misbehave.get(name)
        if how == "silent":
            self.results[operation] = "Silent"
        elif how == "fail":
            self.results[operation] = "Failed"
            self.report(name, operation={"name": operation, "state": "Failed", "message": "the image could not be fetched"})
        else:
            self.results[operation] = "Booting"
            self.report(name, operation={"name": operation, "state": "Running"})
            if how == "never-back":
                self.nodes.vanish(name)
                return
            self.restart(name, self.booted[name] if how == "wrong-image" else release)
